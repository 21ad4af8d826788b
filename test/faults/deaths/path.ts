import type { Cloud } from '../../helpers/cloud.ts';
import type { Receiver } from '../../helpers/webhook-receiver.ts';
import type { Ends } from './audit.ts';

/** One AWS call on a function's path. `nth` is the call's number among the calls of the same action. */
export interface Step {
  readonly service: string;
  readonly action: string;
  readonly nth: number;
  /** The status that the client receives if AWS refuses the call. */
  readonly refused?: number;
}

/** The environment shared by all walks. */
export interface Scene {
  readonly cloud: Cloud;
  readonly ends: Ends;
  /**
   * A receiver that responds to the first request for each path with 429 and `Retry-After: 1`, and to later requests with 200.
   */
  readonly receiver: Receiver;
}

/** One walk along a path. */
export interface Walk {
  /** A string that occurs in every event of this walk, and in no other event. The fault recognizes the walk by this string. */
  readonly text: string;
  /** Makes the function do the work that the fault interrupts. @returns the response's status, if a client sends a request */
  attempt(): Promise<number | undefined>;
  /** Simulates the recovery, such as the client's retry, and checks the jobs' state. */
  recover(): Promise<void>;
}

/** One unit of a function's work, and its AWS calls. */
export interface Path {
  readonly title: string;
  /** The stack output with the function's name. */
  readonly actor: string;
  readonly steps: readonly Step[];
  /** Whether a sweep could do the work before the function does. If so, the test pauses sweeps during the walk. */
  readonly isSweptToo?: boolean;
  /** Whether one invocation makes all calls sequentially, and has no effects outside AWS. A job's handler may have such effects. */
  readonly isSequence?: true;
  /** Whether the first call claims a job for its first attempt, and no limit holds the job back. */
  readonly beginsWithClaim?: true;
  begin(scene: Scene): Promise<Walk>;
}

/** The ways in which a call can fail. */
export const DEATHS: Readonly<Record<string, (step: Step) => object>> = {
  'killed before': ({ nth }) => ({ effect: 'kill-before', at: { nth } }),
  'killed after': ({ nth }) => ({ effect: 'kill-after', at: { nth } }),
  'its answer lost at': ({ nth }) => ({ effect: 'drop-answer', at: { nth } }),
  // All of the SDK's retries fail too.
  'every answer lost at': ({ nth }) => ({ effect: 'drop-answer', at: { from: nth }, times: 3 }),
  // The SDK does not retry refused calls.
  'refused at': ({ nth }) => ({ effect: 'fail', code: 'AccessDeniedException', at: { nth } }),
};

/**
 * The deaths at a claim after which the job is either unchanged or only claimed. The 'a job that succeeds' path tests these deaths for all paths.
 */
const OF_EVERY_CLAIM = ['killed before', 'its answer lost at', 'refused at'];

/** Returns the deaths to test at one AWS call, leaving out those that another walk already covers. */
export function deathsOf({ steps, isSequence, beginsWithClaim }: Path, step: Step): string[] {
  const isFirst = step === steps[0];
  return Object.keys(DEATHS).filter((death) => {
    if (isFirst) return !(beginsWithClaim && OF_EVERY_CLAIM.includes(death));
    return !(isSequence && death === 'killed before');
  });
}

/** Returns the fault rule that makes a call of this walk fail. */
export function ruleOf(path: Path, step: Step, death: string, walk: Walk, cloud: Cloud): object {
  const { service, action } = step;
  const caller = cloud.output(path.actor);
  return { ...DEATHS[death]?.(step), caller, service, action, event_contains: walk.text };
}

export function call(service: string, action: string, nth = 1, refused?: number): Step {
  return { service, action, nth, ...(refused !== undefined && { refused }) };
}
