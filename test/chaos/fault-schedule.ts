import { randomNumbers } from '../../tools/simulation/random.ts';
import type { FaultRule } from '../helpers/faults.ts';

/** The functions that the faults target, by name. */
export interface Targets {
  readonly api: string;
  /** A part of the names of all workers. */
  readonly worker: string;
  /** A part of the name of every function. */
  readonly anyFunction: string;
  /** A part of the names of all queues that wake workers. */
  readonly queue: string;
  /** The function that decides firings. */
  readonly scheduled: string;
  /** A part of the name of the queue of the firings, which no sweeper would send again. */
  readonly firings: string;
}

/** A fault that is injected once, when this share of the schedule (0 to 1) has begun. */
export interface Incident {
  readonly at: number;
  readonly rule: FaultRule;
}

/**
 * The permanent faults: one call in twenty gets an error, a throttle, a lost response, a delay or silence until the client gives
 * up, and occasionally a process dies. Every rule has a different seed, because otherwise all would strike the same calls.
 */
export function faultRules(seed: number, targets: Targets): FaultRule[] {
  const { api, worker, anyFunction, queue, scheduled, firings } = targets;
  const calls = { caller: anyFunction };
  const rules: FaultRule[] = [
    { effect: 'kill-before', caller: worker, ...share(0.006) },
    { effect: 'kill-after', caller: worker, ...share(0.006) },
    { effect: 'kill-before', caller: api, ...share(0.003) },
    { effect: 'kill-after', caller: api, ...share(0.003) },
    { effect: 'fail', ...calls, ...share(0.02) },
    { effect: 'fail', code: 'throttling', ...calls, ...share(0.01) },
    { effect: 'drop-answer', ...calls, ...share(0.01) },
    { effect: 'delay', milliseconds: 700, ...calls, ...share(0.008) },
    // Not the custom resources, whose client waits for a minute: the run would end before the deployment.
    ...[api, worker, scheduled].map((caller): FaultRule => ({ effect: 'time-out', caller, ...share(0.002) })),
    { effect: 'fail', caller: 'event-source-mapping', ...share(0.02) },
    { effect: 'duplicate', queue, ...share(0.05) },
    { effect: 'lose', queue, ...share(0.02) },
    { effect: 'kill-before', caller: scheduled, ...share(0.01) },
    { effect: 'kill-after', caller: scheduled, ...share(0.01) },
    { effect: 'duplicate', queue: firings, ...share(0.1) },
  ];
  return rules.map((rule, index) =>
    rule.at === undefined ? rule : { ...rule, at: { ...rule.at, seed: `${seed}/${index}` } },
  );
}

function share(value: number): { readonly at: object } {
  return { at: { share: value } };
}

/** The number of consecutive calls whose responses are lost: the SDK sends each call three times, with others in between. */
const OUTAGE_CALLS = 40;

/**
 * The faults that are injected once: the functions are throttled, the database pauses, and for a while the database's responses
 * are lost, or SQS refuses messages, so often that the SDK's repetitions do not help.
 */
export function incidents(seed: number, { api, worker, scheduled }: Targets): Incident[] {
  const random = randomNumbers(seed + 1);
  const within = (from: number, to: number): number => from + random() * (to - from);
  const refusal = ['resuming', 'link-failure', 'statement-timeout'][seed % 3];
  return [
    {
      at: within(0.02, 0.1),
      rule: { effect: 'drop-answer', caller: api, service: 'rds-data', at: { first: OUTAGE_CALLS } },
    },
    {
      at: within(0.1, 0.35),
      rule: { effect: 'throttle', function: worker, seconds: 2 },
    },
    {
      at: within(0.35, 0.4),
      rule: { effect: 'drop-answer', caller: worker, service: 'rds-data', at: { first: OUTAGE_CALLS } },
    },
    {
      at: within(0.4, 0.6),
      rule: { effect: 'pause-aurora', resume_seconds: 3, refusal },
    },
    {
      at: within(0.6, 0.65),
      rule: { effect: 'fail', caller: api, service: 'sqs', at: { first: OUTAGE_CALLS } },
    },
    {
      at: within(0.2, 0.6),
      rule: { effect: 'drop-answer', caller: scheduled, service: 'rds-data', at: { first: OUTAGE_CALLS } },
    },
    {
      at: within(0.65, 0.9),
      rule: { effect: 'throttle', function: api, seconds: 1 },
    },
  ];
}
