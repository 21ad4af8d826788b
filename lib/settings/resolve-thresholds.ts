import { Duration } from 'aws-cdk-lib/core';
import { apiLatencyDefault, thresholdSettings } from './alarms.ts';
import { parseObject, type Kind } from './kinds.ts';
import type { AlarmThresholds } from './props.ts';
import { refusal } from './refusal.ts';
import { isDerived, type SettingTable } from './setting.ts';

const table: SettingTable = thresholdSettings;

/** The thresholds as a JSON object, as in the `ALARM_THRESHOLDS` environment variable, with durations in seconds. */
export type ThresholdsJson = Readonly<Record<string, unknown>>;

/** The whole `ALARM_THRESHOLDS` setting; {@link readThresholds} parses its fields. */
export const thresholdsJson: Kind<ThresholdsJson> = {
  expected: 'a JSON object such as {"failureRate":20,"oldestMessage":3600}',
  type: 'AlarmThresholds',
  parse: parseObject,
  accepts: () => true,
  show: (value) => JSON.stringify(value),
  code: (value) => JSON.stringify(value),
};

/** Reads the thresholds from the `ALARM_THRESHOLDS` setting. `problems` contains one line for each invalid value. */
export function readThresholds(json: ThresholdsJson): { thresholds: AlarmThresholds; problems: string[] } {
  const problems: string[] = [];
  const read = (name: string, value: unknown): unknown => {
    const kind = table[name]?.kind;
    // Keeps an unknown threshold. problemsOfThresholds reports it together with the other invalid values.
    if (!kind) return value;
    const text = typeof value === 'string' ? value : JSON.stringify(value);
    const parsed = kind.parse(text);
    if (parsed === undefined) problems.push(refusal(`ALARM_THRESHOLDS.${name}`, text, kind));
    return parsed;
  };
  const thresholds = Object.fromEntries(
    Object.entries(json).map(([name, value]) => [name, read(name, value)]),
  ) as AlarmThresholds;
  return { thresholds, problems: [...problems, ...problemsOfThresholds('ALARM_THRESHOLDS', thresholds)] };
}

/**
 * Lists the problems in the thresholds, one line each.
 *
 * @param name the name of the setting or prop
 */
export function problemsOfThresholds(name: string, thresholds: AlarmThresholds): string[] {
  return Object.entries(thresholds as Readonly<Record<string, unknown>>).flatMap(([threshold, value]) => {
    const path = `${name}.${threshold}`;
    const kind = table[threshold]?.kind;
    if (!kind) return [`${path} is not a threshold: the thresholds are ${Object.keys(table).join(', ')}.`];
    if (value === undefined) return [];
    if (kind.type === 'Duration' && !(value instanceof Duration))
      return [`${path} is not a Duration: use a value such as Duration.seconds(60).`];
    return kind.accepts(value) ? [] : [refusal(path, kind.show(value), kind, value)];
  });
}

/** The thresholds as numbers, in the units of the alarms' metrics. `oldestMessage` is undefined if each queue uses its own default. */
export type ResolvedThresholds = Readonly<
  Record<Exclude<keyof AlarmThresholds, 'oldestMessage'>, number> & { oldestMessage: number | undefined }
>;

/** Fills in the defaults. */
export function resolveThresholds(given: AlarmThresholds, maxWaits: number): ResolvedThresholds {
  const { oldestMessage, apiLatency = apiLatencyDefault(maxWaits), ...numbers } = given;
  const defaults = Object.entries(table).flatMap(([name, { default: initial }]) =>
    isDerived(initial) ? [] : [[name, initial]],
  );
  return {
    ...(Object.fromEntries(defaults) as Omit<ResolvedThresholds, 'oldestMessage' | 'apiLatency'>),
    ...Object.fromEntries(
      Object.entries<number | undefined>(numbers).filter(([, value]) => value !== undefined),
    ),
    oldestMessage: oldestMessage?.toSeconds(),
    apiLatency: apiLatency.toMilliseconds(),
  };
}
