import { Duration, Size, SizeRoundingBehavior } from 'aws-cdk-lib/core';
import { RetentionDays } from 'aws-cdk-lib/aws-logs';

/** A type of setting: its valid values, and how they are written in the environment and in TypeScript. */
export interface Kind<Value = unknown> {
  /** The valid values, for the error message. */
  readonly expected: string;
  /** The property's TypeScript type. */
  readonly type: string;
  /** Parses a value from the environment; undefined if the string can't be parsed. `accepts` checks the result. */
  parse(text: string): Value | undefined;
  accepts(value: Value): boolean;
  /** Returns the part that makes a value invalid; undefined if the whole value is invalid. */
  culprit?(value: Value): string | undefined;
  /** Formats a value for the environment. */
  show(value: Value): string;
  /** Formats a value as a TypeScript expression. */
  code(value: Value): string;
}

/** Allows only digits, because `1e3`, `0x10`, `46s` and ` 46` are probably typos. */
const DIGITS = /^\d{1,9}$/;
const DECIMAL = /^\d{1,6}(\.\d{1,6})?$/;

export function wholeNumber(min: number, max: number): Kind<number> {
  return {
    expected: `a whole number from ${min} to ${max}`,
    type: 'number',
    parse: (text) => (DIGITS.test(text) ? Number(text) : undefined),
    accepts: (value) => Number.isInteger(value) && value >= min && value <= max,
    show: String,
    code: String,
  };
}

/** A `Duration`, written as whole seconds. */
export function seconds(min: number, max: number): Kind<Duration> {
  const number = wholeNumber(min, max);
  const count = (value: Duration): number => value.toSeconds({ integral: false });
  return {
    expected: `a whole number of seconds from ${min} to ${max}`,
    type: 'Duration',
    parse: (text) => (DIGITS.test(text) ? Duration.seconds(Number(text)) : undefined),
    accepts: (value) => number.accepts(count(value)),
    show: (value) => number.show(count(value)),
    code: (value) => `Duration.seconds(${count(value)})`,
  };
}

/** A `Size`, written as whole MiB. */
export function mebibytes(min: number, max: number): Kind<Size> {
  const number = wholeNumber(min, max);
  const count = (value: Size): number => value.toMebibytes({ rounding: SizeRoundingBehavior.NONE });
  return {
    expected: `a whole number of MB from ${min} to ${max}`,
    type: 'Size',
    parse: (text) => (DIGITS.test(text) ? Size.mebibytes(Number(text)) : undefined),
    accepts: (value) => number.accepts(count(value)),
    show: (value) => number.show(count(value)),
    code: (value) => `Size.mebibytes(${count(value)})`,
  };
}

export function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** Parses a JSON object; undefined for any other string. */
export function parseObject(text: string): Readonly<Record<string, unknown>> | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return isObject(value) ? value : undefined;
  } catch {
    return undefined;
  }
}

/** A map of strings, written as JSON. */
export function textMap(
  expected: string,
  acceptsName: (name: string) => boolean,
): Kind<Readonly<Record<string, string>>> {
  const culprit = (value: Readonly<Record<string, string>>): string | undefined =>
    Object.entries(value).find(([name, text]) => !acceptsName(name) || typeof text !== 'string')?.[0];
  return {
    expected,
    type: 'Readonly<Record<string, string>>',
    parse: (text) => parseObject(text) as Record<string, string> | undefined,
    accepts: (value) => culprit(value) === undefined,
    culprit,
    show: (value) => JSON.stringify(value),
    code: (value) => JSON.stringify(value),
  };
}

/** Aurora capacity units, in steps of 0.5. */
export function capacityUnits(expected: string, min: number, max: number): Kind<number> {
  return {
    expected,
    type: 'number',
    parse: (text) => (DECIMAL.test(text) ? Number(text) : undefined),
    accepts: (value) => Number.isInteger(value * 2) && value >= min && value <= max,
    show: String,
    code: String,
  };
}

export function oneOf<const Value extends string>(values: readonly Value[]): Kind<Value> {
  return {
    expected: `one of ${values.join(', ')}`,
    type: values.map(quoted).join(' | '),
    parse: (text) => values.find((value) => value === text),
    accepts: (value) => values.includes(value),
    show: String,
    code: quoted,
  };
}

export const trueOrFalse: Kind<boolean> = {
  expected: 'one of true, false',
  type: 'boolean',
  parse: (text) => (text === 'true' || text === 'false' ? text === 'true' : undefined),
  accepts: (value) => typeof value === 'boolean',
  show: String,
  code: String,
};

/** CloudWatch Logs' retention periods, in days. Excludes the CDK's `INFINITE`, which is not a period. */
const retentionPeriods = Object.values(RetentionDays).filter(
  (days): days is RetentionDays => typeof days === 'number' && days !== RetentionDays.INFINITE,
);

export const logRetention: Kind<RetentionDays> = {
  expected: `one of ${retentionPeriods.join(', ')}`,
  type: 'RetentionDays',
  parse: (text) => retentionPeriods.find((days) => String(days) === text),
  accepts: (value) => retentionPeriods.includes(value),
  show: String,
  code: (value) => `RetentionDays.${RetentionDays[value]}`,
};

export function string(expected: string, accepts: (value: string) => boolean): Kind<string> {
  return { expected, type: 'string', parse: (text) => text, accepts, show: String, code: quoted };
}

/** Strings, comma-separated in the environment. `acceptsAll` checks the list as a whole. */
export function list(
  expected: string,
  accepts: (entry: string) => boolean,
  acceptsAll: (entries: readonly string[]) => boolean = () => true,
): Kind<readonly string[]> {
  return {
    expected,
    type: 'readonly string[]',
    parse: (text) => text.split(',').map((entry) => entry.trim()),
    accepts: (value) => value.every(accepts) && acceptsAll(value),
    culprit: (value) => value.find((entry) => !accepts(entry)),
    show: (value) => value.join(','),
    code: (value) => `[${value.map(quoted).join(', ')}]`,
  };
}

/** A selection of names: all (`true`), none (`false`), or a list. */
export function allOrSome(names: readonly string[]): Kind<boolean | readonly string[]> {
  const some = list('', (name) => names.includes(name));
  return {
    expected: `true, false, or some of ${names.join(', ')}`,
    type: `boolean | readonly (${names.map(quoted).join(' | ')})[]`,
    parse: (text) => trueOrFalse.parse(text) ?? some.parse(text),
    accepts: (value) => typeof value === 'boolean' || (value.length > 0 && some.accepts(value)),
    culprit: (value) => (typeof value === 'boolean' ? undefined : some.culprit?.(value)),
    show: (value) => (typeof value === 'boolean' ? String(value) : some.show(value)),
    code: (value) => (typeof value === 'boolean' ? String(value) : some.code(value)),
  };
}

function quoted(value: string): string {
  return `'${value}'`;
}
