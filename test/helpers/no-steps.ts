import type { JobContext } from '../../lambdas/job/job-context.ts';

const refuse = (): Promise<never> => Promise.reject(new Error('This job has no steps.'));

/** The step functions in the context of a job without steps. All of them reject. */
export const NO_STEPS: Pick<JobContext, 'step' | 'checkpoint' | 'state'> = {
  step: {
    run: refuse,
    sleep: refuse,
    sleepUntil: refuse,
    waitForSignal: refuse,
    approvalLink: refuse,
    submit: refuse,
    result: refuse,
    map: refuse,
  },
  checkpoint: refuse,
  state: undefined,
};
