import type { Cloud } from '../../helpers/cloud.ts';
import type { Receiver } from '../../helpers/webhook-receiver.ts';
import type { Ends } from './audit.ts';

/** One AWS call on a function's path: the nth call of this action. */
export interface Step {
  readonly service: string;
  readonly action: string;
  readonly nth: number;
  /** The status of the client's response if AWS refuses the call. */
  readonly refused?: number;
}

/** The environment shared by all walks. */
export interface Scene {
  readonly cloud: Cloud;
  readonly ends: Ends;
  /**
   * A receiver that responds to the first request on each path with 429 and `Retry-After: 1`, and to later ones with
   * 200.
   */
  readonly receiver: Receiver;
}

/** One walk along a path. */
export interface Walk {
  /** A string by which the fault recognizes the walk's events. */
  readonly text: string;
  /** Makes the function do the work that the fault interrupts. @returns the status of the client's response, if any */
  attempt(): Promise<number | undefined>;
  /** Simulates what happens next, such as the client's retry, and checks the state of the jobs. */
  recover(): Promise<void>;
}

/** One unit of a function's work, and the AWS calls that it makes. */
export interface Path {
  readonly title: string;
  /** The stack output with the function's name. */
  readonly actor: string;
  readonly steps: readonly Step[];
  /** Whether a sweep could do the work before the function does. If so, the test pauses its sweeps meanwhile. */
  readonly isSweptToo?: boolean;
  /**
   * Whether one invocation makes all calls sequentially and leaves no other effects, such as a handler's effects
   * outside AWS.
   */
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
  // All retries by the SDK fail too.
  'every answer lost at': ({ nth }) => ({ effect: 'drop-answer', at: { from: nth }, times: 3 }),
  // The SDK does not retry refused calls.
  'refused at': ({ nth }) => ({ effect: 'fail', code: 'AccessDeniedException', at: { nth } }),
};

/**
 * The deaths at a claim that leave nothing behind, or only the claim itself. 'a job that succeeds' tests them for every
 * job.
 */
const OF_EVERY_CLAIM = ['killed before', 'its answer lost at', 'refused at'];

/** Returns the deaths at a call that no other walk covers. */
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
