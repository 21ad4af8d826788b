import { StoreUnavailableError, ThrottledError } from '../errors.ts';
import type { AttemptSteps } from './attempt-steps.ts';
import { approvalLink } from './approval-link.ts';
import { Checkpoints } from './checkpoints.ts';
import { mapItems, resultOfChild, submitChild } from './children.ts';
import { StepEngine, type AttemptOfSteps, type StepPorts } from './engine.ts';
import { runStep } from './run-step.ts';
import type { Step } from './step.ts';
import { sleep, sleepUntil, waitForSignal } from './waits.ts';

/** Creates the steps of one attempt, for use in this invocation. */
export async function createSteps(attempt: AttemptOfSteps, ports: StepPorts): Promise<AttemptSteps> {
  const engine = new StepEngine(attempt, ports);
  const checkpoints = new Checkpoints(engine);
  // The caller declares the result's type, because the result may be read from a record, which is JSON without types.
  const step = {
    run: (...args: Parameters<Step['run']>) => runStep(engine, ...args),
    sleep: (...args: Parameters<Step['sleep']>) => sleep(engine, ...args),
    sleepUntil: (...args: Parameters<Step['sleepUntil']>) => sleepUntil(engine, ...args),
    waitForSignal: (...args: Parameters<Step['waitForSignal']>) => waitForSignal(engine, ...args),
    approvalLink: (...args: Parameters<Step['approvalLink']>) => approvalLink(engine, ...args),
    submit: (...args: Parameters<Step['submit']>) => submitChild(engine, ...args),
    result: (...args: Parameters<Step['result']>) => resultOfChild(engine, ...args),
    map: (...args: Parameters<Step['map']>) => mapItems(engine, ...args),
  } as Step;
  return {
    step,
    checkpoint: (state) => checkpoints.checkpoint(state),
    state: await stateOf(checkpoints),
    ending: engine.invocation.ending,
    close: () => {
      engine.invocation.close();
    },
    mismatch: () => (engine.journal.isMet() ? undefined : engine.journal.mismatch()),
    flush: () => checkpoints.flush(),
  };
}

/** @throws ThrottledError if the store is unavailable, so that the failed read doesn't use up one of the job's attempts */
async function stateOf(checkpoints: Checkpoints): Promise<unknown> {
  try {
    return await checkpoints.recorded();
  } catch (error) {
    if (error instanceof StoreUnavailableError) throw new ThrottledError(error.message, { cause: error });
    throw error;
  }
}
