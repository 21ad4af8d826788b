import { expect } from '@jest/globals';
import { randomUUID } from 'node:crypto';
import { setTimeout as pause } from 'node:timers/promises';
import type { Schema } from 'errand-client';
import { sql } from '../../helpers/embedded.ts';
import { untilTaken } from './api-paths.ts';
import { call, type Path, type Scene } from './path.ts';

// The paths for pauses and limits. All walks belong to one tenant, so the walks with a pause run one at a time.

const ROW = call('rds-data', 'ExecuteStatement', 1, 503);

/** A job type that only these walks use, so that pausing it affects no other walk. */
const TYPE = 'draw';

const pausedTypes = async ({ cloud: { api } }: Scene): Promise<string[]> =>
  (await untilTaken(() => api.call<Schema<'QueueList'>>('GET', '/v1/queues'))).paused_types.map(
    ({ type }) => type,
  );

export const PAUSE: Path = {
  title: 'a pause',
  actor: 'ApiFunctionName',
  steps: [ROW],
  begin(scene) {
    const { api } = scene.cloud;
    const text = randomUUID();
    const stop = () => api.call('PUT', `/v1/job-types/${TYPE}/pause?walk=${text}`);
    return Promise.resolve({
      text,
      attempt: async () => (await stop()).status,
      async recover() {
        await untilTaken(stop);
        expect(await pausedTypes(scene)).toContain(TYPE);
        await untilTaken(() => api.call('PUT', `/v1/job-types/${TYPE}/resume`));
        expect(await pausedTypes(scene)).not.toContain(TYPE);
      },
    });
  },
};

/**
 * The calls: end the pause, list the queues with waiting jobs, run one round in each of these queues, and send the
 * job's message.
 */
export const RESUME: Path = {
  title: 'the end of a pause that holds a job',
  actor: 'ApiFunctionName',
  steps: [
    ROW,
    ...[2, 3].map((nth) => call('rds-data', 'ExecuteStatement', nth, 503)),
    call('sqs', 'SendMessage', 1, 200),
  ],
  isSequence: true,
  async begin(scene) {
    const { cloud, ends } = scene;
    const { api } = cloud;
    await untilTaken(() => api.call('PUT', `/v1/job-types/${TYPE}/pause`));
    const { job_id: jobId } = await api.submit({ type: TYPE, payload: { text: 'x' } });
    await untilParked(scene, jobId);
    const text = randomUUID();
    const resume = () => api.call('PUT', `/v1/job-types/${TYPE}/resume?walk=${text}`);
    return {
      text,
      attempt: async () => (await resume()).status,
      async recover() {
        await untilTaken(resume);
        expect(await pausedTypes(scene)).not.toContain(TYPE);
        expect(await ends.of(jobId)).toBe('success');
      },
    };
  },
};

async function untilParked({ cloud }: Scene, jobId: string): Promise<void> {
  for (;;) {
    const [[heldBy] = []] = await sql(
      cloud,
      'SELECT held_by FROM jobs WHERE job_id = CAST(:job_id AS uuid) AND wake_at IS NULL',
      { job_id: jobId },
    );
    if (heldBy === 'pause') return;
    await pause(20);
  }
}

/** The smallest number of jobs for which waking takes two rounds. */
const TWO_ROUNDS = 501;

/**
 * Waking the jobs takes two rounds, and the fault affects the second round. The client does not retry the request, so the sweeper must wake the
 * remaining job and send the messages.
 */
export const RESUME_IN_ROUNDS: Path = {
  title: 'the second round of wake-ups at the end of a pause',
  actor: 'ApiFunctionName',
  steps: [call('rds-data', 'ExecuteStatement', 3, 503)],
  isSweptToo: true,
  async begin({ cloud }) {
    const { api } = cloud;
    await untilTaken(() => api.call('PUT', '/v1/queues/default/pause'));
    const text = randomUUID();
    await sql(
      cloud,
      `INSERT INTO jobs (job_id, submission_id, tenant, type, queue, payload, max_attempts, timeout_seconds, run_at, due_at, held_by, object_id)
       SELECT id, id, 'default', 'sleep', 'default', '{"seconds": 0}', 5, 20, '9999-12-31', now(), 'pause', :walk || '-' || n
       FROM (SELECT gen_random_uuid() AS id, n FROM generate_series(1, ${TWO_ROUNDS}) AS n) AS ids`,
      { walk: text },
    );
    return {
      text,
      attempt: async () => (await api.call('PUT', `/v1/queues/default/resume?walk=${text}`)).status,
      async recover() {
        for (;;) {
          const [[ended] = []] = await sql(
            cloud,
            `SELECT count(*) FROM jobs WHERE object_id LIKE :walk || '-%' AND status = 'success'`,
            { walk: text },
          );
          if (Number(ended) === TWO_ROUNDS) return;
          await pause(100);
        }
      },
    };
  },
};

/** The calls: set the limit, and run a round of wake-ups that finds no parked job. */
export const LIMIT: Path = {
  title: 'the limit of a concurrency key',
  actor: 'ApiFunctionName',
  steps: [ROW, call('rds-data', 'ExecuteStatement', 2, 503)],
  isSequence: true,
  begin({ cloud: { api } }) {
    const key = randomUUID();
    const path = `/v1/concurrency-keys?key=${key}`;
    const put = () => api.call('PUT', path, { limit: 2 });
    const keys = async (): Promise<string[]> =>
      (
        await untilTaken(() => api.call<Schema<'ConcurrencyKeyPage'>>('GET', '/v1/concurrency-keys'))
      ).items.map((item) => item.key);
    return Promise.resolve({
      text: key,
      attempt: async () => (await put()).status,
      async recover() {
        await untilTaken(put);
        expect(await keys()).toContain(key);
        await untilTaken(() => api.call('DELETE', path));
        expect(await keys()).not.toContain(key);
      },
    });
  },
};
