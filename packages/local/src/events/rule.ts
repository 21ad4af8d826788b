import { randomUUID } from 'node:crypto';
import { publishNothing, type PublishMetric } from '../cloudwatch/aws-metrics.ts';
import { periodOf } from './schedule-expression.ts';

export interface RuleProps {
  readonly ruleArn: string;
  /** A rate expression, `rate(…)`; see {@link periodOf}. */
  readonly schedule: string;
  readonly targets: readonly RuleTarget[];
  /** Invokes functions asynchronously, like EventBridge. */
  readonly lambda: { invokeAsync(functionName: string, event: string): unknown };
  /**
   * Whether the function's resource policy allows the rule to invoke the function. Checked at each firing.
   *
   * @default - always allowed
   */
  readonly mayInvoke?: (functionName: string) => boolean;
  /** Called when a target could not be invoked. */
  readonly log: (line: string) => void;
  /** Receives EventBridge's own metrics. @default - discards the metrics */
  readonly publish?: PublishMetric;
  /** @default the system's clock and timers */
  readonly clock?: RuleClock;
}

export interface RuleTarget {
  readonly functionName: string;
  /** The target's constant input, as JSON. @default the scheduled event */
  readonly input?: string | undefined;
}

export interface RuleClock {
  now(): Date;
  /** Calls `tick` every `milliseconds` ms, until the returned function is called. */
  every(milliseconds: number, tick: () => void): () => void;
}

const SYSTEM_CLOCK: RuleClock = {
  now: () => new Date(),
  every(milliseconds, tick) {
    const timer = setInterval(tick, milliseconds);
    return () => {
      clearInterval(timer);
    };
  },
};

/**
 * Starts an EventBridge rule. As in AWS, the rule first fires one period after it starts.
 *
 * @throws Error if the schedule is not a rate
 */
export function startRule(props: RuleProps): { end(): Promise<void> } {
  const { ruleArn, schedule, targets, lambda, mayInvoke = () => true, log, clock = SYSTEM_CLOCK } = props;
  const { publish = publishNothing } = props;
  // https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-monitoring.html
  const dimensions = [{ RuleName: ruleArn.split('/').at(-1) ?? '' }, {}];

  function invoke({ functionName, input }: RuleTarget, event: string): void {
    let isInvoked = false;
    try {
      if (mayInvoke(functionName)) {
        lambda.invokeAsync(functionName, input ?? event);
        isInvoked = true;
      }
    } catch (error) {
      log(`the rule ${ruleArn} could not invoke ${functionName}: ${String(error)}`);
    }
    publish('AWS/Events Invocations', dimensions, 1);
    // As in AWS, FailedInvocations has no data points with value 0.
    if (!isInvoked) publish('AWS/Events FailedInvocations', dimensions.slice(0, 1), 1);
  }

  const stop = clock.every(periodOf(schedule), () => {
    const event = JSON.stringify(scheduledEvent(ruleArn, clock.now()));
    publish('AWS/Events TriggeredRules', dimensions, 1);
    for (const target of targets) invoke(target, event);
  });
  return {
    end() {
      stop();
      return Promise.resolve();
    },
  };
}

/** Returns a scheduled event. As in EventBridge, its time is in whole seconds. */
function scheduledEvent(ruleArn: string, time: Date): object {
  const [, , , region, account] = ruleArn.split(':');
  return {
    version: '0',
    id: randomUUID(),
    'detail-type': 'Scheduled Event',
    source: 'aws.events',
    account,
    time: time.toISOString().replace(/\.\d+Z$/, 'Z'),
    region,
    resources: [ruleArn],
    detail: {},
  };
}
