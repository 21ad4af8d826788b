import { Queue, Worker } from 'bullmq';
import { Redis } from 'ioredis';
import { CONCURRENCY, newId, run, say, serve, WINDOW_SECONDS } from './server.mjs';

// BullMQ's hash for a job stands in for Errand's row, and BullMQ's `deduplication` with a time to live stands in for the dedup window.
// Before Redis responds, it appends each change to its append-only file and fsyncs the file.

const QUEUE = 'jobs';
const STATUSES = {
  waiting: 'created',
  delayed: 'created',
  prioritized: 'created',
  active: 'running',
  completed: 'success',
  failed: 'failed',
};

const connection = new Redis(process.env.REDIS_SOCKET, { maxRetriesPerRequest: null });

if (process.argv[2] === 'worker') {
  const worker = new Worker(QUEUE, ({ data }) => run(data), { connection, concurrency: CONCURRENCY });
  worker.on('error', (error) => process.stderr.write(`${error.stack}\n`));
  await worker.waitUntilReady();
  say('works');
} else {
  const queue = new Queue(QUEUE, { connection });
  const accept = async (submissions) => {
    const wanted = submissions.map(({ object_id: object, payload, delay_seconds: delay = 0 }) => ({
      name: 'job',
      data: payload,
      opts: {
        jobId: newId(),
        delay: delay * 1000,
        deduplication: { id: String(object), ttl: WINDOW_SECONDS * 1000 },
      },
    }));
    const [first] = wanted;
    // For a duplicate, BullMQ's script returns the first job's id.
    const jobs =
      wanted.length === 1
        ? [await queue.add(first.name, first.data, first.opts)]
        : await queue.addBulk(wanted);
    return jobs.map(({ id }, index) => ({ job_id: id, deduplicated: id !== wanted[index].opts.jobId }));
  };
  const status = async (jobId) => STATUSES[await queue.getJobState(jobId)];
  const succeeded = () => queue.getCompletedCount();
  await serve({ accept, status, succeeded });
}
