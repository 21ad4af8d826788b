import type { Series } from './series.ts';

export type AlarmState = 'OK' | 'ALARM' | 'INSUFFICIENT_DATA';

const COMPARISONS = {
  GreaterThanOrEqualToThreshold: (value: number, threshold: number) => value >= threshold,
  GreaterThanThreshold: (value: number, threshold: number) => value > threshold,
  LessThanThreshold: (value: number, threshold: number) => value < threshold,
  LessThanOrEqualToThreshold: (value: number, threshold: number) => value <= threshold,
} as const;

export type Comparison = keyof typeof COMPARISONS;
export const COMPARISON_NAMES = Object.keys(COMPARISONS) as Comparison[];

export const TREATMENTS = ['breaching', 'notBreaching', 'ignore', 'missing'] as const;
export type TreatMissingData = (typeof TREATMENTS)[number];

/** The condition for the ALARM state. */
export interface Rule {
  readonly comparison: Comparison;
  readonly threshold: number;
  readonly evaluationPeriods: number;
  readonly datapointsToAlarm: number;
  readonly treatMissingData: TreatMissingData;
}

/**
 * The number of additional data points that are read, in case some data points in the evaluation periods are missing. AWS does not document this
 * number for every period length. In AWS's example, CloudWatch reads 5 data points for 3 evaluation periods.
 */
const EXTRA_DATAPOINTS = 2;

/** Returns the number of data points in CloudWatch's evaluation range. */
export function evaluationRange({ evaluationPeriods }: Rule): number {
  return evaluationPeriods + EXTRA_DATAPOINTS;
}

export function isBreaching({ comparison, threshold }: Rule, value: number): boolean {
  return COMPARISONS[comparison](value, threshold);
}

/**
 * Evaluates an alarm on the data points in its evaluation range, newest last. The rules for missing data and for avoiding premature alarms
 * are the same as in AWS: https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/alarms-and-missing-data.html
 *
 * @returns undefined if the alarm keeps its state
 */
export function judge(datapoints: Series, rule: Rule): AlarmState | undefined {
  const { evaluationPeriods, datapointsToAlarm, treatMissingData } = rule;
  const range = datapoints.slice(-evaluationRange(rule));
  const real = range.filter((value) => value !== undefined).slice(-evaluationPeriods);
  const breaching = real.filter((value) => isBreaching(rule, value)).length;
  const filled = treatMissingData === 'breaching' ? evaluationPeriods - real.length : 0;
  if (breaching + filled >= datapointsToAlarm) return 'ALARM';
  if (real.length === evaluationPeriods || breaching < real.length) return 'OK';
  if (treatMissingData === 'notBreaching' || treatMissingData === 'breaching') return 'OK';

  // At this point, there are fewer data points than evaluation periods, and all of them breach the threshold.
  if (treatMissingData === 'ignore') return undefined;
  const ageOfOldest = range.length - range.findIndex((value) => value !== undefined);
  return real.length > 0 && ageOfOldest >= datapointsToAlarm ? 'ALARM' : 'INSUFFICIENT_DATA';
}
