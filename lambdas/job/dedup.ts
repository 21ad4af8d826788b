import type { Clock } from './clock.ts';
import { hasEndedWindow, type FoundJob, type HoldingJob } from './holding-job.ts';

/** The submission that holds a dedup window: the first submission for the object within that window. */
export interface DedupHolder {
  jobId: string;
  /** The submission that last wrote the key. Only this submission may release the key. */
  owner: string;
  windowEndsAt: Date;
}

export interface DedupKey {
  tenant: string;
  objectId: string;
}

export interface OwnedWindow {
  key: DedupKey;
  owner: string;
}

/** The arguments of {@link DedupWindow.open}. */
export interface WindowToOpen {
  key: DedupKey;
  holder: DedupHolder;
  over?: string | undefined;
}

export type OpenedWindow = { opened: true } | { opened: false; holder: DedupHolder };

/** Records which job holds each object's dedup window. */
export interface DedupWindow {
  /**
   * Opens the window for `holder`. If another submission already holds the window, returns that submission.
   *
   * @param over the debounced job that holds the window and has started; its window has ended, even if its key has not
   * expired
   */
  open(key: DedupKey, holder: DedupHolder, over?: string): Promise<OpenedWindow>;
  /**
   * Like {@link open}, but opens several windows in batches, each for a different object. A failure does not affect
   * the other windows.
   *
   * @returns one result per window, in the same order
   */
  openAll(windows: readonly WindowToOpen[]): Promise<(OpenedWindow | { error: unknown })[]>;
  /**
   * Takes over the key of a submission that crashed before writing its job. `to` replaces `from` as the key's owner. The
   * job's id and the window's end don't change, because clients may already know them. Returns false if another
   * submission adopted the key first.
   */
  adopt(key: DedupKey, from: string, to: string): Promise<boolean>;
  /** Closes the window if `owner` still owns it. */
  release(key: DedupKey, owner: string): Promise<void>;
  /**
   * Like {@link release}, but closes several windows in batches, each for a different object.
   *
   * @returns an error for each window that may still be open
   */
  releaseAll(windows: readonly OwnedWindow[]): Promise<unknown[]>;
}

/** The outcome of claiming an object's dedup window. It determines how the submission continues. */
export type WindowClaim =
  /** The submission must write a job with this id, and release the key in `opened` if the write fails. */
  | { jobId: string; holder: DedupHolder | null; opened: DedupKey | null; duplicateOf: null }
  /** The job already existed. */
  | { jobId: string; holder: DedupHolder; opened: null; duplicateOf: HoldingJob };

/**
 * A window that another submission holds. `submissionId` identifies this submission, which may adopt the key or replace the
 * job.
 */
export interface HeldWindow {
  isOurs: false;
  key: DedupKey;
  holder: DedupHolder;
  submissionId: string;
}

/** The result of opening a window: either this submission opened it, or another submission holds it. */
export type Opening =
  { isOurs: true; jobId: string; holder: DedupHolder | null; opened: DedupKey | null } | HeldWindow;

/** A submission's dedup options. */
export interface WindowRequest {
  tenant: string;
  objectId: string | null;
  /** The length of the dedup window that this submission opens, in seconds. @default - the deployment's dedup window */
  dedupSeconds?: number | undefined;
  debounce?: Debounce | undefined;
}

/** The maximum dedup window and the maximum debounce of a submission, in seconds: 30 days. */
export const MAX_WINDOW_SECONDS = 30 * 86_400;

/** The default `maxSeconds` of a debounce, as a multiple of its `seconds`. */
const DEFAULT_MAX_FACTOR = 10;

/** Returns the default `maxSeconds` of a debounce. */
export function defaultMaxSeconds(seconds: number): number {
  return Math.min(MAX_WINDOW_SECONDS, DEFAULT_MAX_FACTOR * seconds);
}

/**
 * Debounces a job: it becomes due once `seconds` have passed without another submission for its object, but at the latest
 * `maxSeconds` after the first submission.
 */
export interface Debounce {
  seconds: number;
  maxSeconds: number;
}

export interface DedupPorts {
  dedup: DedupWindow;
  clock: Clock;
  /** The deployment's dedup window, in seconds. */
  dedupWindowSeconds: number;
}

export interface HolderPorts extends DedupPorts {
  /** Reads the job that holds a window, and replaces that job if the submission requests a replacement. */
  findJob: (held: HeldWindow) => Promise<HoldingJob | undefined>;
}

/** Opens an object's window, unless another submission holds it. A submission without an object doesn't need a window. */
export async function openWindow(request: WindowRequest, ports: DedupPorts, over?: string): Promise<Opening> {
  const { jobId, window } = windowFor(request, ports, over);
  if (!window) return { isOurs: true, jobId, holder: null, opened: null };
  return openingOf(window, await ports.dedup.open(window.key, window.holder, over));
}

/**
 * Like {@link openWindow}, but opens several windows in batches, each for a different object. A failure does not
 * affect the other windows.
 *
 * @returns one result per request, in the same order
 */
