import type { JobTypes } from '../job/job-type.ts';
import { sleep } from './sleep.ts';

/** Every job type of this deployment. A new one is a file beside this one, and a place in this list. */
const JOB_TYPES = [sleep];

/** The type of a submission that names none. */
export const DEFAULT_JOB_TYPE = sleep.name;

export const jobTypes: JobTypes = new Map(JOB_TYPES.map((jobType) => [jobType.name, jobType]));
