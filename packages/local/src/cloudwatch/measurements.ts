import { AWS_METRICS, type PublishMetric } from './aws-metrics.ts';
import type { CloudWatchClock } from './clock.ts';
import { readEmbeddedMetrics } from './emf.ts';
import { MAX_AHEAD_MS, type MetricStore } from './metric-store.ts';
import type { Totals } from './totals.ts';

/** The maximum age of metrics in a log line: https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_PutMetricData.html */
const MAX_AGE_MS = 14 * 86_400_000;

/** The maximum number of distinct warnings that are shown. */
const MAX_WARNINGS = 100;

/** Records the embedded cloud's metrics. */
export interface Measurements {
  /** Publishes the services' own metrics. */
  readonly publish: PublishMetric;
  /** Extracts the metrics from a log line, if the line contains any. */
  readonly readLogLine: (owner: string, line: string) => void;
}

/**
 * Creates the recorder for the embedded cloud's metrics.
 * @param log called once per function and reason, with a warning about logged metrics that CloudWatch would silently drop
 */
export function createMeasurements(
  store: MetricStore,
  totals: Totals,
  clock: CloudWatchClock,
  log: (line: string) => void,
): Measurements {
  const told = new Set<string>();

  function warn(owner: string, problem: string): void {
    const warning = `Warning: CloudWatch would silently drop metrics in the log of ${owner}: ${problem}.`;
    if (told.has(warning) || told.size >= MAX_WARNINGS) return;
    told.add(warning);
    log(warning);
  }

  return {
    publish(metric, dimensionSets, value, { count = 1, age = 0, moment = clock.ago(age) } = {}) {
      const [namespace = '', name = ''] = metric.split(' ');
      const { unit, kind, help } = AWS_METRICS[metric];
      for (const dimensions of dimensionSets)
        store.recordValue({ namespace, name, dimensions }, unit, moment, value, count);
      const [labels = {}] = dimensionSets;
      totals.add({ namespace, name, unit, kind, help, labels }, [value], count);
    },
    readLogLine(owner, line) {
      const read = readEmbeddedMetrics(line);
      if (!read) return;
      const { metrics, properties, problems } = read;
      const time = clock.at(read.time);
      const age = clock.now() - time;
      if (metrics.length > 0 && (age > MAX_AGE_MS || age < -MAX_AHEAD_MS)) {
        warn(owner, '_aws.Timestamp must be at most 14 days in the past, and 2 hours in the future');
        return;
      }
      for (const metric of metrics) {
        const { namespace, name, unit, values, dimensionSets } = metric;
        for (const dimensions of dimensionSets)
          store.record({ namespace, name, dimensions, unit, time, values });
        totals.addEmbedded(metric, properties);
      }
      for (const problem of problems) warn(owner, problem);
    },
  };
}
