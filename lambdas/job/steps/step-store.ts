import type { Json } from '../job.ts';

export type StepKind = 'run' | 'sleep' | 'signal' | 'approval' | 'submit' | 'result' | 'map' | 'checkpoint';

/** A step as it is recorded. */
export interface RecordedStep {
  /** The step's name, with an index if the name was used before in the same run: `charge`, `charge#2`. */
  step: string;
  kind: StepKind;
  /** A sleep stays `waiting`; its time is over when `dueInMs` is not positive. */
  status: 'waiting' | 'success' | 'failed';
  /** How many calls of a step's function have failed. */
  failures: number;
  /** Milliseconds until the wait, or the back-off of a step, is over: negative for one in the past. Null for a step that does not wait. */
  dueInMs: number | null;
  /** Of a wait for a signal that ended with its timeout. */
  timedOut: boolean;
  /** What the step is: for `signal` the signal's name, for `result` and `submit` the child's id, for `map` the number of items. */
  detail: StepDetail;
  result: Json;
  /** Whether the result was left out of the claim's answer: read it with {@link StepStore.read}. */
  isResultLeftOut: boolean;
  /** Of a failed step. */
  message: string | null;
}

export interface StepDetail {
  signal?: string;
  childJobId?: string;
  /** The step that submitted the child. */
  childStep?: string;
  type?: string;
  total?: number;
  question?: string;
  /** The version of the worker that recorded it, if the job is pinned to that version. */
  version?: string;
  /** Recorded after a step that a retry by request repeats: the code may now go another way, and not call it. */
  isOptional?: boolean;
}

/** The attempt that writes. A step is written only while its fence holds the job. */
export interface StepWriter {
  jobId: string;
  attempt: number;
  fence: number;
}

/** A step to record: a new row, or the next state of its row. A step that has succeeded or failed never changes. */
export interface NewStep {
  step: string;
  kind: 'run' | 'approval' | 'submit' | 'map' | 'checkpoint';
  status: RecordedStep['status'];
  failures: number;
  /** How long the first call of the step's function took, in milliseconds: the step began that long before its first record. */
  tookMs?: number;
  /** The back-off of a step that runs again, or the time of an approval link, in milliseconds from now. */
  dueInMs?: number;
  detail?: StepDetail;
  result?: Json;
  message?: string;
}

/** A wait that begins, or that a continued attempt meets again. */
export type Wait = Pick<StepDetail, 'version'> &
  (
    | { step: string; kind: 'sleep'; forMs: number }
    /** Without a timeout: until the job's maximum duration is over. */
    | { step: string; kind: 'signal'; signal: string; timeoutMs?: number }
    | { step: string; kind: 'result'; childJobId: string; childStep: string }
    | { step: string; kind: 'map'; total: number; type: string }
  );

/** How long a wait may last, in milliseconds; null if only the job's maximum duration limits it. */
export function durationOfWait(wait: Wait): number | null {
  if (wait.kind === 'sleep') return wait.forMs;
  return wait.kind === 'signal' ? (wait.timeoutMs ?? null) : null;
}

/** The detail that a wait's step is recorded with. */
export function detailOfWait(wait: Wait): StepDetail {
  return { ...detailOfKind(wait), ...(wait.version !== undefined && { version: wait.version }) };
}

function detailOfKind(wait: Wait): StepDetail {
  switch (wait.kind) {
    case 'sleep':
      return {};
    case 'signal':
      return { signal: wait.signal };
    case 'result':
      return { childJobId: wait.childJobId, childStep: wait.childStep };
    case 'map':
      return { total: wait.total, type: wait.type };
  }
}

/** How a child ended. */
export interface ChildOutcome {
  jobId: string;
  status: 'success' | 'failed' | 'canceled';
  message: string | null;
  result: Json;
}

/** Steps of running jobs. Every method that writes is idempotent, and is one statement. */
export interface StepStore {
  /** @returns the step as it is recorded now; undefined if another attempt has taken the job over */
  record(writer: StepWriter, step: NewStep): Promise<RecordedStep | undefined>;
  /**
   * Begins a wait, or ends it if it is over: it takes the oldest signal of that name that no step has taken, or copies the child's outcome. The
   * end of a `map` has no result: read it with {@link StepStore.outcomes}, and record it.
   *
   * @returns the step as it is recorded now; undefined if another attempt has taken the job over
   */
  wait(writer: StepWriter, wait: Wait): Promise<RecordedStep | undefined>;
  /** The whole step. */
  read(jobId: string, step: string): Promise<RecordedStep | undefined>;
  /** How many children a step has submitted. */
  countChildren(jobId: string, step: string): Promise<number>;
  /** How the children of a step ended, in the order of their items, from the `offset`th on; as many as fit one answer, at least one unless it was the last. */
  outcomes(jobId: string, step: string, offset: number): Promise<ChildOutcome[]>;
}

/** The checkpoint's step. Names of steps can't begin with `@`. */
export const CHECKPOINT_STEP = '@checkpoint';
