import { jobOperations } from './operations/jobs.ts';
import { messageOperations } from './operations/messages.ts';
import { scheduleOperations } from './operations/schedules.ts';
import { uploadOperations } from './operations/uploads.ts';
import { serviceOperations } from './operations/service.ts';

/** Every operation of the API, in the order of the document. */
export const operations = [
  ...jobOperations,
  ...uploadOperations,
  ...scheduleOperations,
  ...messageOperations,
  ...serviceOperations,
];
