import { variableOf } from '../../lambdas/environment.ts';
import type { AlarmThresholds, QueueSettings, Settings } from './props.ts';
import { readQueues, type QueuesJson } from './queues.ts';
import { refusal } from './refusal.ts';
import { readThresholds, type ThresholdsJson } from './resolve-thresholds.ts';
import { isDerived } from './setting.ts';
import type { Setting, SettingTable } from './setting.ts';
import { appSettings, relations, settingTable } from './table.ts';
import type { ResolvedSettings, SettingName } from './table.ts';

/** Thrown for invalid settings. `problems` and the message contain one line for each invalid setting. */
export class SettingsError extends Error {
  readonly problems: readonly string[];

  constructor(problems: readonly string[]) {
    super(problems.join('\n'));
    this.name = 'SettingsError';
    this.problems = problems;
  }
}

const table: SettingTable = settingTable;
const settingNames = Object.keys(table) as SettingName[];
const appTable: SettingTable = appSettings;

/**
 * Reads and checks the CDK app's settings. The environment takes precedence over the context. An empty value counts as absent.
 *
 * @throws SettingsError that lists every invalid value
 */
export function readSettings(
  environment: Readonly<Record<string, string | undefined>>,
  context: Readonly<Record<string, unknown>> = {},
): Settings & {
  readonly stackName: string;
  readonly queues?: Readonly<Record<string, QueueSettings>>;
  readonly alarmThresholds?: AlarmThresholds;
} {
  const problems: string[] = [];
  const refused = new Set<string>();
  const given: Record<string, unknown> = {};
  for (const [name, { kind }] of Object.entries({ ...table, ...appTable })) {
    const variable = variableOf(name);
    const text = textOf([environment[variable], context[variable]].find(isPresent));
    if (text === undefined) continue;
    const value = kind.parse(text);
    if (value !== undefined && kind.accepts(value)) {
      given[name] = value;
    } else {
      problems.push(refusal(variable, text, kind, value));
      refused.add(name);
    }
  }
  const {
    stackName = appSettings.stackName.default,
    queues: json,
    alarmThresholds: thresholdsJson,
    ...settings
  } = given as Settings & { stackName?: string; queues?: QueuesJson; alarmThresholds?: ThresholdsJson };
  const { queues, problems: problemsOfQueues } = readQueues(json ?? {});
  const { thresholds, problems: problemsOfThresholds } = readThresholds(thresholdsJson ?? {});
  problems.push(...problemsOfQueues, ...problemsOfThresholds);
  problems.push(...brokenRelations(settings, refused, variableOf));
  if (problems.length > 0) throw new SettingsError(problems);
  return {
    ...settings,
    stackName,
    ...(json && { queues }),
    ...(thresholdsJson && { alarmThresholds: thresholds }),
  };
}

/**
 * Checks the settings passed to a construct, and fills in the defaults.
 *
 * @throws SettingsError that lists every invalid value
 */
export function resolveSettings(settings: Settings): ResolvedSettings {
  const problems: string[] = [];
  const refused = new Set<string>();
  for (const name of settingNames) {
    const value = settings[name];
    const { kind } = settingOf(name);
    if (value === undefined || kind.accepts(value)) continue;
    problems.push(refusal(name, kind.show(value), kind, value));
    refused.add(name);
  }
  problems.push(...brokenRelations(settings, refused, (name) => name));
  if (problems.length > 0) throw new SettingsError(problems);
  return withDefaults(settings);
}

/** Returns the values of the settings' environment variables, keyed by prop name. Omits settings without a value. */
export function variablesOf(settings: ResolvedSettings): Readonly<Partial<Record<SettingName, string>>> {
  const set = settingNames.filter((name) => settings[name] !== undefined);
  return Object.fromEntries(set.map((name) => [name, settingOf(name).kind.show(settings[name])]));
}

/** Fills in the defaults, without checking anything. */
function withDefaults(given: Settings): ResolvedSettings {
  const resolved: Partial<Record<SettingName, unknown>> = {};
  for (const name of settingNames) {
    const { default: initial } = settingOf(name);
    resolved[name] = given[name] ?? (isDerived(initial) ? initial.derive(resolved as never) : initial);
  }
  return resolved as ResolvedSettings;
}

/** Describes each broken relation between settings. Skips relations with an invalid setting, so that each mistake is reported only once. */
function brokenRelations(
  settings: Settings,
  refused: ReadonlySet<string>,
  nameOf: (name: SettingName) => string,
): string[] {
  const resolved = withDefaults(settings);
  const quote = (name: SettingName): string =>
    `${nameOf(name)} "${settingOf(name).kind.show(resolved[name])}"`;
  return relations
    .filter(({ between }) => !between.some((name) => refused.has(name)))
    .filter((relation) => !relation.holds(resolved, settings))
    .map((relation) => relation.explain({ nameOf, quote }));
}

function settingOf(name: SettingName): Setting {
  return settingTable[name];
}

function isPresent(value: unknown): boolean {
  return value !== undefined && value !== null && value !== '';
}

/** Converts a CDK context value, which may be JSON, to a string. */
function textOf(value: unknown): string | undefined {
  return value === undefined || typeof value === 'string' ? value : JSON.stringify(value);
}
