import { expect } from '@jest/globals';
import { randomUUID } from 'node:crypto';
import { setTimeout as pause } from 'node:timers/promises';
import type { Schema } from 'errand-client';
import { sql } from '../../helpers/embedded.ts';
import { untilTaken } from './api-paths.ts';
import { call, type Path, type Scene } from './path.ts';

// Pauses and limits. All walks are of one tenant, so those of a pause take turns.

const ROW = call('rds-data', 'ExecuteStatement', 1, 503);

/** A job type that no other walk needs while it is paused. */
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

/** The end of the pause, the queues with waiting jobs, one round in each of these queues, and the job's message. */
export const RESUME: Path = {
  title: 'the end of a pause that holds a job',
  actor: 'ApiFunctionName',
  steps: [
    ROW,
    ...[2, 3].map((nth) => call('rds-data', 'ExecuteStatement', nth, 503)),
    call('sqs', 'SendMessage', 1, 200),
  ],
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

/** The limit, and a round of wake-ups that finds no parked job. */
export const LIMIT: Path = {
  title: 'the limit of a concurrency key',
  actor: 'ApiFunctionName',
  steps: [ROW, call('rds-data', 'ExecuteStatement', 2, 503)],
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
