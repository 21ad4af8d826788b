import { SettingsError } from '../../lib/settings/read-settings.ts';

/** Returns the problems with the settings that an action gets; none if it accepts them. */
export function problemsOf(action: () => unknown): readonly string[] {
  try {
    action();
  } catch (error) {
    if (error instanceof SettingsError) return error.problems;
    throw error;
  }
  return [];
}
