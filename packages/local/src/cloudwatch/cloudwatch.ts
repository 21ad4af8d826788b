import { serveJson } from '../aws-endpoint/json-protocol.ts';
import type { AwsService } from '../service.ts';
import { createAlarms, type Alarms, type StateChange } from './alarms.ts';
import { createCloudWatchClock, type CloudWatchClock } from './clock.ts';
import { createMeasurements, type Measurements } from './measurements.ts';
import { createMetricStore, minuteOf, MINUTE_MS, type MetricStore } from './metric-store.ts';
import { operationsOf } from './operations.ts';
import { createTotals, type MetricDescriptions, type Totals } from './totals.ts';

export interface CloudWatchOptions {
  /** The labels and help texts that `/metrics` shows for metrics in logs. */
  readonly descriptions?: MetricDescriptions;
  /** Called with warnings, and with one line each time an alarm enters or leaves ALARM. */
  readonly log: (line: string) => void;
  /** Returns the system time, in milliseconds since the epoch. */
  readonly systemNow?: () => number;
}

/** Reads gauges, such as queue lengths, and publishes them. */
export type ReadGauges = (at: {
  /** The gauges' timestamp, on CloudWatch's clock. */
  readonly moment: number;
  /** The current time, on the system clock. */
  readonly systemTime: number;
  readonly clock: CloudWatchClock;
}) => void;

export interface CloudWatch extends AwsService {
  readonly measurements: Measurements;
  readonly alarms: Alarms;
  readonly store: MetricStore;
  readonly totals: Totals;
  readonly clock: CloudWatchClock;
  /** Adds gauges. CloudWatch reads the gauges once a minute, and whenever the metrics are requested. */
  addGauges(read: ReadGauges): void;
  /** Reads the gauges now. */
  readGauges(): void;
  /** Starts evaluating the alarms at each full minute. */
  begin(): void;
  /**
   * Stops CloudWatch's clock and advances it by `milliseconds` ms. Evaluates the alarms at each full minute that the clock passes. If the
   * clock passes no full minute, evaluates the alarms once, as of the last full minute.
   *
   * @returns the state changes
   */
  stopIn(milliseconds: number): StateChange[];
  /** Restarts the clock. */
  resume(): void;
}

/**
 * Starts CloudWatch. CloudWatch keeps the last 73 hours of metrics in memory and, as in AWS, evaluates alarms at each full minute. Metrics come
 * from log lines, from the embedded services and from PutMetricData.
 */
export function startCloudWatch({
  descriptions = {},
  log,
  systemNow = Date.now,
}: CloudWatchOptions): CloudWatch {
  const clock = createCloudWatchClock(systemNow);
  const store = createMetricStore(log);
  const totals = createTotals(descriptions, log);
  const measurements = createMeasurements(store, totals, clock, log);
  const alarms = createAlarms({ store, now: () => clock.now(), log });
  const gauges: ReadGauges[] = [];
  let timer: NodeJS.Timeout | undefined;

  function readGauges(moment: number): void {
    for (const read of gauges) read({ moment, systemTime: systemNow(), clock });
  }

  /** Evaluates the alarms at a full minute. The gauges are recorded in the minute that has just ended. */
  function evaluate(minute: number): StateChange[] {
    readGauges(minute - 1);
    store.prune(minute);
    return alarms.evaluate(minute);
  }

  function schedule(): void {
    clearTimeout(timer);
    if (clock.isStopped) return;
    const now = clock.now();
    const evaluateNext = () => {
      evaluate(minuteOf(clock.now()));
      schedule();
    };
    timer = setTimeout(evaluateNext, minuteOf(now) + MINUTE_MS - now).unref();
  }

  return {
    name: 'monitoring',
    measurements,
    alarms,
    store,
    totals,
    clock,
    addGauges(read) {
      gauges.push(read);
    },
    readGauges() {
      readGauges(clock.now());
    },
    begin: schedule,
    stopIn(milliseconds) {
      clearTimeout(timer);
      const from = minuteOf(clock.now());
      const until = minuteOf(clock.now() + milliseconds);
      const changes: StateChange[] = [];
      for (let minute = from + MINUTE_MS; minute <= until; minute += MINUTE_MS)
        changes.push(...evaluate(minute));
      clock.stopIn(milliseconds);
      if (until === from) changes.push(...alarms.evaluate(until));
      return changes;
    },
    resume() {
      clock.resume();
      schedule();
    },
    handle: serveJson({
      title: 'CloudWatch',
      operations: operationsOf({ store, totals, alarms, clock }),
    }),
    end() {
      clearTimeout(timer);
      return Promise.resolve();
    },
  };
}
