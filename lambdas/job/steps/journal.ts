import { FinalError } from '../errors.ts';
import { CHECKPOINT_STEP, type RecordedStep, type StepKind } from './step-store.ts';

/** A recorded step. `dueAt` is the end of the step's wait or back-off, in milliseconds on this process's clock. */
export interface KnownStep extends RecordedStep {
  readonly dueAt: number | null;
}

export function known(step: RecordedStep, now: number): KnownStep {
  return { ...step, dueAt: step.dueInMs === null ? null : now + step.dueInMs };
}

/** The `step` method for each kind of step. */
const CALL_OF: Readonly<Record<StepKind, string>> = {
  run: 'step.run',
  sleep: 'step.sleep',
  signal: 'step.waitForSignal',
  approval: 'step.approvalLink',
  submit: 'step.submit',
  result: 'step.result',
  map: 'step.map',
  checkpoint: 'checkpoint',
};

const REMEDY =
  'The code has changed since: restore it, or give the new code a new job type, or cancel the job and submit it again.';

/** The steps that earlier invocations recorded. Tracks which recorded steps this run has called. */
export class Journal {
  readonly #steps: ReadonlyMap<string, KnownStep>;
  /** Steps that ended in earlier invocations, and that the code still has to call. */
  readonly #unmet: Set<string>;

  constructor(steps: readonly RecordedStep[], now: number) {
    this.#steps = new Map(steps.map((step) => [step.step, known(step, now)]));
    const ended = steps.filter(
      ({ step, status, detail }) =>
        status !== 'waiting' && step !== CHECKPOINT_STEP && detail.isOptional !== true,
    );
    this.#unmet = new Set(ended.map(({ step }) => step));
  }

  /**
   * Finds the record of the step that the code is calling.
   *
   * @throws FinalError if the step was recorded as another kind of step
   */
  meet(step: string, kind: StepKind): KnownStep | undefined {
    const recorded = this.#steps.get(step);
    if (recorded && recorded.kind !== kind) {
      throw new FinalError(
        `The step "${step}" was recorded by ${CALL_OF[recorded.kind]}, and is now called with ${CALL_OF[kind]}. ${REMEDY}`,
      );
    }
    this.#unmet.delete(step);
    return recorded;
  }

  get(step: string): KnownStep | undefined {
    return this.#steps.get(step);
  }

  /**
   * Whether the code has called every recorded step that it must call. This is a method because TypeScript assumes that a
   * property doesn't change across an `await`.
   */
  isMet(): boolean {
    return this.#unmet.size === 0;
  }

  /** Creates an error naming the first recorded step that the code did not call. */
  mismatch(next?: string): FinalError {
    const [unmet = ''] = this.#unmet;
    const where = next === undefined ? 'the handler returned' : `the step "${next}" began`;
    return new FinalError(`The recorded step "${unmet}" was not called before ${where}. ${REMEDY}`);
  }
}
