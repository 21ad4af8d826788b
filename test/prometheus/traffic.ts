import { setTimeout as wait } from 'node:timers/promises';

const TERMINAL = new Set(['success', 'failed', 'canceled']);

/** The number of jobs of each kind. With only one job of each kind, a minute would have too few values to compute percentiles. */
const ROUNDS = 5;

/**
 * Runs jobs that together produce a value for every metric on the dashboard. Some jobs succeed, one is submitted twice, one fails once and is
 * retried, and one fails permanently. In addition, a request is refused.
 *
 * @param receiver the origin of a server that responds to `/fails` with a client error, and to the first request for
 * `/fails-once` with a server error
 */
export async function runTraffic(apiUrl: string, receiver: string): Promise<void> {
  const objectId = `traffic-${Date.now()}`;
  const sleep = { type: 'sleep', payload: { seconds: 0 } };
  const webhook = (path: string) => ({ type: 'webhook', payload: { url: receiver + path, body: objectId } });
  const jobs = [
    ...Array.from({ length: ROUNDS }, () => sleep),
    { ...sleep, object_id: objectId },
    { ...sleep, object_id: objectId },
    webhook('/fails-once'),
    webhook('/fails'),
  ];
  const ids = await Promise.all(jobs.map((job) => submit(apiUrl, job)));
  await fetch(`${apiUrl}/v1/jobs/no-id`);
  for (const id of ids) await ended(apiUrl, id);
}

async function submit(apiUrl: string, job: object): Promise<string> {
  const response = await fetch(`${apiUrl}/v1/jobs`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(job),
  });
  const answer = (await response.json()) as { job_id?: string };
  if (answer.job_id !== undefined) return answer.job_id;
  throw new Error(`The job was refused with ${response.status}: ${JSON.stringify(answer)}`);
}

async function ended(apiUrl: string, jobId: string): Promise<void> {
  for (let round = 0; round < 600; round += 1) {
    const job = (await (await fetch(`${apiUrl}/v1/jobs/${jobId}`)).json()) as { status?: string };
    if (TERMINAL.has(job.status ?? '')) return;
    await wait(100);
  }
  throw new Error(`The job ${jobId} has not ended in 60 s.`);
}
