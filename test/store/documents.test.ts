import { describe, expect, it } from '@jest/globals';
import type { Json } from '../../lambdas/job/job.ts';
import { MAX_DOCUMENT_BYTES } from '../../lambdas/job/job.ts';
import { useJobDatabase } from '../helpers/job-database.ts';
import { newJob, result, TENANT } from './job-rows.ts';

const db = useJobDatabase();

/** Returns the longest array that repeats `element` and still fits in a document. */
function largest(element: Json): Json[] {
  const bytes = Buffer.byteLength(JSON.stringify(element)) + 1;
  return Array<Json>(Math.floor((MAX_DOCUMENT_BYTES - 2) / bytes)).fill(element);
}

const DOCUMENTS: [string, Json][] = [
  ['one long text', 'x'.repeat(MAX_DOCUMENT_BYTES - 2)],
  ['a string of four-byte characters', '😀'.repeat((MAX_DOCUMENT_BYTES - 2) / 4)],
  ['a string of escaped characters', '"\\'.repeat((MAX_DOCUMENT_BYTES - 2) / 4)],
  ['many small values', largest(0)],
  ['many small objects', largest({ a: 1 })],
  ['numbers with large exponents', largest(1e300)],
  ['numbers with small exponents', largest(5e-324)],
];

describe('the largest payload and result, consisting of', () => {
  it.each(DOCUMENTS)('%s, are returned complete', async (_what, document) => {
    expect(Buffer.byteLength(JSON.stringify(document))).toBeLessThanOrEqual(MAX_DOCUMENT_BYTES);
    const job = newJob({ payload: document });
    await db.jobs.insert([job]);
    expect((await db.jobs.get(TENANT, job.job_id))?.payload).toEqual(document);

    const [claim] = await db.attempts.claim([job.job_id], 'worker', 60_000);
    expect(claim?.verdict === 'claimed' && claim.job.payload).toEqual(document);

    await db.attempts.record([result(job.job_id, { result: document })]);
    expect(await db.jobs.get(TENANT, job.job_id)).toMatchObject({ status: 'success' });
    expect((await db.jobs.get(TENANT, job.job_id))?.payload).toEqual(document);
    expect((await db.jobs.get(TENANT, job.job_id))?.result).toEqual(document);
  });
});

describe('ten jobs with the largest payload', () => {
  it('are claimed in one batch, each with its own payload', async () => {
    const jobs = Array.from({ length: 10 }, (_, index) =>
      newJob({ payload: String(index).repeat(MAX_DOCUMENT_BYTES - 2) }),
    );
    for (const job of jobs) await db.jobs.insert([job]);
    const claims = await db.attempts.claim(
      jobs.map(({ job_id: jobId }) => jobId),
      'worker',
      60_000,
    );
    const payloads = new Map(
      claims.map((claim) => [claim.jobId, claim.verdict === 'claimed' && claim.job.payload]),
    );
    for (const job of jobs) expect(payloads.get(job.job_id) === job.payload).toBe(true);
  });
});
