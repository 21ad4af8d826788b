import type { EndedJobsStore } from '../../../lambdas/job/ended-jobs.ts';

/** A store for jobs that have no batch, parent or children, so that their end has no consequences. */
export const WITHOUT_FOLLOWERS: EndedJobsStore = {
  onCompleteJobs: () => Promise.reject(new Error('No job has a batch.')),
  wakeParents: () => Promise.reject(new Error('No job has a parent.')),
  cancelChildren: () => Promise.reject(new Error('No job has children.')),
};
