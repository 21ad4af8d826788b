import type { EndedJobsStore } from '../../../lambdas/job/ended-jobs.ts';

/** A store for jobs without a batch, parent or children, which need no follow-up work when they end. */
export const WITHOUT_FOLLOWERS: EndedJobsStore = {
  onCompleteJobs: () => Promise.reject(new Error('No job has a batch.')),
  wakeParents: () => Promise.reject(new Error('No job has a parent.')),
  cancelChildren: () => Promise.reject(new Error('No job has children.')),
};
