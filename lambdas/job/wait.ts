import type { Job } from './job.ts';
import type { Clock } from './clock.ts';
import type { JobReader } from './job-store.ts';
import type { ServiceLog } from './log.ts';
import { isTerminal } from './status.ts';

/** Limits how many requests wait for a job's end at the same time, per tenant and in total: each occupies an instance of the api. */
export interface WaitSlots {
  /**
   * Takes a slot for one wait; undefined if all slots of the tenant, or all slots there are, are taken.
   * @throws StoreUnavailableError
   */
  take(tenant: string): Promise<WaitSlot | undefined>;
}

export interface WaitSlot {
  /**
   * Frees the slot. One that is never released becomes free within a minute.
   * @throws StoreUnavailableError
   */
  release(): Promise<void>;
}

export interface WaitPorts {
  store: JobReader;
  slots: WaitSlots;
  /** Milliseconds of a clock that never jumps. */
  elapsedMs: () => number;
  pause: (ms: number) => Promise<void>;
  clock: Clock;
  log: ServiceLog;
}

/** The job as it was read last, and for a refused wait the seconds after which the client may ask again. */
export interface Waited {
  job: Job;
  retryAfterSeconds?: number;
}

/** The longest wait, in seconds. API Gateway answers after 30; five are left for a cold start and the reads around the wait. */
export const MAX_WAIT_SECONDS = 25;

/** Pause between the first two polls, in milliseconds. Each further pause is half as long again. */
const FIRST_PAUSE_MS = 50;

/** Longest pause between two polls, in milliseconds: the answer comes within a second of the job's end. */
const LONGEST_PAUSE_MS = 800;

/** The longest Retry-After, in seconds. */
const MAX_RETRY_AFTER_SECONDS = 5;

/**
 * Waits until a job is terminal or the time is over, and returns the job as it is then. Polls only the job's status, less and less
 * often, so that a wait of 20 seconds costs some thirty small reads.
 *
 * A wait needs a slot. Without a free one, or where slots can't be counted, the job is returned at once: waiting spares a client some
 * requests, and is never worth an error.
 *
 * @param job as it was read or written last
 */
export async function waitForEnd(tenant: string, job: Job, forMs: number, ports: WaitPorts): Promise<Waited> {
  if (forMs <= 0 || isTerminal(job.status)) return { job };
  const slot = await takeSlot(tenant, ports);
  if (!slot) return { job, retryAfterSeconds: retryAfter(job, ports.clock) };
  try {
    return { job: await poll(tenant, job, forMs, ports) };
  } finally {
    await releaseSlot(slot, ports);
  }
}

async function takeSlot(tenant: string, { slots, log }: WaitPorts): Promise<WaitSlot | undefined> {
  try {
    return await slots.take(tenant);
  } catch (error) {
    log.warn('waits_not_counted', 'The waits could not be counted, so the request does not wait.', { error });
    return undefined;
  }
}

async function releaseSlot(slot: WaitSlot, { log }: WaitPorts): Promise<void> {
  try {
    await slot.release();
  } catch (error) {
    log.warn(
      'wait_slot_not_released',
      'The slot of a wait was not released; it becomes free within a minute.',
      { error },
    );
  }
}

async function poll(
  tenant: string,
  job: Job,
  forMs: number,
  { store, elapsedMs, pause }: WaitPorts,
): Promise<Job> {
  const endsAt = elapsedMs() + forMs;
  let pauseMs = FIRST_PAUSE_MS;
  for (;;) {
    const leftMs = endsAt - elapsedMs();
    if (leftMs <= 0) break;
    await pause(Math.min(pauseMs, leftMs));
    const status = await store.status(tenant, job.job_id);
    if (status === undefined || isTerminal(status)) break;
    pauseMs = Math.min(LONGEST_PAUSE_MS, pauseMs * 1.5);
  }
  return (await store.get(tenant, job.job_id)) ?? job;
}

/**
 * When a client whose wait was refused may ask again: after 1 or 2 seconds for a new job, and up to 5 for one of 12 seconds or more,
 * because a job that has taken long is likely to take longer still. The number is random, so that the clients of a flood do not return
 * together. Polling costs less than a wait: some ten requests instead of 25 seconds of an instance.
 */
function retryAfter({ create_time: createTime }: Job, { now, random }: Clock): number {
  const ageSeconds = (now().getTime() - Date.parse(createTime)) / 1000;
  const choices = Math.min(MAX_RETRY_AFTER_SECONDS, 2 + Math.max(0, ageSeconds) / 4);
  return 1 + Math.floor(random() * choices);
}

/** How long a refusal is remembered, in milliseconds: no longer than the shortest Retry-After. */
const REMEMBERED_MS = 1_000;

/**
 * Remembers for a second that a tenant was refused a slot, or that slots could not be counted, so that the requests of a flood do not
 * each ask the store. Each instance of the api has a memory of its own.
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
