import type { Service } from '../contenders/service.ts';
import type { RunOptions } from '../rounds.ts';
import { openHttpClient, type HttpClient } from '../http-client.ts';
import { cpuSeconds } from '../processes.ts';
import { after, onLines, submission, type Workload } from './workload.ts';

/** The jobs' delay, in seconds. No job becomes due during the benchmark, so only the acceptance of jobs is measured. */
const DELAY_SECONDS = 600;

const WARM_UP_MS = 3_000;
const MEASURED_MS = 4_000;

const CONNECTIONS = 16;
const BATCH_CONNECTIONS = 4;
const BATCH = 100;

/** Accepts one job per request. */
export const accepts: Workload = {
  name: 'accepts',
  rounds: 5,
  reads: {
    rate: {
      what: `accepts a second, ${CONNECTIONS} connections`,
      unit: 'jobs/s',
      better: 'higher',
      ratios: [{ to: 'pg-boss', atLeast: 0.5 }],
    },
    cpu: { what: 'processor time of one accept, service and store', unit: 'ms', better: 'lower' },
  },
  run: (service, options) =>
    accepting(service, options, CONNECTIONS, 1, async (client) => {
      await client.call('POST', '/v1/jobs', submission(DELAY_SECONDS));
    }),
};

/** Accepts a hundred jobs per request. */
export const batches: Workload = {
  name: 'batches',
  rounds: 5,
  reads: {
    rate: {
      what: `accepts a second, in batches of ${BATCH}, ${BATCH_CONNECTIONS} connections`,
      unit: 'jobs/s',
      better: 'higher',
      ratios: [{ to: 'pg-boss', atLeast: 0.25 }],
    },
    cpu: { what: `processor time of one accept in a batch of ${BATCH}`, unit: 'ms', better: 'lower' },
  },
  run: (service, options) =>
    accepting(service, options, BATCH_CONNECTIONS, BATCH, async (client) => {
      const jobs = Array.from({ length: BATCH }, () => submission(DELAY_SECONDS));
      const { items } = await client.call<{ items: object[] }>('POST', '/v1/jobs/batch', { jobs });
      const refused = items.find((item) => !('job' in item));
      if (refused) throw new Error(`A job of a batch was refused: ${JSON.stringify(refused)}`);
    }),
};

/** Measures jobs per second, and CPU milliseconds per job across all processes of the service. */
async function accepting(
  { url, roots }: Service,
  { quick, signal }: RunOptions,
  connections: number,
  jobsPerRequest: number,
  send: (client: HttpClient) => Promise<void>,
): Promise<Readonly<Record<string, number>>> {
  const client = openHttpClient(url, connections);
  const sendFor = (milliseconds: number): Promise<number> => {
    const isLate = after(quick ? milliseconds / 4 : milliseconds);
    return onLines(
      connections,
      () => isLate() || signal.aborted,
      () => send(client),
    );
  };
  try {
    await sendFor(WARM_UP_MS);
    const [startedAt, cpuBefore] = [performance.now(), await cpuSeconds(roots)];
    const jobs = (await sendFor(MEASURED_MS)) * jobsPerRequest;
    const [seconds, cpuAfter] = [(performance.now() - startedAt) / 1000, await cpuSeconds(roots)];
    return { rate: jobs / seconds, cpu: ((cpuAfter - cpuBefore) / jobs) * 1000 };
  } finally {
    client.end();
  }
}
