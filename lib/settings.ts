import { withDefaults } from './errand-props.ts';
import type { ResolvedSettings, SettingName, Settings } from './errand-props.ts';
import { kinds } from './setting-kinds.ts';
import type { Kind } from './setting-kinds.ts';
import { relations } from './setting-relations.ts';

/** Settings that were refused: one line each, in `problems` and in the message. */
export class SettingsError extends Error {
  readonly problems: readonly string[];

  constructor(problems: readonly string[]) {
    super(problems.join('\n'));
    this.name = 'SettingsError';
    this.problems = problems;
  }
}

/** A stack's name as CloudFormation accepts it. */
const STACK_NAME = /^[A-Za-z][A-Za-z0-9-]{0,127}$/;

const settingNames = Object.keys(kinds) as SettingName[];

/**
 * Reads and checks the settings of the CDK app. The environment wins over the context; an empty value counts as absent.
 *
 * @throws SettingsError that lists every refused value
 */
export function readSettings(
  environment: Readonly<Record<string, string | undefined>>,
  context: Readonly<Record<string, unknown>> = {},
): Settings & { readonly stackName: string } {
  const read = (variable: string): string | undefined => {
    const value = [environment[variable], context[variable]].find(isPresent);
    return value === undefined || typeof value === 'string' ? value : JSON.stringify(value);
  };
  const problems: string[] = [];
  const refused = new Set<SettingName>();
  const given: Partial<Record<SettingName, unknown>> = {};
  for (const name of settingNames) {
    const text = read(variableOf(name));
    if (text === undefined) continue;
    const kind: Kind = kinds[name];
    const value = kind.parse(text);
    if (value !== undefined && kind.accepts(value)) {
      given[name] = value;
    } else {
      problems.push(refusal(variableOf(name), text, kind, value));
      refused.add(name);
    }
  }
  const stackName = read('STACK_NAME') ?? 'Errand';
  if (!STACK_NAME.test(stackName)) {
    problems.push(`STACK_NAME is "${stackName}": give a letter, then up to 127 letters, digits or hyphens.`);
  }
  const settings = given as Settings;
  problems.push(...brokenRelations(settings, refused, variableOf));
  if (problems.length > 0) throw new SettingsError(problems);
  return { ...settings, stackName };
}

/**
 * Checks the settings that a construct was given, and fills in the defaults.
 *
 * @throws SettingsError that lists every refused value
 */
export function resolveSettings(settings: Settings): ResolvedSettings {
  const problems: string[] = [];
  const refused = new Set<SettingName>();
  for (const name of settingNames) {
    const value = settings[name];
    const kind: Kind = kinds[name];
    if (value === undefined || kind.accepts(value)) continue;
    problems.push(refusal(name, kind.show(value), kind, value));
    refused.add(name);
  }
  problems.push(...brokenRelations(settings, refused, (name) => name));
  if (problems.length > 0) throw new SettingsError(problems);
  return withDefaults(settings);
}

/** A relation is looked at only where every setting in it is good by itself: one mistake gives one line. */
function brokenRelations(
  settings: Settings,
  refused: ReadonlySet<SettingName>,
  nameOf: (name: SettingName) => string,
): string[] {
  const resolved = withDefaults(settings);
  const quote = (name: SettingName): string => {
    const kind: Kind = kinds[name];
    return `${nameOf(name)} "${kind.show(resolved[name])}"`;
  };
  return relations
    .filter(({ between }) => !between.some((name) => refused.has(name)))
    .filter((relation) => !relation.holds(resolved, settings))
    .map((relation) => relation.explain({ nameOf, quote }));
}

function refusal(name: string, text: string, kind: Kind, value: unknown): string {
  const culprit = value === undefined ? undefined : kind.culprit?.(value);
  const what = culprit === undefined ? `is "${text}"` : `has "${culprit}" in it`;
  return `${name} ${what}: give ${kind.expected}.`;
}

function isPresent(value: unknown): boolean {
  return value !== undefined && value !== null && value !== '';
}

/** `jobTimeout` → `JOB_TIMEOUT` */
function variableOf(name: SettingName): string {
  return name.replaceAll(/[A-Z]/g, (letter) => `_${letter}`).toUpperCase();
}
