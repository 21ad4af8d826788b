import type { Job, JobSummary } from './job.ts';
import type { Clock } from './clock.ts';

/** The first submission of an object in its window holds the window. */
export interface DedupHolder {
  jobId: string;
  /** Which submission wrote the key last; only that one may release it. */
  owner: string;
  windowEndsAt: Date;
}

export interface DedupKey {
  tenant: string;
  objectId: string;
}

/** Answers one question: was this object submitted in the last window, and as which job? */
export interface DedupWindow {
  /** Opens the window for `holder` unless another submission holds it; then that one is returned. */
  open(
    key: DedupKey,
    holder: DedupHolder,
  ): Promise<{ opened: true } | { opened: false; holder: DedupHolder }>;
  /**
   * Takes over a key whose submission died before it wrote the job: `to` becomes its owner, instead of `from`. Its job and the
   * end of its window stay, for clients may know both. False where somebody was faster.
   */
  adopt(key: DedupKey, from: string, to: string): Promise<boolean>;
  /** Closes the window if `owner` still is its owner. */
  release(key: DedupKey, owner: string): Promise<void>;
}

/** The job that holds a window: whole if it was read alone, without payload and result if it was read with others. */
export type FoundJob = JobSummary | Job;

/** Whose window it is, and what is to be done under it. */
export type WindowClaim =
  /** A job is to be written under this id; `opened` is the key that may be taken back, should that fail. */
  | { jobId: string; holder: DedupHolder | null; opened: DedupKey | null; duplicateOf: null }
  /** The job was there first. */
  | { jobId: string; holder: DedupHolder; opened: null; duplicateOf: FoundJob };

/** What opening a window came to: it is ours, or another submission holds it. */
export type Opening =
  | { isOurs: true; jobId: string; holder: DedupHolder | null; opened: DedupKey | null }
  /** `submissionId` names this submission, should it adopt the key. */
  | { isOurs: false; key: DedupKey; holder: DedupHolder; submissionId: string };

export interface DedupPorts {
  dedup: DedupWindow;
  clock: Clock;
  /** The length of the dedup window, in seconds. */
  dedupWindowSeconds: number;
}

export interface HolderPorts extends DedupPorts {
  /** Reads the job that holds a window. */
  findJob: (tenant: string, jobId: string) => Promise<FoundJob | undefined>;
}

/** Opens the window of an object, unless another submission holds it. Without an object there is none to open. */
export async function openWindow(
  tenant: string,
  objectId: string | null,
  { dedup, clock, dedupWindowSeconds }: DedupPorts,
): Promise<Opening> {
  const jobId = clock.newId();
  if (objectId === null) return { isOurs: true, jobId, holder: null, opened: null };
  const key = { tenant, objectId };
  const windowEndsAt = new Date(clock.now().getTime() + dedupWindowSeconds * 1000);
  const holder: DedupHolder = { jobId, owner: jobId, windowEndsAt };
  const opening = await dedup.open(key, holder);
  return opening.opened
    ? { isOurs: true, jobId, holder, opened: key }
    : { isOurs: false, key, holder: opening.holder, submissionId: jobId };
}

/**
 * Says what an opening leads to, given the job that its holder names, if that was found. A key that names a job which
 * does not exist is taken over: its submission died, failed, or is still on its way to the database. This one finishes
 * the work under the same job_id, and whichever row comes first wins. The key's owner changes, so that a failed first
 * submission can't release a key that now stands for a row. The end of the window does not: it is set once, together with the
 * job_id, so that every answer for a job names the same end.
 */
export async function settleOpening(
  opening: Opening,
  job: FoundJob | undefined,
  ports: HolderPorts,
): Promise<WindowClaim> {
  if (opening.isOurs) return { ...opening, duplicateOf: null };
  const { key, holder, submissionId } = opening;
  const { jobId } = holder;
  if (job) return { jobId, holder, opened: null, duplicateOf: job };

  if (await ports.dedup.adopt(key, holder.owner, submissionId)) {
    // Not ours to release: the first submission may still write its row.
    return { jobId, holder: { ...holder, owner: submissionId }, opened: null, duplicateOf: null };
  }
  // Released, expired or taken over by another duplicate in between: look again. Each round somebody got ahead.
  const next = await openWindow(key.tenant, key.objectId, ports);
  return settleOpening(next, await findHolder(next, ports), ports);
}

/** The job that the holder of a window names, if the window is another's and the job is there. */
export async function findHolder(opening: Opening, { findJob }: HolderPorts): Promise<FoundJob | undefined> {
  return opening.isOurs ? undefined : findJob(opening.key.tenant, opening.holder.jobId);
}
