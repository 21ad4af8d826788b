import { FinalError, type JobContext, type Json } from 'errand/jobs';

// A job's code in a project without the packages that only Errand needs.

/** Reads a file that a client uploaded. */
export async function bytesOf(payload: Json, { files, signal, log }: JobContext): Promise<number> {
  if (typeof payload !== 'string') throw new FinalError("The payload is not a file's key.");
  const { bytes } = await files.open(payload, signal);
  log.info('A file was read.', { bytes });
  return bytes;
}
