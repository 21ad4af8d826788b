import type { ServiceLog } from '../job/log.ts';

/** Discards the lines that Errand itself logs, so that a test's log contains only the job's lines. */
export const SILENT: ServiceLog = {
  debug: () => undefined,
  info: () => undefined,
  warn: () => undefined,
  error: () => undefined,
};
