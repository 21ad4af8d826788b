import type { Json } from '../job.ts';

export type StepKind = 'run' | 'sleep' | 'signal' | 'approval' | 'submit' | 'result' | 'map' | 'checkpoint';

/** A recorded step. */
export interface RecordedStep {
  /** The step's name, with an index if the name was already used in the same run: `charge`, `charge#2`. */
  step: string;
  kind: StepKind;
  /** A sleep has ended if `dueInMs` is zero or negative, but its status stays `waiting`. */
  status: 'waiting' | 'success' | 'failed';
  /** The number of failed calls to the step's function. */
  failures: number;
  /**
   * Milliseconds until the step's wait or back-off ends; zero or negative if it has ended. Null if the step does not
   * wait.
   */
  dueInMs: number | null;
  /** Whether a wait for a signal timed out. */
  timedOut: boolean;
  /**
   * Data about the step: the signal's name for `signal`, the child's id for `result` and `submit`, the number of items for
   * `map`.
   */
  detail: StepDetail;
  result: Json;
  /**
   * Whether the claim's response omitted the result because the result was too large. Use {@link StepStore.read} to read
   * the result.
   */
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
  /** The worker version that recorded the step, if the job is pinned to that version. */
  version?: string;
  /**
   * Whether the code may skip this step. Skipping is allowed after a client's retry has repeated an earlier step, because
   * that step's new result can lead the code down another path.
   */
  isOptional?: boolean;
}

/** The attempt that writes a step. The write succeeds only while the attempt has the job's current fencing token. */
export interface StepWriter {
  jobId: string;
  attempt: number;
  fence: number;
}

/** A step to record: a new row, or a new state of an existing row. A step that has succeeded or failed never changes. */
export interface NewStep {
  step: string;
  kind: 'run' | 'approval' | 'submit' | 'map' | 'checkpoint';
  status: RecordedStep['status'];
  failures: number;
  /**
   * The duration of the call to the step's function, in milliseconds. When the first call is recorded, the store uses
   * this duration to calculate when the step began.
   */
  tookMs?: number;
  /** Milliseconds until the step runs again after a back-off, or until an approval link expires. */
  dueInMs?: number;
  detail?: StepDetail;
  result?: Json;
  message?: string;
}

/** A wait that a step begins, or that a continued attempt reaches again. */
export type Wait = Pick<StepDetail, 'version'> &
  (
    | { step: string; kind: 'sleep'; forMs: number }
    /** Without a timeout, the wait ends when the job reaches its maximum duration. */
    | { step: string; kind: 'signal'; signal: string; timeoutMs?: number }
    | { step: string; kind: 'result'; childJobId: string; childStep: string }
    | { step: string; kind: 'map'; total: number; type: string }
  );

/** Returns a wait's maximum duration, in milliseconds; null if only the job's maximum duration limits the wait. */
export function durationOfWait(wait: Wait): number | null {
  if (wait.kind === 'sleep') return wait.forMs;
  return wait.kind === 'signal' ? (wait.timeoutMs ?? null) : null;
}

/** Returns the details to record for a wait. */
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

/** A child's outcome. */
export interface ChildOutcome {
  jobId: string;
  status: 'success' | 'failed' | 'canceled';
  message: string | null;
  result: Json;
}

/** Stores the steps of running jobs. Every write is idempotent and consists of a single statement. */
export interface StepStore {
  /** @returns the recorded step; undefined if another attempt has taken over the job */
  record(writer: StepWriter, step: NewStep): Promise<RecordedStep | undefined>;
  /**
   * Begins a wait, or ends the wait if its condition is met. A wait for a signal takes the oldest signal with that name
   * that no other step has taken. A wait for a child copies the child's outcome. The result of an ended `map` is not
   * included: read the children's outcomes with {@link StepStore.outcomes}, and record them.
   *
   * @returns the recorded step; undefined if another attempt has taken over the job
   */
  wait(writer: StepWriter, wait: Wait): Promise<RecordedStep | undefined>;
  /** Reads a step with its result. */
  read(jobId: string, step: string): Promise<RecordedStep | undefined>;
  /** Counts the children that a step has submitted. */
  countChildren(jobId: string, step: string): Promise<number>;
  /**
   * Reads the outcomes of a step's children from `offset` on, in the order of their items. Returns as many outcomes as
   * fit into one response, and at least one if any are left.
   */
  outcomes(jobId: string, step: string, offset: number): Promise<ChildOutcome[]>;
}

/** The name of the step that stores a checkpoint. Users' step names can't begin with `@`. */
export const CHECKPOINT_STEP = '@checkpoint';
