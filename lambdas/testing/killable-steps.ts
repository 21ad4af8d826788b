import type { Step } from '../job/steps/step.ts';
import { CHECKPOINT_STEP, type RecordedStep, type StepStore } from '../job/steps/step-store.ts';
import type { KillableAttempt } from './killable-attempt.ts';

/** The name of the effect for step writes. */
export const STEP = 'context.step';

type Written = Promise<RecordedStep | undefined>;

/**
 * Wraps a step store so that writing a step can kill the handler, either before the step is recorded, or afterwards but before
 * the handler gets the response. Checkpoints don't count as effects, because their number depends on timing.
 */
export function killableStore(store: StepStore, killable: KillableAttempt): StepStore {
  const write = (step: string, state: string, perform: () => Written): Written => {
    // A killed worker doesn't write a final checkpoint.
    if (killable.hasDied()) return Promise.reject(new Error('The worker was killed.'));
    if (step === CHECKPOINT_STEP) return perform();
    const source = `step "${step}"`;
    return killable.make({
      ...{ effect: STEP, source, identity: `${step} ${state}`, isKeyed: true },
      perform,
    }) as Written;
  };
  return {
    // Recording a `map`'s results doesn't count as an effect, because a later attempt can read them from the children again.
    record: (writer, step) =>
      step.kind === 'map' && step.status === 'success'
        ? store.record(writer, step)
        : write(step.step, step.status, () => store.record(writer, step)),
    wait: (writer, wait) => write(wait.step, 'waiting', () => store.wait(writer, wait)),
    read: (...args) => store.read(...args),
    countChildren: (...args) => store.countChildren(...args),
    outcomes: (...args) => store.outcomes(...args),
  };
}

/** Wraps a job's steps so that their promises stay pending once the handler has been killed. */
export function killableStep(step: Step, killable: KillableAttempt): Step {
  const methods = Object.entries(step) as [string, (...args: unknown[]) => Promise<unknown>][];
  return Object.fromEntries(
    methods.map(([name, method]) => [
      name,
      (...args: unknown[]) => killable.unlessDead(() => method(...args)),
    ]),
  ) as unknown as Step;
}
