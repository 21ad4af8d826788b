import type { Schema } from '../errand-client.ts';

/** What the process ends with. */
export const EXIT = {
  /** The job succeeded, or what was asked for was done. */
  success: 0,
  failed: 1,
  /** The command was wrong, or the API refused it or could not be reached. */
  refused: 2,
  canceled: 3,
  /** The time to wait was over before the job had ended. */
  notEnded: 4,
} as const;

/** The exit code for a job that was waited for. */
export function exitCodeOf(status: Schema<'JobStatus'>): number {
  if (status === 'success' || status === 'failed' || status === 'canceled') return EXIT[status];
  return EXIT.notEnded;
}
