import type { Job } from './job.ts';
import type { Clock } from './clock.ts';
import type { JobReader } from './job-store.ts';
import type { ServiceLog } from './log.ts';
import { isTerminal } from './status.ts';

/**
 * Limits the number of requests that wait for a job at the same time, per tenant and in total, because each wait occupies an
 * instance of the API function.
 */
export interface WaitSlots {
  /**
   * Takes a slot for one wait. Returns undefined if the tenant has no free slot, or if all slots are taken.
   * @throws StoreUnavailableError
   */
  take(tenant: string): Promise<WaitSlot | undefined>;
}

export interface WaitSlot {
  /**
   * Frees the slot. If a slot is never released, it becomes free within a minute.
   * @throws StoreUnavailableError
   */
  release(): Promise<void>;
}

export interface WaitPorts {
  slots: WaitSlots;
  /** Returns the time on a monotonic clock, in milliseconds. */
  elapsedMs: () => number;
  pause: (ms: number) => Promise<void>;
  clock: Clock;
  log: ServiceLog;
}

/** A wait's result: the job or batch as it was last read. `retryAfterSeconds` is set if the wait was refused. */
export interface Waited<Value> {
  value: Value;
  retryAfterSeconds?: number;
}

/** Reads the job or batch that a request is waiting for. */
export interface Awaited<Value> {
  /**
   * Whether the job or batch has ended or no longer exists. Waiting requests call this method repeatedly, so its query is
   * small.
   */
  hasEnded(): Promise<boolean>;
  read(): Promise<Value | undefined>;
}

/**
 * The maximum wait, in seconds. API Gateway times out after 30 seconds; the other five seconds are for a cold start, and for
 * the reads before and after the wait.
 */
export const MAX_WAIT_SECONDS = 25;

/** The pause between the first two polls, in milliseconds. Each later pause is 1.5 times as long as the one before it. */
const FIRST_PAUSE_MS = 50;

/** The maximum pause between two polls, in milliseconds, so that the response is sent within a second of the job's end. */
const LONGEST_PAUSE_MS = 800;

/** The maximum Retry-After, in seconds. */
const MAX_RETRY_AFTER_SECONDS = 5;

/**
 * Waits until a job has ended or the time limit is reached, and returns the current job.
 *
 * @param job the job, as it was last read or written
 */
export async function waitForEnd(
  tenant: string,
  job: Job,
  forMs: number,
  ports: WaitPorts & { store: JobReader },
): Promise<Waited<Job>> {
  if (isTerminal(job.status)) return { value: job };
  const { store } = ports;
  const awaited: Awaited<Job> = {
    async hasEnded() {
      const status = await store.status(tenant, job.job_id);
      return status === undefined || isTerminal(status);
    },
    read: () => store.get(tenant, job.job_id),
  };
  return waitFor(tenant, job, awaited, forMs, ports);
}

/**
 * Waits until the job or batch has ended or the time limit is reached, and returns its current state. Polls with a small read
 * at growing intervals, so that a wait of 20 seconds costs about thirty reads.
 *
 * Each wait needs a slot. If no slot is free, or the slots can't be counted, returns the value immediately. A refused wait is
 * not an error, because waiting only saves the client some requests.
 *
 * @param value the job or batch, as it was last read or written; it must not have ended
 */
export async function waitFor<Value extends Pick<Job, 'create_time'>>(
  tenant: string,
  value: Value,
  awaited: Awaited<Value>,
  forMs: number,
  ports: WaitPorts,
): Promise<Waited<Value>> {
  if (forMs <= 0) return { value };
  const slot = await takeSlot(tenant, ports);
  if (!slot) return { value, retryAfterSeconds: retryAfter(value, ports.clock) };
  try {
    await poll(awaited, forMs, ports);
    return { value: (await awaited.read()) ?? value };
  } finally {
    await releaseSlot(slot, ports);
  }
}

async function takeSlot(tenant: string, { slots, log }: WaitPorts): Promise<WaitSlot | undefined> {
  try {
    return await slots.take(tenant);
  } catch (error) {
    log.warn('waits_not_counted', 'Waits could not be counted, so the request does not wait.', { error });
    return undefined;
  }
}

async function releaseSlot(slot: WaitSlot, { log }: WaitPorts): Promise<void> {
  try {
    await slot.release();
  } catch (error) {
    log.warn('wait_slot_not_released', "A wait's slot was not released; it becomes free within a minute.", {
      error,
    });
  }
}

async function poll(
  awaited: Awaited<unknown>,
  forMs: number,
  { elapsedMs, pause }: WaitPorts,
): Promise<void> {
  const endsAt = elapsedMs() + forMs;
  let pauseMs = FIRST_PAUSE_MS;
  for (;;) {
    const leftMs = endsAt - elapsedMs();
    if (leftMs <= 0) break;
    await pause(Math.min(pauseMs, leftMs));
    if (await awaited.hasEnded()) break;
    pauseMs = Math.min(LONGEST_PAUSE_MS, pauseMs * 1.5);
  }
}

/**
 * Returns the number of seconds after which a client whose wait was refused may retry. The number is random, so that
 * clients don't all retry at once. The number is 1 or 2 for a new job, and up to 5 for a job that is at least 12 seconds old,
 * because the older a job is, the longer it is likely to take. Polling at this pace is cheaper than waiting: the client sends
 * about ten requests, while a wait occupies an API instance for up to 25 seconds.
 */
function retryAfter({ create_time: createTime }: Pick<Job, 'create_time'>, { now, random }: Clock): number {
  const ageSeconds = (now().getTime() - Date.parse(createTime)) / 1000;
  const choices = Math.min(MAX_RETRY_AFTER_SECONDS, 2 + Math.max(0, ageSeconds) / 4);
  return 1 + Math.floor(random() * choices);
}

/** How long to remember a refusal, in milliseconds. The duration must not exceed the shortest Retry-After. */
const REMEMBERED_MS = 1_000;

/**
 * Remembers for a second that a tenant was refused a slot, or that the slots could not be counted. Without this cache, every
 * request in a burst would query the store. Each instance of the API function remembers its own refusals.
 */
export function rememberRefusals(slots: WaitSlots, elapsedMs: () => number): WaitSlots {
  const refusedUntil = new Map<string, number>();
  return {
    async take(tenant) {
      for (const [refused, until] of refusedUntil) if (until <= elapsedMs()) refusedUntil.delete(refused);
      if (refusedUntil.has(tenant)) return undefined;
      let slot: WaitSlot | undefined;
      try {
        slot = await slots.take(tenant);
        return slot;
      } finally {
        if (!slot) refusedUntil.set(tenant, elapsedMs() + REMEMBERED_MS);
      }
    },
  };
}
