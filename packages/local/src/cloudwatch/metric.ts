/** Dimension values, keyed by name. */
export type Dimensions = Readonly<Record<string, string>>;

/** The identity of a metric. Metrics that differ in any dimension are separate metrics. */
export interface Metric {
  readonly namespace: string;
  readonly name: string;
  readonly dimensions: Dimensions;
}

/** Values of one metric that have the same time and unit. */
export interface Datum extends Metric {
  readonly unit: Unit;
  /** Milliseconds since the epoch. */
  readonly time: number;
  readonly values: readonly number[];
}

/** CloudWatch's units: https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_MetricDatum.html */
export const UNITS = [
  ...(['Seconds', 'Microseconds', 'Milliseconds'] as const),
  ...(['Bytes', 'Kilobytes', 'Megabytes', 'Gigabytes', 'Terabytes'] as const),
  ...(['Bits', 'Kilobits', 'Megabits', 'Gigabits', 'Terabits'] as const),
  ...(['Percent', 'Count'] as const),
  ...([
    'Bytes/Second',
    'Kilobytes/Second',
    'Megabytes/Second',
    'Gigabytes/Second',
    'Terabytes/Second',
  ] as const),
  ...(['Bits/Second', 'Kilobits/Second', 'Megabits/Second', 'Gigabits/Second', 'Terabits/Second'] as const),
  ...(['Count/Second', 'None'] as const),
] as const;

export type Unit = (typeof UNITS)[number];

const KNOWN_UNITS: ReadonlySet<string> = new Set(UNITS);

export function isUnit(value: unknown): value is Unit {
  return typeof value === 'string' && KNOWN_UNITS.has(value);
}

/**
 * The maximum number of dimensions per metric, and the maximum length of a dimension's value.
 * https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_Dimension.html
 */
export const MAX_DIMENSIONS = 30;
export const MAX_DIMENSION_VALUE = 1024;

/** Returns a string that identifies the metric. */
export function metricKey({ namespace, name, dimensions }: Metric): string {
  const names = Object.keys(dimensions);
  if (names.length > 1) names.sort();
  let key = `${namespace}\n${name}`;
  for (const each of names) key += `\n${each}\n${dimensions[each] ?? ''}`;
  return key;
}
