import type { Job, Json } from '../../job/job.ts';
import type { DataApi } from './data-api.ts';
import { readParts } from './sql/read-jobs.ts';

/** One row with {@link JOB_DOCUMENT}. */
export type JobRow = Job & { payload_in_parts: boolean; result_in_parts: boolean };

/** Reads a payload or result that did not fit into the job's row, and adds it to the job. */
export async function toWholeJob(row: JobRow, dataApi: DataApi): Promise<Job> {
  const { payload_in_parts: payloadInParts, result_in_parts: resultInParts, ...job } = row;
  if (payloadInParts) job.payload = await readDocument('payload', job.job_id, dataApi);
  if (resultInParts) job.result = await readDocument('result', job.job_id, dataApi);
  return job;
}

/** Reads a payload or result of any accepted size. */
export async function readDocument(
  column: 'payload' | 'result',
  jobId: string,
  dataApi: DataApi,
): Promise<Json> {
  const parts = await dataApi.queryText(readParts(column), { job_id: jobId });
  return JSON.parse(parts.join('') || 'null') as Json;
}
