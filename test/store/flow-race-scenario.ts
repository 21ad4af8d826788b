import fc from 'fast-check';
import type { NewJob } from '../../lambdas/job/job.ts';

/** How an attempt ends. If the worker dies, the attempt never ends. A late worker records the result after its lease has expired. */
export const FATES = ['succeeds', 'fails', 'is retried', 'dies', 'answers late'] as const;
export type Fate = (typeof FATES)[number];

export interface RacingJob {
  readonly job: Partial<NewJob>;
  /** The fate of each attempt. If there are more attempts than fates, the list starts over. */
  readonly fates: readonly Fate[];
}

/** One change by a client or an operator. `nth` is a job's position in the scenario. */
export type Change =
  | { readonly does: 'cancel' | 'retry'; readonly nth: number }
  | {
      readonly does: 'pause' | 'resume';
      readonly kind: 'queue' | 'type';
      readonly name: string;
    }
  | { readonly does: 'set limit'; readonly key: string; readonly limit: number }
  | { readonly does: 'clear limit'; readonly key: string };

export interface Scenario {
  /** The jobs in submission order. They are submitted in groups of three while the workers run. */
  readonly jobs: readonly RacingJob[];
  /** The changes made by two concurrent operators. */
  readonly changes: readonly (readonly Change[])[];
  /** The maximum number of messages per batch, for each worker. */
  readonly batches: readonly number[];
}

const LIMITS = { one: 1, two: 2, three: 3 } as const;
const KEYS = Object.keys(LIMITS) as (keyof typeof LIMITS)[];

/** The rate limits. Their periods are as short as the API allows, so that starts are only milliseconds apart. */
export const RATES = { slow: { limit: 25, burst: 1 }, fast: { limit: 100, burst: 4 } } as const;
const RATE_KEYS = Object.keys(RATES) as (keyof typeof RATES)[];

const job: fc.Arbitrary<Partial<NewJob>> = fc
  .record({
    key: fc.constantFrom(...KEYS, ...KEYS, null),
    rate: fc.constantFrom(...RATE_KEYS, null, null, null),
    priority: fc.constantFrom(5, 5, 5, 0, 1, 9),
    queue: fc.constantFrom('default', 'default', 'images'),
    type: fc.constantFrom('sleep', 'sleep', 'other', 'zebra'),
  })
  .map(({ key, rate, ...plain }) => ({
    ...plain,
    ...(key && { concurrency: { key, limit: LIMITS[key] } }),
    ...(rate && { rate_limit: { key: rate, per_seconds: 1, ...RATES[rate] } }),
    max_attempts: 4,
  }));

const racingJob: fc.Arbitrary<RacingJob> = fc.record({
  job,
  fates: fc.array(fc.constantFrom(...FATES, 'succeeds' as const, 'is retried' as const), {
    minLength: 1,
    maxLength: 4,
  }),
});

const paused = fc.constantFrom(
  { kind: 'queue', name: 'default' } as const,
  { kind: 'queue', name: 'images' } as const,
  { kind: 'type', name: 'other' } as const,
);

const change: fc.Arbitrary<Change> = fc.oneof(
  fc.record({ does: fc.constantFrom('cancel' as const, 'cancel' as const, 'retry' as const), nth: fc.nat() }),
  fc
    .tuple(fc.constantFrom('pause' as const, 'resume' as const), paused)
    .map(([does, of]) => ({ does, ...of })),
  fc.record({
    does: fc.constant('set limit' as const),
    key: fc.constantFrom(...KEYS),
    limit: fc.integer({ min: 0, max: 4 }),
  }),
  fc.record({ does: fc.constant('clear limit' as const), key: fc.constantFrom(...KEYS) }),
);

export const scenario: fc.Arbitrary<Scenario> = fc.record({
  jobs: fc.array(racingJob, { minLength: 20, maxLength: 60, size: 'max' }),
  changes: fc.tuple(
    fc.array(change, { minLength: 5, maxLength: 30, size: 'max' }),
    fc.array(change, { minLength: 5, maxLength: 30, size: 'max' }),
  ),
  batches: fc.array(fc.integer({ min: 1, max: 3 }), { minLength: 6, maxLength: 8 }),
});

/** The queues and types that operators can pause. */
export const PAUSABLE = [
  ['queue', 'default'],
  ['queue', 'images'],
  ['type', 'other'],
] as const;
export const KEYS_OF_RACE: readonly string[] = KEYS;
