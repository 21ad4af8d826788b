import {
  CloudWatchClient,
  GetMetricStatisticsCommand,
  PutMetricDataCommand,
} from '@aws-sdk/client-cloudwatch';
import { setTimeout as wait } from 'node:timers/promises';
import type { Cloud } from './cloud.ts';

interface AlarmView {
  readonly name: string;
  readonly state: 'OK' | 'ALARM' | 'INSUFFICIENT_DATA';
}

type Dimensions = Readonly<Record<string, string>>;

/** An embedded cloud's alarms. Only the test advances CloudWatch's clock. */
export interface Alarms {
  /**
   * Advances the clock minute by minute, and evaluates the alarms after each minute. Returns the names of the alarms in the ALARM state, such as
   * `FailureRatedefault`.
   */
  raisedAfter(minutes: number): Promise<string[]>;
  /** Resolves when the metric's sum over the last {@link LAST_MINUTES} minutes reaches `sum`. */
  counted(metric: string, dimensions: Dimensions, sum: number): Promise<void>;
  /** Publishes a metric that the embedded cloud does not publish itself. */
  publish(metric: string, dimensions: Dimensions, value: number): Promise<void>;
  end(): void;
}

/** The window over which {@link Alarms.counted} sums a metric, in minutes. The window is shorter than the time between two outages in the tests. */
const LAST_MINUTES = 15;

/** Stops the embedded CloudWatch's clock, and returns the alarms. */
export async function watchAlarms({ awsEndpointUrl: endpoint }: Cloud): Promise<Alarms> {
  const credentials = { accessKeyId: 'test', secretAccessKey: 'test' };
  const client = new CloudWatchClient({ endpoint, region: 'us-east-1', credentials });

  async function evaluate(seconds: number): Promise<{ now: string; alarms: readonly AlarmView[] }> {
    const response = await fetch(`${endpoint}/_errand/alarms`, {
      method: 'POST',
      body: JSON.stringify({ seconds }),
    });
    return (await response.json()) as { now: string; alarms: AlarmView[] };
  }

  async function now(): Promise<Date> {
    const response = await fetch(`${endpoint}/_errand/alarms`);
    return new Date(((await response.json()) as { now: string }).now);
  }

  async function sumOf(metric: string, dimensions: Dimensions): Promise<number> {
    const end = (await now()).getTime() + 60_000;
    const { Datapoints = [] } = await client.send(
      new GetMetricStatisticsCommand({
        ...metricOf(metric, dimensions),
        StartTime: new Date(end - LAST_MINUTES * 60_000),
        EndTime: new Date(end),
        Period: 60,
        Statistics: ['Sum'],
      }),
    );
    return Datapoints.reduce((sum, { Sum = 0 }) => sum + Sum, 0);
  }

  await evaluate(0);
  return {
    async raisedAfter(minutes) {
      const { alarms } = await evaluate(minutes * 60);
      const raised = alarms.filter(({ state }) => state === 'ALARM');
      return raised.map(nameOf).sort();
    },
    async counted(metric, dimensions, sum) {
      const deadline = performance.now() + 30_000;
      while ((await sumOf(metric, dimensions)) < sum) {
        if (performance.now() > deadline) {
          throw new Error(`${metric} is ${await sumOf(metric, dimensions)}, but should be ${sum}.`);
        }
        await wait(50);
      }
    },
    async publish(metric, dimensions, Value) {
      const { Namespace, ...one } = metricOf(metric, dimensions);
      const MetricData = [{ ...one, Value, Timestamp: await now() }];
      await client.send(new PutMetricDataCommand({ Namespace, MetricData }));
    },
    end() {
      client.destroy();
    },
  };
}

/** @param metric the namespace and the name, such as `AWS/Lambda Errors` */
function metricOf(metric: string, dimensions: Dimensions) {
  const [Namespace, MetricName] = metric.split(' ');
  return {
    Namespace,
    MetricName,
    Dimensions: Object.entries(dimensions).map(([Name, Value]) => ({ Name, Value })),
  };
}

/** Extracts an alarm's short name: `Errand-ErrandAlarmsFailureRatedefaultDC6190E0` → `FailureRatedefault`. */
function nameOf({ name }: AlarmView): string {
  return name.replace(/^.*ErrandAlarms/, '').replace(/[0-9A-F]{8}$/, '');
}
