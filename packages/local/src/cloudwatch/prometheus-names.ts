import type { Unit } from './metric.ts';

/** A base unit that Prometheus recommends: https://prometheus.io/docs/practices/naming/#base-units */
interface BaseUnit {
  /** The suffix for metric names in this unit. */
  readonly suffix: string;
  /** The factor for converting CloudWatch's unit to the base unit. */
  readonly factor: number;
}

const NO_UNIT: BaseUnit = { suffix: '', factor: 1 };

const BASE_UNITS: Readonly<Record<Unit, BaseUnit>> = {
  Seconds: { suffix: '_seconds', factor: 1 },
  Milliseconds: { suffix: '_seconds', factor: 1e-3 },
  Microseconds: { suffix: '_seconds', factor: 1e-6 },
  Bytes: { suffix: '_bytes', factor: 1 },
  Kilobytes: { suffix: '_bytes', factor: 1e3 },
  Megabytes: { suffix: '_bytes', factor: 1e6 },
  Gigabytes: { suffix: '_bytes', factor: 1e9 },
  Terabytes: { suffix: '_bytes', factor: 1e12 },
  Bits: { suffix: '_bytes', factor: 1 / 8 },
  Kilobits: { suffix: '_bytes', factor: 1e3 / 8 },
  Megabits: { suffix: '_bytes', factor: 1e6 / 8 },
  Gigabits: { suffix: '_bytes', factor: 1e9 / 8 },
  Terabits: { suffix: '_bytes', factor: 1e12 / 8 },
  Percent: { suffix: '_ratio', factor: 1e-2 },
  Count: NO_UNIT,
  'Bytes/Second': { suffix: '_bytes_per_second', factor: 1 },
  'Kilobytes/Second': { suffix: '_bytes_per_second', factor: 1e3 },
  'Megabytes/Second': { suffix: '_bytes_per_second', factor: 1e6 },
  'Gigabytes/Second': { suffix: '_bytes_per_second', factor: 1e9 },
  'Terabytes/Second': { suffix: '_bytes_per_second', factor: 1e12 },
  'Bits/Second': { suffix: '_bytes_per_second', factor: 1 / 8 },
  'Kilobits/Second': { suffix: '_bytes_per_second', factor: 1e3 / 8 },
  'Megabits/Second': { suffix: '_bytes_per_second', factor: 1e6 / 8 },
  'Gigabits/Second': { suffix: '_bytes_per_second', factor: 1e9 / 8 },
  'Terabits/Second': { suffix: '_bytes_per_second', factor: 1e12 / 8 },
  'Count/Second': { suffix: '_per_second', factor: 1 },
  None: NO_UNIT,
};

export function baseUnitOf(unit: Unit): BaseUnit {
  return BASE_UNITS[unit];
}

export function isTime(unit: Unit): boolean {
  return BASE_UNITS[unit].suffix === '_seconds';
}

/**
 * Converts a metric's name. For example, the `JobsAccepted` counter in the `Errand` namespace becomes
 * `errand_jobs_accepted_total`.
 */
export function prometheusName(namespace: string, name: string, unit: Unit, kind: string): string {
  const base = snakeCase(`${namespace}_${name}`).replace(/^(?=\d)/, '_');
  const { suffix } = baseUnitOf(unit);
  const withUnit = suffix !== '' && !base.endsWith(suffix) ? base + suffix : base;
  return kind === 'counter' && !withUnit.endsWith('_total') ? `${withUnit}_total` : withUnit;
}

/** Converts a dimension's name to a label name, such as `FunctionName` to `function_name`. */
export function labelName(dimension: string): string {
  const name = snakeCase(dimension)
    .replace(/^(?=\d)/, '_')
    .replace(/^__+/, '_');
  // Prometheus reserves the labels `le` and `quantile` for histograms and summaries.
  return name === 'le' || name === 'quantile' ? `${name}_` : name;
}

function snakeCase(text: string): string {
  return text
    .replaceAll(/([a-z\d])([A-Z])/g, '$1_$2')
    .replaceAll(/([A-Z])([A-Z][a-z])/g, '$1_$2')
    .replaceAll(/[^A-Za-z\d]+/g, '_')
    .toLowerCase();
}
