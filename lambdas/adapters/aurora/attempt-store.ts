import { DEFAULT_QUEUE } from '../../job/definition.ts';
import type { Json } from '../../job/job.ts';
import type { AttemptStore, Claim, LostAttempt } from '../../job/attempt-store.ts';
import type { Signing } from '../../job/job-context.ts';
import type { TraceContext } from '../../job/trace-context.ts';
import type { JobStatus } from '../../job/status.ts';
import type { RecordedStep } from '../../job/steps/step-store.ts';
import type { DataApi } from './data-api.ts';
import { endedJobsOf, familyOf, type FamilyRow } from './ended-jobs.ts';
import { CLAIM_JOBS } from './sql/claim-jobs.ts';
import { readDocument } from './whole-job.ts';
import { madeRoom, type WokenJob } from './woken-jobs.ts';
import { BEAT, BEAT_WITH_LOGS, RECORD_RESULTS } from './sql/record-results.ts';

/** One row of {@link CLAIM_JOBS}. */
interface ClaimRow extends FamilyRow {
  job_id: string;
  verdict: 'claimed' | 'waiting' | 'parked' | 'yielded' | 'leased' | 'finished';
  /** Whether the job yielded because it or another job must run alone. */
  put_off: true | null;
  /** Whether the claimed job is a suspect and must run alone. */
  alone: true | null;
  in_ms: number | null;
  waited_ms: number | null;
  lost: { attempt: number; status: LostAttempt['status'] } | null;
  callback_job_id: string | null;
  /** The job's batch, if this claim ended the job. */
  batch_id: string | null;
  tenant: string;
  type: string;
  queue: string;
  attempt: number;
  fence: number;
  woken: WokenJob[] | null;
  max_attempts: number;
  timeout_seconds: number;
  payload_in_parts: boolean;
  payload: Json;
  signing: Signing | null;
  trace: TraceContext | null;
  /** Null for a job without recorded steps. */
  steps: RecordedStep[] | null;
  /** Whether the job has recorded steps that did not fit into this row. */
  steps_in_parts: boolean | null;
  log_part: number | null;
}

/** One row of {@link RECORD_RESULTS}. */
interface RecordRow extends FamilyRow {
  job_id: string;
  recorded: boolean;
  status: JobStatus;
  is_parked: true | null;
  in_ms: number;
  /** Set if this result ended the job. */
  lifetime_ms: number | null;
  callback_job_id: string | null;
  woken: WokenJob[] | null;
  batch_id: string | null;
}

/** Gives the worker access to jobs in Aurora. */
export function createAttemptStore(dataApi: DataApi): AttemptStore {
  /**
   * Reads a job's steps if they did not fit into its row. The required module is loaded on first use, to keep cold starts
   * short.
   */
  async function readAllSteps(jobId: string): Promise<RecordedStep[]> {
    const { readSteps } = await import('./step-store.ts');
    return readSteps(jobId, dataApi);
  }

  async function toClaim(row: ClaimRow): Promise<Claim> {
    const { job_id: jobId, verdict } = row;
    const lost = row.lost && { lost: { ...row.lost, tenant: row.tenant, type: row.type } };
    switch (verdict) {
      case 'finished':
        return {
          jobId,
          verdict,
          ...lost,
          ...(row.callback_job_id && {
            callback: { jobId: row.callback_job_id, tenant: row.tenant, queue: DEFAULT_QUEUE },
          }),
          ...(row.batch_id !== null && { endedIn: { tenant: row.tenant, batchId: row.batch_id } }),
          ...familyOf(row),
        };
      case 'waiting':
        return { jobId, verdict, dueInMs: row.in_ms ?? 0, ...lost };
      case 'parked':
        return { jobId, verdict, ...lost };
      case 'yielded':
        return row.put_off
          ? { jobId, verdict: 'putOff', job: { jobId, tenant: row.tenant, queue: row.queue } }
          : { jobId, verdict, ...lost };
      case 'leased':
        return { jobId, verdict, leaseEndsInMs: row.in_ms ?? 0 };
      case 'claimed': {
        const steps = row.steps_in_parts ? await readAllSteps(jobId) : row.steps;
        return {
          jobId,
          verdict,
          ...lost,
          ...(row.alone && { runsAlone: true }),
          job: {
            jobId,
            tenant: row.tenant,
            type: row.type,
            queue: row.queue,
            payload: row.payload_in_parts ? await readDocument('payload', jobId, dataApi) : row.payload,
            attempt: row.attempt,
            fence: row.fence,
            maxAttempts: row.max_attempts,
            timeoutSeconds: row.timeout_seconds,
            ...(row.waited_ms !== null && { waitedMs: row.waited_ms }),
            ...(row.signing && { signing: row.signing }),
            ...(row.trace && { trace: row.trace }),
            ...(steps && { steps }),
            ...(row.log_part !== null && { firstLogPart: row.log_part }),
          },
        };
      }
    }
  }

  return {
    ...endedJobsOf(dataApi),

    async claim(jobIds, worker, leaseMs) {
      const rows = await dataApi.query<ClaimRow>(CLAIM_JOBS, {
        job_ids: JSON.stringify(jobIds),
        worker,
        lease_ms: Math.ceil(leaseMs),
      });
      const claims = await Promise.all(
        rows.map(async (row) => ({ ...(await toClaim(row)), ...madeRoom(row.woken) })),
      );
      const found = new Set(claims.map(({ jobId }) => jobId));
      const unknown = jobIds.filter((jobId) => !found.has(jobId));
      return [...claims, ...unknown.map((jobId): Claim => ({ jobId, verdict: 'unknown' }))];
    },

    async beat(beats) {
      const statement = beats.some(({ logs }) => logs) ? BEAT_WITH_LOGS : BEAT;
      const rows = await dataApi.query<{ job_id: string; reason: 'canceled' | 'superseded' }>(statement, {
        beats: JSON.stringify(beats),
      });
      return rows.map(({ job_id, reason }) => ({ jobId: job_id, reason }));
    },

    async record(results) {
      const rows = await dataApi.query<RecordRow>(RECORD_RESULTS, { results: JSON.stringify(results) });
      return rows.map((row) => ({
        jobId: row.job_id,
        recorded: row.recorded,
        status: row.status,
        ...(row.is_parked && { isParked: true }),
        dueInMs: row.in_ms,
        ...(row.lifetime_ms !== null && { lifetimeMs: row.lifetime_ms }),
        callbackJobId: row.callback_job_id,
        ...madeRoom(row.woken),
        ...(row.batch_id !== null && { batchId: row.batch_id }),
        ...familyOf(row),
      }));
    },
  };
}
