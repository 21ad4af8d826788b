import { closestMatch } from 'leven';
import { variableOf } from '../../lambdas/environment.ts';
import { appSettings, settingTable } from './table.ts';

/** The environment variables of all settings. */
const VARIABLES = [...Object.keys(settingTable), ...Object.keys(appSettings)].map(variableOf);

export interface Misspelling {
  readonly name: string;
  readonly warning: string;
}

/**
 * Finds names that look like misspelled settings.
 *
 * @param environment the names of the environment variables
 * @param context the keys of the CDK context
 */
export function misspelledSettings(
  environment: readonly string[],
  context: readonly string[],
): readonly Misspelling[] {
  return [...misspelled(environment, 'environment variable'), ...misspelled(context, 'CDK context key')];
}

function misspelled(names: readonly string[], what: string): Misspelling[] {
  return names.flatMap((name) => {
    const meant = settingMeantBy(name);
    if (meant === undefined) return [];
    const warning = `The ${what} ${name} is not a setting and has no effect. Did you mean ${meant}?`;
    return [{ name, warning }];
  });
}

/**
 * Returns the setting that a name probably stands for. To avoid warnings about other programs' variables, a name counts only if it is a setting's
 * name in another spelling style, contains a typo, or has words added or omitted at the end, as in `JOB_TIMEOUT_SECONDS`.
 *
 * @returns undefined for correctly spelled settings, and for names that don't resemble a setting
 */
function settingMeantBy(name: string): string | undefined {
  if (VARIABLES.includes(name)) return undefined;
  const variable = asVariable(name);
  if (VARIABLES.includes(variable)) return variable;
  const maxDistance = typosIn(variable);
  const closest = maxDistance > 0 ? closestMatch(variable, VARIABLES, { maxDistance }) : undefined;
  return closest ?? VARIABLES.find((setting) => extendsTwoWords(setting, variable));
}

/** Converts `jobTimeout`, `job-timeout` or `job_timeout` to its spelling in the environment, `JOB_TIMEOUT`. */
function asVariable(name: string): string {
  return name
    .replaceAll(/([a-z0-9])([A-Z])/g, '$1_$2')
    .replaceAll('-', '_')
    .toUpperCase();
}

/**
 * Returns the maximum number of wrong characters that count as a typo. The limit is lower for short names, because another program is more likely to
 * use a similar name.
 */
function typosIn({ length }: string): number {
  if (length <= 5) return 0;
  return length <= 10 ? 1 : 2;
}

/** Whether one name is the other name with more words added at the end, and the shorter name has at least two words. */
function extendsTwoWords(one: string, other: string): boolean {
  const [shorter = '', longer = ''] = [one, other].sort((a, b) => a.length - b.length);
  return shorter.includes('_') && longer.startsWith(`${shorter}_`);
}
