import * as z from 'zod';
import type { JsonOperation } from '../aws-endpoint/json-protocol.ts';
import type { CloudWatchClock } from './clock.ts';
import { CloudWatchError, dimensions, metricName, namespace, readInput, time, unit } from './input.ts';
import { KEPT_MS, MAX_AHEAD_MS, type MetricStore } from './metric-store.ts';
import type { Totals } from './totals.ts';

/** Limits from https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_PutMetricData.html */
const MAX_DATA = 1000;
const MAX_VALUES = 150;

const datum = z.strictObject({
  MetricName: metricName,
  Dimensions: dimensions.optional(),
  Timestamp: time.optional(),
  Value: z.number().optional(),
  Values: z.array(z.number()).max(MAX_VALUES).optional(),
  Counts: z.array(z.number().nonnegative()).optional(),
  StatisticValues: z
    .strictObject({
      SampleCount: z.number().positive(),
      Sum: z.number(),
      Minimum: z.number(),
      Maximum: z.number(),
    })
    .optional(),
  Unit: unit.optional(),
  // Standard and high resolution have the same effect, because every metric is stored in one-minute buckets.
  StorageResolution: z.union([z.literal(1), z.literal(60)]).optional(),
});

const input = z.strictObject({ Namespace: namespace, MetricData: z.array(datum).min(1).max(MAX_DATA) });

type Datum = z.infer<typeof datum>;

/**
 * Implements PutMetricData. Unlike in AWS, namespaces may begin with `AWS/`. Tests can thus write metrics that alarms need but the
 * embedded cloud does not measure, such as Aurora's.
 */
export function putMetricData(store: MetricStore, totals: Totals, clock: CloudWatchClock): JsonOperation {
  return (given) => {
    const { Namespace, MetricData } = readInput('PutMetricData', input, given);
    const now = clock.now();
    // Validates all data before writing anything, so that a call writes either all of its data or none.
    const writes = MetricData.map((each, index) => writeOf(Namespace, each, `MetricData[${index}]`, now));
    for (const write of writes) write(store, totals);
    return {};
  };
}

function writeOf(
  namespace: string,
  { MetricName: name, Dimensions = {}, Timestamp: at, Unit = 'None', ...values }: Datum,
  path: string,
  now: number,
): (store: MetricStore, totals: Totals) => void {
  const moment = at ?? now;
  if (moment < now - KEPT_MS || moment > now + MAX_AHEAD_MS) {
    throw new CloudWatchError(
      'InvalidParameterValueException',
      `The parameter ${path}.Timestamp must be at most ${KEPT_MS / 3_600_000} hours in the past, because the embedded CloudWatch keeps only those, and at most 2 hours in the future.`,
    );
  }
  const { Value, Values, Counts, StatisticValues } = values;
  const given = [Value, Values, StatisticValues].filter((each) => each !== undefined);
  if (given.length !== 1 || (Counts && Counts.length !== Values?.length)) {
    throw new CloudWatchError(
      'InvalidParameterCombinationException',
      `${path} must have exactly one of Value, Values and StatisticValues. Counts, if present, must be as long as Values.`,
    );
  }
  const metric = { namespace, name, dimensions: Dimensions };
  const total = { ...metric, unit: Unit, dimensionSets: [Dimensions] };
  if (StatisticValues) {
    const { SampleCount: sampleCount, Sum: sum, Minimum: minimum, Maximum: maximum } = StatisticValues;
    return (store, totals) => {
      store.recordSet(metric, Unit, moment, { sampleCount, sum, minimum, maximum });
      totals.addEmbedded({ ...total, values: [sum / sampleCount] }, {}, sampleCount);
    };
  }
  const list = Values ?? [Value ?? 0];
  return (store, totals) => {
    for (const [index, value] of list.entries()) {
      const count = Counts?.[index] ?? 1;
      store.recordValue(metric, Unit, moment, value, count);
      totals.addEmbedded({ ...total, values: [value] }, {}, count);
    }
  };
}
