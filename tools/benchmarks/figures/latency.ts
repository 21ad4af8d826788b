import { setTimeout as wait } from 'node:timers/promises';
import { openHttpClient, type HttpClient } from '../http-client.ts';
import { quantile } from '../statistics.ts';
import { submission, type Workload } from './workload.ts';

/**
 * The polling interval for a job's status, in milliseconds. The benchmark does not use `?wait`: Errand's first poll would come only after 50 ms,
 * and that delay would dominate the measurement.
 */
const POLL_MS = 2;

const WARM_UP_JOBS = 30;
const JOBS = 150;

/** Runs one job at a time, and measures the time from its submission to the response with `success`. */
export const latency: Workload = {
  name: 'latency',
  rounds: 7,
  reads: {
    p50: {
      what: 'submit to success, one at a time: p50',
      unit: 'ms',
      better: 'lower',
      ratios: [{ to: 'pg-boss', atMost: 2 }],
    },
    p99: { what: 'submit to success, one at a time: p99', unit: 'ms', better: 'lower' },
  },
  async run({ url }, { quick, signal }) {
    const client = openHttpClient(url, 1);
    try {
      const times: number[] = [];
      const jobs = quick ? 10 : JOBS;
      for (let job = -WARM_UP_JOBS; job < jobs; job += 1) {
        signal.throwIfAborted();
        const milliseconds = await oneJob(client);
        if (job >= 0) times.push(milliseconds);
      }
      return { p50: quantile(times, 0.5), p99: quantile(times, 0.99) };
    } finally {
      client.end();
    }
  },
};

async function oneJob(client: HttpClient): Promise<number> {
  const startedAt = performance.now();
  const { job_id: jobId } = await client.call<{ job_id: string }>('POST', '/v1/jobs', submission());
  for (;;) {
    const { status } = await client.call<{ status: string }>('GET', `/v1/jobs/${jobId}`);
    if (status === 'success') return performance.now() - startedAt;
    if (status === 'failed') throw new Error(`Job ${jobId} failed.`);
    await wait(POLL_MS);
  }
}
