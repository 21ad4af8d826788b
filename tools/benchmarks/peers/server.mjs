import fastify from 'fastify';
import { randomUUID } from 'node:crypto';
import { setTimeout as wait } from 'node:timers/promises';

// Code shared by the peers: the operations of Errand's HTTP API that the benchmarks call, and the job's handler.

/**
 * Serves a queue on a free port of 127.0.0.1, and prints the URL.
 *
 * @param queue
 *   `accept(submissions)` takes `{object_id, payload, delay_seconds}` items, and returns `{job_id, deduplicated}` for each, in order;
 *   `status(jobId)` returns `created`, `running`, `success` or `failed`, or undefined for an unknown job;
 *   `succeeded()` returns the number of successful jobs
 */
export async function serve(queue) {
  const app = fastify();
  const view = ({ job_id, deduplicated }) => ({ job_id, status: 'created', deduplicated });
  app.post('/v1/jobs', async (request, reply) => {
    const [accepted] = await queue.accept([request.body]);
    return reply.code(accepted.deduplicated ? 200 : 201).send(view(accepted));
  });
  app.post('/v1/jobs/batch', async (request) => {
    const accepted = await queue.accept(request.body.jobs);
    return { items: accepted.map((job) => ({ job: view(job) })) };
  });
  app.get('/v1/jobs/:id', async (request, reply) => {
    const status = await queue.status(request.params.id);
    if (status === undefined) return reply.code(404).send({ status: 404 });
    return { job_id: request.params.id, status };
  });
  app.get('/v1/stats', async () => ({ jobs: { by_status: { success: await queue.succeeded() } } }));
  say(`listens on ${await app.listen({ port: 0, host: '127.0.0.1' })}`);
}

/** The benchmark waits for this line. */
export function say(text) {
  process.stdout.write(`Ready: ${text}\n`);
}

/** Does the same as Errand's `sleep` job type. */
export async function run({ seconds }) {
  await wait(seconds * 1000);
  return { slept: seconds };
}

export { randomUUID as newId };

/** The number of jobs that run concurrently. Errand runs the same number with a JOB_PREFETCH of 10 and a JOB_BATCH_SIZE of 10. */
export const CONCURRENCY = 100;

/** The number of connections to the store. It equals the number of clients. */
export const CONNECTIONS = 16;

export const WINDOW_SECONDS = 300;
