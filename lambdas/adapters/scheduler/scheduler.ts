import type { CreateScheduleCommandInput, SchedulerClient } from '@aws-sdk/client-scheduler';
import { StoreUnavailableError } from '../../job/errors.ts';

/** Where the schedules of a deployment stand, and in whose name they fire. */
export interface SchedulerSettings {
  readonly groupName: string;
  /** The role that EventBridge Scheduler takes on to reach its targets. */
  readonly roleArn: string;
  /** The queue of what it could not deliver. */
  readonly deadLetterArn: string;
}

/**
 * EventBridge Scheduler's client, made when it is first asked for: most requests have nothing to do with schedules, and
 * none of them pays for loading it.
 */
export type Scheduler = () => Promise<{
  readonly client: SchedulerClient;
  readonly sdk: typeof import('./client.ts').sdk;
}>;

/** A delivery that fails is repeated for a day, the longest that EventBridge Scheduler takes. */
const RETRY = { MaximumEventAgeInSeconds: 86_400, MaximumRetryAttempts: 185 };

/** What all schedules of a deployment have in common. */
export function commonInput(
  { groupName, roleArn, deadLetterArn }: SchedulerSettings,
  target: { arn: string; input: string },
): Pick<CreateScheduleCommandInput, 'GroupName' | 'FlexibleTimeWindow' | 'Target'> {
  return {
    GroupName: groupName,
    // On time: a firing that may come any time within a window is no use as a dedup key.
    FlexibleTimeWindow: { Mode: 'OFF' },
    Target: {
      Arn: target.arn,
      RoleArn: roleArn,
      Input: target.input,
      RetryPolicy: RETRY,
      DeadLetterConfig: { Arn: deadLetterArn },
    },
  };
}

/** Whether a call was refused with this code. */
export function isRefusal(error: unknown, code: string): boolean {
  return error instanceof Error && error.name === code;
}

/** A failed call as the domain knows it. It may have had its effect: only its answer may be missing. */
export function toUnavailable(error: unknown): StoreUnavailableError {
  return new StoreUnavailableError('scheduler', 'unknown', error);
}
