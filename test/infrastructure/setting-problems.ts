import { SettingsError } from '../../lib/settings/read-settings.ts';

/** Runs an action that reads settings, and returns the problems that the action reports. */
export function problemsOf(action: () => unknown): readonly string[] {
  try {
    action();
  } catch (error) {
    if (error instanceof SettingsError) return error.problems;
    throw error;
  }
  return [];
}
