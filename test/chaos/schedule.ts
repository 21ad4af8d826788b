import { randomNumbers } from '../../tools/simulation/random.ts';

/** The timeout of an attempt, in seconds. The timeout is short, so that a dead worker's jobs soon run again. */
export const JOB_TIMEOUT = 6;

/** The tenants. Each tenant has its own API key, but both tenants use the same names for objects and batches. */
export const TENANTS = ['north', 'south'] as const;
export type Tenant = (typeof TENANTS)[number];

/** A job's kind, which determines how the job must end. */
export type Kind =
  'quick' | 'slow' | 'endless' | 'overlong' | 'missing-file' | 'flaky' | 'refused' | 'order' | 'function';

/** The client's action after its job was accepted. `spy` uses the other tenant's key. */
export type FollowUp = 'none' | 'read' | 'wait' | 'list' | 'spy' | 'cancel' | 'cancel-running';

/** A planned job, and all of the client's requests about it. */
export interface PlannedJob {
  readonly tenant: Tenant;
  readonly kind: Kind;
  /** Null for a job that is never deduplicated. Without an object id, the client does not retry a submission that gets no response. */
  readonly objectId: string | null;
  readonly body: Readonly<Record<string, unknown>>;
  /** The number of additional concurrent submissions for the same object. */
  readonly duplicatesAtOnce: number;
  /**
   * A submission for the same object after the follow-up. `reject` expects 409; `replace` submits the same payload to a waiting job.
   */
  readonly duplicateLater: 'none' | 'return' | 'reject' | 'replace';
  readonly followUp: FollowUp;
  /** Whether the client retries the job if it failed or was canceled. */
  readonly retry: boolean;
  /** When the client sends the signal that an order is waiting for. After the faults, all orders that are still waiting get a signal. */
  readonly signal: 'none' | 'at once' | 'later';
}

/** A batch, and the bulk change that a client requests for the batch's jobs: either an immediate cancellation, or a retry after all follow-ups. */
export interface PlannedBatch {
  readonly id: string;
  readonly bulk: 'none' | 'cancel' | 'retry' | 'cancel-and-retry';
}

/** One client's sequence of requests: a submission and its follow-ups, or a batch. */
export interface Unit {
  readonly tenant: Tenant;
  readonly batch: PlannedBatch | null;
  readonly jobs: readonly PlannedJob[];
}

/** Values and their probabilities, which add up to 1. */
type Choices<Value> = readonly [readonly [Value, number], ...(readonly [Value, number])[]];

const KINDS: Choices<Kind> = [
  ['quick', 0.55],
  ['function', 0.07],
  ['order', 0.1],
  ['slow', 0.12],
  ['overlong', 0.04],
  ['missing-file', 0.04],
  ['flaky', 0.05],
  ['refused', 0.03],
];
const FOLLOW_UPS: Choices<FollowUp> = [
  ['none', 0.38],
  ['read', 0.15],
  ['wait', 0.15],
  ['list', 0.08],
  ['spy', 0.04],
  ['cancel', 0.12],
  ['cancel-running', 0.08],
];
/**
 * The kinds of jobs that are canceled while running. Quick jobs are excluded, because an attempt may take up to four seconds to notice a
 * cancellation, and a quick job ends sooner.
 */
const KINDS_TO_STOP: Choices<Kind> = [
  ['endless', 0.4],
  ['slow', 0.5],
  ['order', 0.1],
];
const SIGNALS: Choices<PlannedJob['signal']> = [
  ['none', 0.3],
  ['at once', 0.3],
  ['later', 0.4],
];
const BULK_CHANGES: Choices<PlannedBatch['bulk']> = [
  ['none', 0.25],
  ['cancel', 0.25],
  ['retry', 0.25],
  ['cancel-and-retry', 0.25],
];
const BATCH_SHARE = 0.05;
const LARGEST_BATCH = 20;
const WITH_OBJECT = 0.8;
const WITH_DELAY = 0.1;
/**
 * The share of immediately canceled jobs that have a delay. Without a delay, most of these jobs would end before the cancellation.
 */
const WITH_DELAY_TO_CANCEL = 0.5;
const WITH_RETRY = 0.1;
/** The share of jobs that are retried, among the jobs that are likely to fail or be canceled. */
const WITH_RETRY_OF_FAILING = 0.4;

/**
 * Plans the clients' requests. The same arguments always result in the same schedule.
 *
 * @param receiver the base URL for `webhook` jobs; each tenant has its own path
 * @param journal the file to which orders write their step calls
 */
