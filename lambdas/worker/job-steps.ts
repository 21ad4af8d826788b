import { createSignalStore } from '../adapters/aurora/signal-store.ts';
import { createStepStore } from '../adapters/aurora/step-store.ts';
import type { DataApi } from '../adapters/aurora/data-api.ts';
import { systemClock } from '../adapters/system.ts';
import { createApprovalLinks } from '../approval/approval-token.ts';
import type { OpenSteps } from '../job/steps/attempt-steps.ts';
import { createSteps } from '../job/steps/create-steps.ts';
import type { SubmitChildren } from '../job/steps/submit-children.ts';
import { loadOnce } from '../lazy.ts';
import type { JobSubmission } from './job-submission.ts';

export interface JobStepsOptions {
  readonly dataApi: DataApi;
  /** The base URL of approval links. */
  readonly approvalsUrl: string | undefined;
  /** Loads the dependencies for submitting jobs. */
  readonly jobSubmission: () => Promise<JobSubmission>;
}

/** Creates the function that opens an attempt's steps. This module is loaded for the first job that has steps. */
export function createJobSteps({ dataApi, approvalsUrl: url, jobSubmission }: JobStepsOptions): OpenSteps {
  const signals = createSignalStore(dataApi);
  const ports = {
    store: createStepStore(dataApi),
    clock: systemClock,
    approvalLink: createApprovalLinks({ url, approvalKey: loadOnce(() => signals.approvalKey()) }),
    childrenOf: (job: Parameters<JobSubmission['childrenOf']>[0]): SubmitChildren => ({
      submit: async (...child) => (await jobSubmission()).childrenOf(job).submit(...child),
      prepareMap: async (...map) => (await jobSubmission()).childrenOf(job).prepareMap(...map),
    }),
  };
  return (attempt) => createSteps(attempt, ports);
}
