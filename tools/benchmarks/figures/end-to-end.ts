import { setTimeout as wait } from 'node:timers/promises';
import { openHttpClient, type HttpClient } from '../http-client.ts';
import { onLines, submission, type Workload } from './workload.ts';

const CONNECTIONS = 4;
const BATCH = 100;

const WARM_UP_JOBS = 400;
const JOBS = 3_000;

/** The polling interval for the number of successful jobs, in milliseconds. */
const POLL_MS = 50;

/** How long to wait for another success before the remaining jobs count as lost, in milliseconds. */
const PATIENCE_MS = 30_000;

/** Runs many empty jobs, and measures the time from the first submission to the last success. */
export const endToEnd: Workload = {
  name: 'end-to-end',
  rounds: 5,
  settings: { JOB_BATCH_SIZE: '10' },
  reads: {
    rate: {
      what: 'end to end, jobs a second',
      unit: 'jobs/s',
      better: 'higher',
      ratios: [{ to: 'graphile-worker', atLeast: 0.5 }],
    },
  },
  async run({ url }, { quick, signal }) {
    const client = openHttpClient(url, CONNECTIONS + 1);
    try {
      await drain(client, WARM_UP_JOBS, signal);
      const jobs = quick ? 400 : JOBS;
      const startedAt = performance.now();
      await drain(client, jobs, signal);
      return { rate: jobs / ((performance.now() - startedAt) / 1000) };
    } finally {
      client.end();
    }
  },
};

/** Submits jobs in batches, and waits until all have succeeded. */
export async function drain(client: HttpClient, jobs: number, signal: AbortSignal): Promise<void> {
  const before = await succeeded(client);
  let left = jobs;
  const submitted = onLines(
    CONNECTIONS,
    () => left <= 0 || signal.aborted,
    async () => {
      const size = Math.min(BATCH, left);
      left -= size;
      await client.call('POST', '/v1/jobs/batch', { jobs: Array.from({ length: size }, () => submission()) });
    },
  );
  await Promise.all([submitted, untilSucceeded(client, before + jobs, signal)]);
}

async function untilSucceeded(client: HttpClient, wanted: number, signal: AbortSignal): Promise<void> {
  let [last, movedAt] = [-1, performance.now()];
  for (;;) {
    signal.throwIfAborted();
    const now = await succeeded(client);
    if (now >= wanted) return;
    if (now !== last) [last, movedAt] = [now, performance.now()];
    if (performance.now() - movedAt > PATIENCE_MS) {
      throw new Error(
        `${wanted - now} jobs are still unfinished, and no job has succeeded for ${PATIENCE_MS / 1000} s.`,
      );
    }
    await wait(POLL_MS);
  }
}

async function succeeded(client: HttpClient): Promise<number> {
  const { jobs } = await client.call<{ jobs: { by_status: { success: number } } }>('GET', '/v1/stats');
  return jobs.by_status.success;
}
