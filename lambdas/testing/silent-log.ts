import type { ServiceLog } from '../job/log.ts';

/** Takes the lines that Errand itself logs: the test sees only those of the job. */
export const SILENT: ServiceLog = {
  debug: () => undefined,
  info: () => undefined,
  warn: () => undefined,
  error: () => undefined,
};
