import type { Schema } from 'errand-client';
import { FinalError, type JobContext, type Json } from 'errand/jobs';

// A job's code in its own file. The file must compile even if the packages that only Errand uses are not installed.

/** Reads a file that a client uploaded. */
export async function bytesOf(payload: Json, { files, signal, log }: JobContext): Promise<number> {
  if (typeof payload !== 'string') throw new FinalError("The payload is not a file's key.");
  const { bytes } = await files.open(payload, signal);
  log.info('A file was read.', { bytes });
  return bytes;
}

/** Uses the client's type for a job. */
export function hasFailed(job: Schema<'Job'>): boolean {
  return job.status === 'failed';
}