export async function openWindows(
  requests: readonly { request: WindowRequest; over: string | undefined }[],
  ports: DedupPorts,
): Promise<(Opening | { error: unknown })[]> {
  const wanted = requests.map(({ request, over }) => windowFor(request, ports, over));
  const windows = wanted.flatMap(({ window }) => window ?? []);
  const opened = (await openEach(windows, ports.dedup)).values();
  return wanted.map(({ jobId, window }) => {
    if (!window) return { isOurs: true, jobId, holder: null, opened: null };
    const { value: result } = opened.next();
    if (!result) return { error: new Error('A window was not opened.') };
    return 'error' in result ? result : openingOf(window, result);
  });
}

/** Opens the windows with `openAll`, or with `open` if there is only one. */
async function openEach(
  windows: readonly WindowToOpen[],
  dedup: DedupWindow,
): Promise<(OpenedWindow | { error: unknown })[]> {
  const [only] = windows;
  if (!only) return [];
  if (windows.length > 1) return dedup.openAll(windows);
  try {
    return [await dedup.open(only.key, only.holder, only.over)];
  } catch (error) {
    return [{ error }];
  }
}

function windowFor(
  request: WindowRequest,
  ports: DedupPorts,
  over: string | undefined,
): { jobId: string; window: WindowToOpen | null } {
  const { clock } = ports;
  const { tenant, objectId } = request;
  const jobId = clock.newId();
  if (objectId === null) return { jobId, window: null };
  const windowEndsAt = new Date(clock.now().getTime() + windowSecondsOf(request, ports) * 1000);
  return {
    jobId,
    window: { key: { tenant, objectId }, holder: { jobId, owner: jobId, windowEndsAt }, over },
  };
}

function openingOf({ key, holder }: WindowToOpen, result: OpenedWindow): Opening {
  const { jobId } = holder;
  return result.opened
    ? { isOurs: true, jobId, holder, opened: key }
    : { isOurs: false, key, holder: result.holder, submissionId: jobId };
}

/**
 * Returns the lifetime of the window's key, in seconds. A debounced job's window ends when the job starts, so the key
 * must not expire before the start. A backlog may make the job start late, so the key lasts for the job's maximum delay
 * plus the deployment's dedup window.
 */
function windowSecondsOf(
  { dedupSeconds, debounce }: WindowRequest,
  { dedupWindowSeconds }: DedupPorts,
): number {
  return debounce ? debounce.maxSeconds + dedupWindowSeconds : (dedupSeconds ?? dedupWindowSeconds);
}

/**
 * Decides how a submission continues after it has tried to open a window. `found` is the job named by the window's holder,
 * if that job exists. If the job does not exist, the other submission has crashed, has failed, or has not reached the
 * database yet. In this case, this submission takes over the key and becomes its owner. Both submissions then use the
 * same job_id, and the first row written wins. If the owner did not change, the first submission could fail and release
 * the key after this submission has inserted the job. The end of the window never changes, so every response about the
 * job reports the same end.
 *
 * If a debounced job has started, its key is replaced by a key for a new job.
 */
export async function settleOpening(
  request: WindowRequest,
  opening: Opening,
  found: HoldingJob | undefined,
  ports: HolderPorts,
): Promise<WindowClaim> {
  if (opening.isOurs) return { ...opening, duplicateOf: null };
  const { key, holder, submissionId } = opening;
  const { jobId } = holder;
  const isOver = endsWindow(found);
  if (found && !isOver) return { jobId, holder, opened: null, duplicateOf: found };

  if (!isOver && (await ports.dedup.adopt(key, holder.owner, submissionId))) {
    // Leave `opened` null, so that this submission never releases the key: the first submission may still write the job's
    // row.
    return { jobId, holder: { ...holder, owner: submissionId }, opened: null, duplicateOf: null };
  }
  // Try again. In the meantime, the window has ended, or another duplicate has taken over its key, or the key has expired
  // or been released. The retries end eventually, because each retry means that another submission made progress.
  const next = await openWindow(request, ports, isOver ? jobId : undefined);
  return settleOpening(request, next, await findHolder(next, ports), ports);
}

/** Whether the job's window has ended, although its key has not expired. */
export function endsWindow(found: HoldingJob | undefined): boolean {
  return found !== undefined && !found.replaced && hasEndedWindow(found.job);
}

/**
 * Finds the job named by the window's holder. Returns undefined if this submission holds the window, or if the job does not
 * exist.
 */
export async function findHolder(
  opening: Opening,
  { findJob }: Pick<HolderPorts, 'findJob'>,
): Promise<HoldingJob | undefined> {
  return opening.isOurs ? undefined : findJob(opening);
}

/** Returns the current end of the job's dedup window. */
export function windowEndOf({ debounced, run_at: runAt }: FoundJob, holder: DedupHolder | null): Date | null {
  return debounced ? new Date(runAt) : (holder?.windowEndsAt ?? null);
}