export function scheduleOf(
  seed: number,
  jobs: number,
  { receiver, journal }: { readonly receiver: string; readonly journal: string },
): Unit[] {
  const random = randomNumbers(seed);
  const whole = (least: number, most: number): number => least + Math.floor(random() * (most - least + 1));
  const oneOf = <Value>(choices: Choices<Value>): Value => {
    const [[first]] = choices;
    let left = random();
    for (const [value, share] of choices) {
      left -= share;
      if (left < 0) return value;
    }
    return first;
  };

  const namesOf: Record<Tenant, number> = { north: 0, south: 0 };
  const plan = (number: number, tenant: Tenant): PlannedJob => {
    const followUp = oneOf(FOLLOW_UPS);
    const kind = oneOf(followUp === 'cancel-running' ? KINDS_TO_STOP : KINDS);
    // A client needs the order's job id to send its signal. Every order therefore has an object id, because only submissions with an object id are
    // retried until a response contains the job id.
    const objectId = random() < WITH_OBJECT || kind === 'order' ? `object-${(namesOf[tenant] += 1)}` : null;
    const delayShare = followUp === 'cancel' ? WITH_DELAY_TO_CANCEL : WITH_DELAY;
    const delay = random() < delayShare ? { delay_seconds: whole(1, 3) } : {};
    const again = random();
    const mayFail = !['quick', 'slow', 'order', 'function'].includes(kind) || followUp.startsWith('cancel');
    const of = { number, tenant, receiver };
    return {
      tenant,
      kind,
      objectId,
      body: {
        ...(kind === 'order' ? orderOf(random, journal) : bodyOf(kind, of, random)),
        ...delay,
        ...(objectId !== null && { object_id: objectId }),
      },
      duplicatesAtOnce: objectId !== null && random() < 0.25 ? whole(1, 3) : 0,
      duplicateLater: objectId === null ? 'none' : duplicateAt(again),
      followUp,
      retry: random() < (mayFail ? WITH_RETRY_OF_FAILING : WITH_RETRY),
      signal: kind === 'order' ? oneOf(SIGNALS) : 'none',
    };
  };

  const batchesOf: Record<Tenant, number> = { north: 0, south: 0 };
  const units: Unit[] = [];
  let planned = 0;
  while (planned < jobs) {
    const tenant = TENANTS[whole(0, 1)] ?? TENANTS[0];
    const isBatch = random() < BATCH_SHARE;
    const count = isBatch ? Math.min(whole(2, LARGEST_BATCH), jobs - planned) : 1;
    units.push({
      tenant,
      batch: isBatch ? { id: `batch-${(batchesOf[tenant] += 1)}`, bulk: oneOf(BULK_CHANGES) } : null,
      jobs: Array.from({ length: count }, (_, index) => plan(planned + index, tenant)),
    });
    planned += count;
  }
  return units;
}

/** Maps a random number from 0 to 1 to the kind of a later duplicate submission. */
function duplicateAt(share: number): PlannedJob['duplicateLater'] {
  if (share < 0.1) return 'reject';
  if (share < 0.2) return 'replace';
  return share <= 0.3 ? 'return' : 'none';
}

/** Returns an order's job: see `jobs.ts`. */
function orderOf(random: () => number, journal: string): Record<string, unknown> {
  const payload = {
    journal,
    parts: Math.floor(random() * 5),
    failures: random() < 0.2 ? 1 : 0,
    sleepSeconds: random() < 0.3 ? 2 : 0,
    payWithinSeconds: random() < 0.5 ? 2 : null,
  };
  return { type: 'order', payload, max_attempts: 4 };
}

function bodyOf(
  kind: Exclude<Kind, 'order'>,
  { number, tenant, receiver }: { number: number; tenant: Tenant; receiver: string },
  random: () => number,
): Record<string, unknown> {
  switch (kind) {
    case 'quick':
      return { payload: { seconds: Math.round(random() * 200) / 1000 }, max_attempts: 4 };
    case 'slow':
      return { payload: { seconds: 0.5 + Math.round(random() * 1000) / 1000 }, max_attempts: 4 };
    case 'endless':
      return { payload: { seconds: 60 }, max_attempts: 4 };
    case 'overlong':
      return { payload: { seconds: 60 }, timeout_seconds: 1, max_attempts: 4 };
    case 'function':
      return { type: 'double', payload: { number, deaths: random() < 0.3 ? 1 : 0 }, max_attempts: 4 };
    case 'missing-file':
      return { type: 'analyze', payload: { file: `uploads/${tenant}/missing-${number}`, patterns: ['x'] } };
    case 'flaky':
      return { type: 'webhook', payload: { url: `${receiver}/${tenant}/flaky/${number}` }, max_attempts: 4 };
    case 'refused':
      return {
        type: 'webhook',
        payload: { url: `${receiver}/${tenant}/refused/${number}` },
        max_attempts: 2,
      };
  }
}
