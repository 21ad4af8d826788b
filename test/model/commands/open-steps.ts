import { createHash } from 'node:crypto';
import { createStepStore } from '../../../lambdas/adapters/aurora/step-store.ts';
import type { OpenSteps } from '../../../lambdas/job/steps/attempt-steps.ts';
import { createSteps } from '../../../lambdas/job/steps/create-steps.ts';
import type { StepStore } from '../../../lambdas/job/steps/step-store.ts';
import { createSubmitChildren } from '../../../lambdas/job/steps/submit-children.ts';
import type { Actor } from '../world/actors.ts';
import type { World } from '../world/world.ts';
import { portsOf } from './api.ts';

/** The workers' instance number. Each instance has its own activity log. The other functions' instances have lower numbers. */
const INSTANCE = 3;

/** Returns the function that opens the steps of a worker's attempts. */
export function openStepsOf(world: World, actor: Actor): OpenSteps {
  const submitPorts = {
    ...portsOf(world, actor, INSTANCE),
    jobTypes: world.jobTypes(actor),
    timeoutOf: () => 46,
    digest: (text: string) => new Uint8Array(createHash('sha256').update(text).digest()),
    retentionDays: 3650,
  };
  return (attempt) =>
    createSteps(attempt, {
      store: watchedStore(world, actor),
      clock: world.clock,
      childrenOf: (job) => createSubmitChildren(job, submitPorts),
      approvalLink: () => Promise.reject(new Error('No job of the model asks for an approval.')),
    });
}

/** Creates an actor's step store, which records the acknowledged results in the world. */
function watchedStore(world: World, actor: Actor): StepStore {
  const store = createStepStore(world.dataApi(actor));
  return {
    ...store,
    async record(writer, step) {
      const recorded = await store.record(writer, step);
      if (recorded?.kind === 'run' && recorded.status === 'success')
        world.recordedSteps.set(`${writer.jobId} ${step.step}`, recorded.result);
      return recorded;
    },
  };
}
