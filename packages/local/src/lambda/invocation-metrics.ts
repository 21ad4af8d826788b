import { publishNothing, type PublishMetric } from '../cloudwatch/aws-metrics.ts';
import type { Dimensions } from '../cloudwatch/metric.ts';

/** Publishes Lambda's own metrics, both per function and in total. */
export interface InvocationMetrics {
  throttled(functionName: string): void;
  /** Call this for an invocation that a sandbox will run. */
  admitted(functionName: string): {
    /** Call this when a sandbox starts the invocation. */
    started(): void;
    ended(isError: boolean): void;
  };
  /** Call this for an asynchronous event. */
  received(functionName: string): {
    /** Call this before each attempt to invoke the function with the event, including retries. */
    attempted(): {
      /** Call this if the invocation was not throttled. */
      invoked(): void;
    };
    dropped(): void;
  };
}

const NO_DIMENSIONS: Dimensions = {};

/** https://docs.aws.amazon.com/lambda/latest/dg/monitoring-metrics-types.html */
export function createInvocationMetrics(publish: PublishMetric = publishNothing): InvocationMetrics {
  const dimensionsOf = new Map<string, readonly Dimensions[]>();
  const running = new Map<string, number>();
  let allRunning = 0;

  function of(functionName: string): readonly Dimensions[] {
    const known = dimensionsOf.get(functionName);
    if (known) return known;
    const sets = [{ FunctionName: functionName }, NO_DIMENSIONS];
    dimensionsOf.set(functionName, sets);
    return sets;
  }

  function count(functionName: string, change: 1 | -1): void {
    const now = (running.get(functionName) ?? 0) + change;
    running.set(functionName, now);
    allRunning += change;
    if (change === -1) return;
    publish('AWS/Lambda ConcurrentExecutions', [{ FunctionName: functionName }], now);
    publish('AWS/Lambda ConcurrentExecutions', [NO_DIMENSIONS], allRunning);
  }

  return {
    throttled(functionName) {
      publish('AWS/Lambda Throttles', of(functionName), 1);
    },
    admitted(functionName) {
      const dimensions = of(functionName);
      const admittedAt = performance.now();
      let startedAt = admittedAt;
      count(functionName, 1);
      return {
        started() {
          startedAt = performance.now();
        },
        ended(isError) {
          count(functionName, -1);
          const now = performance.now();
          const age = now - admittedAt;
          // As in AWS, an error is published with the time at which its invocation began, and a successful invocation publishes 0 errors.
          publish('AWS/Lambda Invocations', dimensions, 1, { age });
          publish('AWS/Lambda Errors', dimensions, isError ? 1 : 0, { age });
          publish('AWS/Lambda Throttles', dimensions, 0, { age });
          publish('AWS/Lambda Duration', dimensions, now - startedAt, { age });
        },
      };
    },
    received(functionName) {
      const dimensions = of(functionName);
      const receivedAt = performance.now();
      publish('AWS/Lambda AsyncEventsReceived', dimensions, 1);
      return {
        attempted() {
          const age = performance.now() - receivedAt;
          return {
            invoked() {
              publish('AWS/Lambda AsyncEventAge', dimensions, age);
            },
          };
        },
        dropped() {
          publish('AWS/Lambda AsyncEventsDropped', dimensions, 1);
        },
      };
    },
  };
}
