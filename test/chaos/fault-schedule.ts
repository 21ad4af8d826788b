import { randomNumbers } from '../../tools/simulation/random.ts';
import type { FaultRule } from '../helpers/faults.ts';
import type { ClockName } from './cloud/movable-clocks.ts';

/** The names of the functions and queues that the faults target. */
export interface Targets {
  readonly api: string;
  /** A substring of every worker's name. */
  readonly worker: string;
  /** A substring of every function's name. */
  readonly anyFunction: string;
  /** A substring of the name of every queue that wakes workers. */
  readonly queue: string;
  /** The function that handles firings. */
  readonly scheduled: string;
  /** Name substrings of the functions that other functions depend on. */
  readonly helpers: readonly string[];
  /** A substring of the firing queue's name. The fault rules never drop messages from this queue, because the sweeper could not resend a firing. */
  readonly firings: string;
}

/**
 * A one-time fault that fault rules can't express: the whole cloud is killed, PostgreSQL is killed, or the disk is full for a while.
 */
export type Blow = 'kill-cloud' | 'kill-postgres' | 'fill-disk';

/** A jump of some of the cloud's clocks, by a number of seconds ahead of the real time, or behind the real time if the number is negative. */
export interface ClockJump {
  readonly clocks: readonly ClockName[];
  readonly seconds: number;
}

export function isClockJump(what: Incident['what']): what is ClockJump {
  return typeof what === 'object' && 'clocks' in what;
}

/** A fault that is injected once, at a position in the schedule: 0 is the start, and 1 is the end. */
export interface Incident {
  readonly at: number;
  readonly what: FaultRule | Blow | ClockJump;
}

/** Runs with more jobs than this kill no additional processes, because every kill costs a cold start. A run of this size kills about 90. */
const JOBS_WITH_ALL_KILLS = 500;

/**
 * Returns the permanent faults. One call in twenty fails, is throttled, is delayed, loses its response, or times out, and occasionally a process
 * dies. Each rule has a different seed; otherwise, all rules would affect the same calls.
 *
 * @param jobs the number of jobs in the run
 * @param start the number of earlier starts of the cloud; each start counts its calls from zero
 */
export function faultRules(seed: number, jobs: number, targets: Targets, start = 0): FaultRule[] {
  const { api, worker, anyFunction, queue, scheduled, firings, helpers } = targets;
  const kills = (value: number) => share(value * Math.min(1, JOBS_WITH_ALL_KILLS / jobs));
  const served = [api, worker, scheduled, ...helpers];
  const calls = { caller: anyFunction };
  const rules: FaultRule[] = [
    { effect: 'kill-before', caller: worker, ...kills(0.006) },
    { effect: 'kill-after', caller: worker, ...kills(0.006) },
    { effect: 'kill-before', caller: api, ...kills(0.003) },
    { effect: 'kill-after', caller: api, ...kills(0.003) },
    { effect: 'fail', ...calls, ...share(0.02) },
    { effect: 'fail', code: 'throttling', ...calls, ...share(0.01) },
    { effect: 'delay', milliseconds: 700, ...calls, ...share(0.008) },
    // The custom resources' AWS calls never lose a response. Otherwise, a transaction would keep its advisory lock for three minutes, until the
    // Data API rolled the transaction back, and the run could end before the deployment.
    ...served.map((caller): FaultRule => ({ effect: 'drop-answer', caller, ...share(0.01) })),
    ...[api, worker, scheduled].map((caller): FaultRule => ({ effect: 'time-out', caller, ...share(0.002) })),
    { effect: 'fail', caller: 'event-source-mapping', ...share(0.02) },
    { effect: 'duplicate', queue, ...share(0.05) },
    { effect: 'lose', queue, ...share(0.02) },
    { effect: 'kill-before', caller: scheduled, ...kills(0.01) },
    { effect: 'kill-after', caller: scheduled, ...kills(0.01) },
    { effect: 'duplicate', queue: firings, ...share(0.1) },
  ];
  return rules.map((rule, index) =>
    rule.at === undefined ? rule : { ...rule, at: { ...rule.at, seed: `${seed}/${start}/${index}` } },
  );
}

function share(value: number): { readonly at: object } {
  return { at: { share: value } };
}

/**
 * The number of consecutive calls that lose their responses. The outage must last longer than the SDK's three tries of a call, with other calls in
 * between.
 */
const OUTAGE_CALLS = 40;

/** How far a clock jumps, in seconds. The jump is about twice as long as any lease. */
const JUMP_SECONDS = 12;

/**
 * Returns the clock jumps, one forward and one backward. First, all clocks jump together, as on a machine whose clock is corrected. Later, only
 * the database's clock jumps, as in a failover to an instance with a different clock. Some time after each jump, the clocks jump back to the real
 * time.
 */
function clockJumps(seed: number, within: (from: number, to: number) => number): Incident[] {
  const seconds = seed % 2 === 0 ? JUMP_SECONDS : -JUMP_SECONDS;
  const all: readonly ClockName[] = ['cloud', 'database'];
  return [
    { at: within(0.05, 0.2), what: { clocks: all, seconds } },
    { at: within(0.3, 0.45), what: { clocks: all, seconds: 0 } },
    { at: within(0.5, 0.6), what: { clocks: ['database'], seconds: -seconds } },
    { at: within(0.7, 0.85), what: { clocks: ['database'], seconds: 0 } },
  ];
}

/**
 * Returns the one-time faults. The functions are throttled, and the database pauses. For a while, more database responses are lost and more SQS calls
 * are refused than the SDK's retries can hide. The whole cloud is killed once, PostgreSQL is killed once, and the disk is full once. The clocks jump.
 *
 * @returns the incidents in chronological order
 */
export function incidents(seed: number, { api, worker, scheduled }: Targets): Incident[] {
  const random = randomNumbers(seed + 1);
  const within = (from: number, to: number): number => from + random() * (to - from);
  const refusal = ['resuming', 'link-failure', 'statement-timeout'][Math.floor(seed / 3) % 3];
  const planned: Incident[] = [
    {
      at: within(0.02, 0.1),
      what: { effect: 'drop-answer', caller: api, service: 'rds-data', at: { first: OUTAGE_CALLS } },
    },
    {
      at: within(0.1, 0.35),
      what: { effect: 'throttle', function: worker, seconds: 2 },
    },
    {
      at: within(0.35, 0.4),
      what: { effect: 'drop-answer', caller: worker, service: 'rds-data', at: { first: OUTAGE_CALLS } },
    },
    {
      at: within(0.4, 0.6),
      what: { effect: 'pause-aurora', resume_seconds: 3, refusal },
    },
    {
      at: within(0.6, 0.65),
      what: { effect: 'fail', caller: api, service: 'sqs', at: { first: OUTAGE_CALLS } },
    },
    {
      at: within(0.2, 0.6),
      what: { effect: 'drop-answer', caller: scheduled, service: 'rds-data', at: { first: OUTAGE_CALLS } },
    },
    {
      at: within(0.65, 0.9),
      what: { effect: 'throttle', function: api, seconds: 1 },
    },
    { at: within(0.15, 0.85), what: 'kill-postgres' },
    { at: within(0.3, 0.7), what: 'kill-cloud' },
    { at: within(0.1, 0.9), what: 'fill-disk' },
    ...clockJumps(seed, within),
  ];
  return planned.toSorted((a, b) => a.at - b.at);
}
