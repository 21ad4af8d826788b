import type { Json } from '../job.ts';

export type StepKind = 'run' | 'sleep' | 'signal' | 'approval' | 'submit' | 'result' | 'map' | 'checkpoint';

/** A step as it is recorded. */
export interface RecordedStep {
  /** The step's name, with an index if the name was used before in the same run: `charge`, `charge#2`. */
  step: string;
  kind: StepKind;
  /** A sleep stays `waiting`; it has ended when `dueInMs` is not positive. */
  status: 'waiting' | 'success' | 'failed';
  /** How many calls of a step's function have failed. */
  failures: number;
  /** Milliseconds until the wait, or the back-off, of the step ends: negative if it has ended. Null if the step does not wait. */
  dueInMs: number | null;
  /** Whether a wait for a signal ended with its timeout. */
  timedOut: boolean;
  /**
   * Data about the step: for `signal` the signal's name, for `result` and `submit` the child's id, for `map` the number of items.
   */
  detail: StepDetail;
  result: Json;
  /** Whether the claim's response left out the result: read it with {@link StepStore.read}. */
  isResultLeftOut: boolean;
  /** The error message of a failed step. */
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
  /** The version of the worker that recorded the step, if the job is pinned to that version. */
  version?: string;
  /**
   * Whether the step was recorded after a step that a retry by request repeats: the code may now take another path, and not call
   * it.
   */
  isOptional?: boolean;
}

/** The attempt that writes a step. The write succeeds only while the attempt's fence holds the job. */
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
  /** The back-off of a step that runs again, or the lifetime of an approval link, in milliseconds from now. */
  dueInMs?: number;
  detail?: StepDetail;
  result?: Json;
  message?: string;
}

/** A wait that begins, or that a continued attempt encounters again. */
export type Wait = Pick<StepDetail, 'version'> &
  (
    | { step: string; kind: 'sleep'; forMs: number }
    /** Without a timeout, it lasts until the job's maximum duration has elapsed. */
    | { step: string; kind: 'signal'; signal: string; timeoutMs?: number }
    | { step: string; kind: 'result'; childJobId: string; childStep: string }
    | { step: string; kind: 'map'; total: number; type: string }
  );

/** The longest duration of a wait, in milliseconds; null if only the job's maximum duration limits it. */
export function durationOfWait(wait: Wait): number | null {
  if (wait.kind === 'sleep') return wait.forMs;
  return wait.kind === 'signal' ? (wait.timeoutMs ?? null) : null;
}

/** The detail to record for a wait. */
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

/** The outcome of a child. */
export interface ChildOutcome {
  jobId: string;
  status: 'success' | 'failed' | 'canceled';
  message: string | null;
  result: Json;
}

/** Stores the steps of running jobs. Every method that writes is idempotent, and is one statement. */
export interface StepStore {
  /** @returns the step as it is now recorded; undefined if another attempt has taken over the job */
  record(writer: StepWriter, step: NewStep): Promise<RecordedStep | undefined>;
  /**
   * Begins a wait, or ends it if its condition is met: takes the oldest signal of that name that no step has taken, or copies the
   * child's outcome. When a `map` ends, its result is missing: read it with {@link StepStore.outcomes}, and record it.
   *
   * @returns the step as it is now recorded; undefined if another attempt has taken over the job
   */
  wait(writer: StepWriter, wait: Wait): Promise<RecordedStep | undefined>;
  /** Reads the whole step. */
  read(jobId: string, step: string): Promise<RecordedStep | undefined>;
  /** The number of children that a step has submitted. */
  countChildren(jobId: string, step: string): Promise<number>;
  /**
   * The outcomes of a step's children, in the order of their items, beginning at `offset`; as many as fit into one response, at
   * least one unless there are no more.
   */
  outcomes(jobId: string, step: string, offset: number): Promise<ChildOutcome[]>;
}

/** The step under which a checkpoint is stored. Names of steps can't begin with `@`. */
export const CHECKPOINT_STEP = '@checkpoint';
