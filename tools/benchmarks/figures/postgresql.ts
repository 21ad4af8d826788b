import { figureOf } from '../figure.ts';
import { openHttpClient, type HttpClient } from '../http-client.ts';
import { cpuSeconds, findProcess } from '../processes.ts';
import { drain } from './end-to-end.ts';
import { workloadProbe } from './services.ts';
import { onLines, submission, type Workload } from './workload.ts';

const CONNECTIONS = 4;

/** The number of warm-up jobs. The warm-up is needed because each connection plans statements and loads functions during its first calls. */
const WARM_UP_JOBS = 200;
const JOBS = 800;

/** The jobs' delay, in seconds. No job becomes due while the benchmark accepts jobs. */
const DELAY_SECONDS = 600;

/** Measures the cost of the statements: PostgreSQL's CPU time per job. */
const statements: Workload = {
  name: 'postgresql',
  rounds: 5,
  reads: {
    accept: { what: "PostgreSQL's processor time of one accept", unit: 'ms', better: 'lower' },
    job: {
      what: "PostgreSQL's processor time of a job, from a batch of 100 to success",
      unit: 'ms',
      better: 'lower',
    },
  },
  async run({ url, roots }, { quick, signal }) {
    const server = await findProcess(roots, 'postgres');
    if (server === undefined) throw new Error('The embedded cloud runs no process named postgres.');
    const client = openHttpClient(url, CONNECTIONS + 1);
    const jobs = quick ? JOBS / 10 : JOBS;
    const costOf = async (work: (count: number) => Promise<void>): Promise<number> => {
      await work(quick ? WARM_UP_JOBS / 10 : WARM_UP_JOBS);
      const before = await cpuSeconds([server]);
      await work(jobs);
      return (((await cpuSeconds([server])) - before) / jobs) * 1000;
    };
    try {
      const job = await costOf((count) => drain(client, count, signal));
      const accept = await costOf((count) => acceptOneByOne(client, count, signal));
      return { accept, job };
    } finally {
      client.end();
    }
  },
};

export const postgresql = figureOf('postgresql', [workloadProbe(statements)]);

async function acceptOneByOne(client: HttpClient, jobs: number, signal: AbortSignal): Promise<void> {
  let left = jobs;
  await onLines(
    CONNECTIONS,
    () => left <= 0 || signal.aborted,
    async () => {
      left -= 1;
      await client.call('POST', '/v1/jobs', submission(DELAY_SECONDS));
    },
  );
}
