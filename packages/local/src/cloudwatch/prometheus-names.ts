import type { Unit } from './metric.ts';

/** The unit that Prometheus prefers: https://prometheus.io/docs/practices/naming/#base-units */
interface BaseUnit {
  /** The suffix of a metric's name. */
  readonly suffix: string;
  /** How many base units one of CloudWatch's units is. */
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

/** Such as `errand_jobs_accepted_total` for the counter `JobsAccepted` in the namespace `Errand`. */
export function prometheusName(namespace: string, name: string, unit: Unit, kind: string): string {
  const base = snakeCase(`${namespace}_${name}`).replace(/^(?=\d)/, '_');
  const { suffix } = baseUnitOf(unit);
  const withUnit = suffix !== '' && !base.endsWith(suffix) ? base + suffix : base;
  return kind === 'counter' && !withUnit.endsWith('_total') ? `${withUnit}_total` : withUnit;
}

/** Such as `function_name` for the dimension `FunctionName`. */
export function labelName(dimension: string): string {
  const name = snakeCase(dimension)
    .replace(/^(?=\d)/, '_')
    .replace(/^__+/, '_');
  // Prometheus reserves these two names for histograms and summaries.
  return name === 'le' || name === 'quantile' ? `${name}_` : name;
}

function snakeCase(text: string): string {
  return text
    .replaceAll(/([a-z\d])([A-Z])/g, '$1_$2')
    .replaceAll(/([A-Z])([A-Z][a-z])/g, '$1_$2')
    .replaceAll(/[^A-Za-z\d]+/g, '_')
    .toLowerCase();
}
