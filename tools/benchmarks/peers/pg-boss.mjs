import { PgBoss } from 'pg-boss';
import { CONCURRENCY, CONNECTIONS, newId, run, say, serve, WINDOW_SECONDS } from './server.mjs';

// pg-boss's own table contains the job's row. `singletonSeconds` stands in for the dedup window, with fixed five-minute slots.
// LISTEN/NOTIFY wakes the workers. They fetch jobs in batches, as pg-boss's documentation recommends for throughput.

const QUEUE = 'jobs';
const STATUSES = {
  created: 'created',
  retry: 'created',
  active: 'running',
  completed: 'success',
  cancelled: 'failed',
  failed: 'failed',
};

const boss = new PgBoss({
  host: process.env.PGHOST,
  user: process.env.PGUSER,
  database: process.env.PGDATABASE,
  max: CONNECTIONS,
  useListenNotify: true,
});
boss.on('error', (error) => process.stderr.write(`${error.stack}\n`));
await boss.start();
await boss.createQueue(QUEUE, { notify: true });

if (process.argv[2] === 'worker') {
  const options = { batchSize: CONCURRENCY, pollingIntervalSeconds: 0.5, notifyPollingIntervalSeconds: 0.5 };
  await boss.work(QUEUE, options, async (jobs) => Promise.all(jobs.map(({ data }) => run(data))));
  say('works');
} else {
  await serve({ accept, status, succeeded });
}

async function accept(submissions) {
  const jobs = submissions.map(({ object_id: key, payload, delay_seconds: delay = 0 }) => ({
    id: newId(),
    data: payload,
    singletonKey: String(key),
    singletonSeconds: WINDOW_SECONDS,
    startAfter: delay,
  }));
  const inserted = new Set(await boss.insert(QUEUE, jobs, { returnId: true }));
  return Promise.all(
    jobs.map(async ({ id, singletonKey }) => {
      if (inserted.has(id)) return { job_id: id, deduplicated: false };
      const [first] = await boss.findJobs(QUEUE, { key: singletonKey });
      return { job_id: first.id, deduplicated: true };
    }),
  );
}

async function status(jobId) {
  const [job] = await boss.findJobs(QUEUE, { id: jobId });
  return job && STATUSES[job.state];
}

async function succeeded() {
  const { rows } = await boss
    .getDb()
    .executeSql(`SELECT count(*)::int AS jobs FROM pgboss.job WHERE name = $1 AND state = 'completed'`, [
      QUEUE,
    ]);
  return rows[0].jobs;
}
