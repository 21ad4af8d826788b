import { FinalError, type JobContext, type Json } from 'errand/jobs';

// Code of a job, in a project that has no package that only Errand needs.

/** Reads a file that a client uploaded. */
export async function bytesOf(payload: Json, { files, signal, log }: JobContext): Promise<number> {
  if (typeof payload !== 'string') throw new FinalError('The payload is no key of a file.');
  const { bytes } = await files.open(payload, signal);
  log.info('A file was read.', { bytes });
  return bytes;
}
