import type { Json } from '../../job/job.ts';
import type { AttemptStore, Claim } from '../../job/ports.ts';
import type { JobStatus } from '../../job/status.ts';
import type { DataApi } from './data-api.ts';
import { CLAIM_JOBS } from './sql/claim-jobs.ts';
import { readDocument } from './whole-job.ts';
import { MUST_STOP, RECORD_RESULTS } from './sql/record-results.ts';

/** One row of {@link CLAIM_JOBS}. */
interface ClaimRow {
  job_id: string;
  verdict: 'claimed' | 'waiting' | 'leased' | 'finished';
  in_ms: number | null;
  type: string;
  attempt: number;
  max_attempts: number;
  timeout_seconds: number;
  payload_in_parts: boolean;
  payload: Json;
}

/** The worker's view of the jobs, in Aurora. */
export function createAttemptStore(dataApi: DataApi): AttemptStore {
  async function toClaim(row: ClaimRow): Promise<Claim> {
    const { job_id: jobId, verdict } = row;
    switch (verdict) {
      case 'finished':
        return { jobId, verdict };
      case 'waiting':
        return { jobId, verdict, dueInMs: row.in_ms ?? 0 };
      case 'leased':
        return { jobId, verdict, leaseEndsInMs: row.in_ms ?? 0 };
      case 'claimed':
        return {
          jobId,
          verdict,
          job: {
            jobId,
            type: row.type,
            payload: row.payload_in_parts ? await readDocument('payload', jobId, dataApi) : row.payload,
            attempt: row.attempt,
            maxAttempts: row.max_attempts,
            timeoutSeconds: row.timeout_seconds,
          },
        };
    }
  }

  return {
    async claim(jobIds, worker, leaseMs) {
      const rows = await dataApi.query<ClaimRow>(CLAIM_JOBS, {
        job_ids: JSON.stringify(jobIds),
        worker,
        lease_ms: Math.ceil(leaseMs),
      });
      const claims = await Promise.all(rows.map(toClaim));
      const found = new Set(claims.map(({ jobId }) => jobId));
      const unknown = jobIds.filter((jobId) => !found.has(jobId));
      return [...claims, ...unknown.map((jobId): Claim => ({ jobId, verdict: 'unknown' }))];
    },

    async mustStop(running) {
      const rows = await dataApi.query<{ job_id: string; reason: 'canceled' | 'superseded' }>(MUST_STOP, {
        running: JSON.stringify(running.map(({ jobId, attempt }) => ({ jobId, attempt }))),
      });
      return rows.map(({ job_id, reason }) => ({ jobId: job_id, reason }));
    },

    async record(results) {
      const rows = await dataApi.query<{
        job_id: string;
        recorded: boolean;
        status: JobStatus;
        in_ms: number;
      }>(RECORD_RESULTS, { results: JSON.stringify(results) });
      return rows.map(({ job_id, recorded, status, in_ms }) => ({
        jobId: job_id,
        recorded,
        status,
        dueInMs: in_ms,
      }));
    },
  };
}
