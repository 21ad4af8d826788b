import { onEachLevel, type ServiceLog } from '../job/log.ts';
import { measuredEvents, OF_THE_SERVICE, TIMES, type Measure, type MetricName } from './catalogue.ts';

/** The CloudWatch namespace of all metrics. */
export const NAMESPACE = 'Errand';

/** The metrics to publish: none, metrics per queue, or metrics per queue and job type. */
export type MetricsMode = 'off' | 'queues' | 'types';

export interface MetricsOptions {
  readonly mode: MetricsMode;
  /** The deployment's name, which is the value of the `service` dimension. */
  readonly service: string;
  readonly now: () => Date;
  /**
   * Writes one line to standard output. Don't use Lambda's `console`: it would wrap the line in an object, and CloudWatch
   * would not find the metrics.
   */
  readonly write?: (line: string) => void;
}

/** Metrics in CloudWatch's embedded metric format. */
export interface Metrics {
  /** Returns a log whose events are counted, even those below the log level. */
  measure(log: ServiceLog): ServiceLog;
  /**
   * Writes the counts since the last call. Call this at the end of each invocation, because Lambda may stop the process
   * afterwards.
   */
  flush(): void;
}

/** The maximum number of values per metric and line. */
const MAX_VALUES = 100;

type Values = Map<MetricName, number[]>;

/**
 * Counts log events, and writes the counts in the embedded metric format, with one line per queue and type.
 * https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/CloudWatch_Embedded_Metric_Format_Specification.html
 */
export function createMetrics({ mode, service, now, write = writeLine }: MetricsOptions): Metrics {
  if (mode === 'off') return { measure: (log) => log, flush: () => undefined };
  let groups = new Map<string, { labels: Labels; values: Values }>();

  const add = (event: string, fields: Readonly<Record<string, unknown>>): void => {
    if (!Object.hasOwn(measuredEvents, event)) return;
    const measures: readonly Measure[] = measuredEvents[event as keyof typeof measuredEvents];
    for (const { metric, field, when } of measures) {
      if (when && !Object.entries(when).every(([name, value]) => fields[name] === value)) continue;
      const value = field === undefined ? 1 : fields[field];
      if (typeof value !== 'number') continue;
      const labels = OF_THE_SERVICE.includes(metric) ? {} : labelsOf(fields);
      const key = JSON.stringify(labels);
      const group = groups.get(key) ?? { labels, values: new Map<MetricName, number[]>() };
      groups.set(key, group);
      const values = group.values.get(metric) ?? [];
      group.values.set(metric, values);
      if (isTime(metric)) values.push(value);
      else values[0] = (values[0] ?? 0) + value;
    }
  };

  return {
    measure(log) {
      return onEachLevel((level) => (event, message, fields = {}) => {
        log[level](event, message, fields);
        add(event, fields);
      });
    },
    flush() {
      if (groups.size === 0) return;
      const written = groups;
      groups = new Map();
      const timestamp = now().getTime();
      for (const { labels, values } of written.values()) {
        for (const part of partsOf(values)) write(lineOf({ service, ...labels }, part, mode, timestamp));
      }
    },
  };
}

interface Labels {
  readonly queue?: string;
  readonly type?: string;
}

function labelsOf({ queue, type }: Readonly<Record<string, unknown>>): Labels {
  return {
    ...(typeof queue === 'string' && { queue }),
    ...(typeof type === 'string' && { type }),
  };
}

function isTime(metric: MetricName): boolean {
  return (TIMES as readonly MetricName[]).includes(metric);
}

/** Splits the values into parts that each fit into one line. */
function partsOf(values: Values): Values[] {
  const longest = Math.max(...[...values.values()].map(({ length }) => length));
  const parts: Values[] = [];
  for (let start = 0; start < longest; start += MAX_VALUES) {
    const part = [...values].map(([name, all]) => [name, all.slice(start, start + MAX_VALUES)] as const);
    parts.push(new Map(part.filter(([, some]) => some.length > 0)));
  }
  return parts;
}

function lineOf(
  labels: Labels & { service: string },
  values: Values,
  mode: MetricsMode,
  timestamp: number,
): string {
  const dimensions = [labels.queue === undefined ? ['service'] : ['service', 'queue']];
  // The line contains the job type even if the type is not a dimension, so that log queries can use it.
  if (mode === 'types' && labels.queue !== undefined && labels.type !== undefined) {
    dimensions.push(['service', 'queue', 'type']);
  }
  const names = [...values.keys()];
  return JSON.stringify({
    _aws: {
      Timestamp: timestamp,
      CloudWatchMetrics: [
        {
          Namespace: NAMESPACE,
          Dimensions: dimensions,
          Metrics: names.map((name) => ({ Name: name, Unit: isTime(name) ? 'Milliseconds' : 'Count' })),
        },
      ],
    },
    ...labels,
    ...Object.fromEntries([...values].map(([name, all]) => [name, all.length === 1 ? all[0] : all])),
  });
}

function writeLine(line: string): void {
  process.stdout.write(`${line}\n`);
}
