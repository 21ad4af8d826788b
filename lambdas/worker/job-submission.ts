import { createHash } from 'node:crypto';
import { createJobStore } from '../adapters/aurora/job-store.ts';
import { createSubmissionStore } from '../adapters/aurora/submission-store.ts';
import type { DataApi } from '../adapters/aurora/data-api.ts';
import { systemClock } from '../adapters/system.ts';
import { openActivity, openDedupWindow, openSubmissionRate } from '../composition/dynamodb.ts';
import type { Environment, environments } from '../environment.ts';
import type { ClaimedJob } from '../job/attempt-store.ts';
import type { JobQueue } from '../job/job-queue.ts';
import type { RunnableJobTypes } from '../job/job-type.ts';
import type { ServiceLog } from '../job/log.ts';
import type { SubmitFromJob } from '../job/job-context.ts';
import type { Tracer } from '../job/tracer.ts';
import { createSubmitChildren, type SubmitChildren } from '../job/steps/submit-children.ts';
import { createSubmitFromJob } from '../job/submit-from-job.ts';

export interface JobSubmissionOptions {
  readonly environment: Environment<(typeof environments)['worker']>;
  readonly dataApi: DataApi;
  readonly queue: JobQueue;
  readonly jobTypes: RunnableJobTypes;
  readonly log: ServiceLog;
  readonly tracer: Tracer | undefined;
}

/** Submits jobs on behalf of other jobs. */
export interface JobSubmission {
  /** Returns an attempt's `submit` function. */
  submitOf(job: ClaimedJob): SubmitFromJob;
  /** Returns the functions that a job's steps use to submit its children. */
  childrenOf(job: ClaimedJob): SubmitChildren;
}

/** Creates the dependencies of jobs that submit other jobs. This module is loaded when a job first submits another job. */
export function createJobSubmission({
  environment,
  dataApi,
  queue,
  jobTypes,
  log,
  tracer,
}: JobSubmissionOptions): JobSubmission {
  const ports = {
    jobTypes,
    queue,
    log,
    tracer,
    clock: systemClock,
    digest: (text: string) => new Uint8Array(createHash('sha256').update(text).digest()),
    timeoutOf: (name: string) => environment.queueTimeouts.get(name),
    submissions: createSubmissionStore(dataApi),
    store: createJobStore(dataApi, [...environment.queueUrls.keys()]),
    dedup: openDedupWindow(environment),
    dedupWindowSeconds: environment.dedupWindow,
    retentionDays: environment.retentionDays,
    activity: openActivity(environment),
    limits: {
      maxJobsInFlight: environment.tenantMaxJobsInFlight,
      rate: openSubmissionRate(environment),
    },
  };
  return {
    submitOf: (job) => createSubmitFromJob(job, ports),
    childrenOf: (job) => createSubmitChildren(job, ports),
  };
}
