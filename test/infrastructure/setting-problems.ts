import { SettingsError } from '../../lib/settings/read-settings.ts';

/** The problems with the settings that an action is given; none if it accepts them. */
export function problemsOf(action: () => unknown): readonly string[] {
  try {
    action();
  } catch (error) {
    if (error instanceof SettingsError) return error.problems;
    throw error;
  }
  return [];
}
