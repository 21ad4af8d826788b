import type { JobType, JobTypes } from '../job/job-type.ts';
import { sleep } from './sleep.ts';

/** The type of a submission that names none. */
export const DEFAULT_JOB_TYPE = sleep.name;

/** Every job type of a deployment, by name. A new one is a file beside this one, and a place in this list. */
export function createJobTypes(): JobTypes {
  const jobTypes: JobType[] = [sleep];
  return new Map(jobTypes.map((jobType) => [jobType.name, jobType]));
}
