import { jobOperations } from './operations/jobs.ts';
import { uploadOperations } from './operations/uploads.ts';
import { serviceOperations } from './operations/service.ts';

/** Every operation of the API, in the order of the document. */
export const operations = [...jobOperations, ...uploadOperations, ...serviceOperations];
