import { expect } from '@jest/globals';
import type { Schema } from 'errand-client';
import { randomUUID } from 'node:crypto';
import { setTimeout as pause } from 'node:timers/promises';
import { v7 as uuidv7 } from 'uuid';
import type { Answer, JobView, SubmittedView } from '../../helpers/api-client.ts';
import { putDedupKey } from '../../helpers/dedup-key.ts';
import { sql } from '../../helpers/embedded.ts';
import { call, type Path, type Scene, type Walk } from './path.ts';

/** The maximum number of times that a request is sent before the test fails. */
const MOST_ATTEMPTS = 5;

/** Retries a request until it succeeds, and returns the response. */
export async function untilTaken<Body>(ask: () => Promise<Answer<Body>>): Promise<Body> {
  const seen: number[] = [];
  while (seen.length < MOST_ATTEMPTS) {
    const { status, body } = await ask();
    if (status < 300) return body;
    seen.push(status);
    expect(status).toBeGreaterThanOrEqual(500);
  }
  throw new Error(`The request never succeeded: ${seen.join(', ')}.`);
}

/** Submits a job twice. The job must succeed, and every response must contain the same job id and window end. */
function submission({ cloud: { api }, ends }: Scene, objectId: string): Walk {
  const named = new Set<string>();
  const windowEnds = new Set<string | null>();
  const submit = async (): Promise<Answer<SubmittedView>> => {
    const body = { object_id: objectId, payload: { seconds: 0 } };
    const answer = await api.call<SubmittedView>('POST', '/v1/jobs', body);
    if (answer.status < 300) {
      named.add(answer.body.job_id);
      windowEnds.add(answer.body.window_ends_at);
    }
    if (answer.status === 503) expect(answer.headers.get('retry-after')).not.toBeNull();
    return answer;
  };
  return {
    text: objectId,
    attempt: async () => (await submit()).status,
    async recover() {
      await untilTaken(submit);
      await untilTaken(submit);
      expect([...named]).toHaveLength(1);
      expect([...windowEnds]).toHaveLength(1);
      for (const jobId of named) expect(await ends.of(jobId)).toBe('success');
    },
  };
}

export const ROW = call('rds-data', 'ExecuteStatement', 1, 503);
export const MESSAGE = call('sqs', 'SendMessage', 1, 201);

export const SUBMISSION: Path = {
  title: 'a submission',
  actor: 'ApiFunctionName',
  steps: [call('dynamodb', 'PutItem', 1, 503), ROW, MESSAGE],
  isSequence: true,
  begin: (scene) => Promise.resolve(submission(scene, randomUUID())),
};

/**
 * The first submission to a new process, which also updates the activity mark.
 */
export const FIRST_SUBMISSION: Path = {
  ...SUBMISSION,
  title: "an instance's first submission",
  steps: [call('dynamodb', 'UpdateItem', 1, 503)],
};

/** The object's dedup key names a job that has no row, because the submission crashed. */
export const TAKE_OVER: Path = {
  title: 'a submission that finishes the work of another',
  actor: 'ApiFunctionName',
  steps: [
    call('dynamodb', 'PutItem', 1, 503),
    ROW,
    call('dynamodb', 'UpdateItem', 1, 503),
    call('rds-data', 'ExecuteStatement', 2, 503),
    MESSAGE,
  ],
  async begin(scene) {
    const [objectId, jobId, endsAt] = [randomUUID(), uuidv7(), Date.now() + 300_000];
    await putDedupKey(scene.cloud, { objectId, jobId, windowEndsAt: endsAt });
    const walk = submission(scene, objectId);
    return {
      ...walk,
      async recover() {
        await walk.recover();
        expect(await scene.ends.of(jobId)).toBe('success');
      },
    };
  },
};

interface BatchBody {
  items: { status: number; job?: SubmittedView }[];
}

interface CountedBody extends BatchBody {
  batch: { on_complete: { job_id: string | null } };
}

/** Submits a batch. The second statement closes the batch while its jobs are waiting. */
export const CLOSED_BATCH: Path = {
  title: 'a batch with an id',
  actor: 'ApiFunctionName',
  steps: [
    call('dynamodb', 'BatchExecuteStatement', 1, 503),
    ROW,
    call('sqs', 'SendMessageBatch', 1, 200),
    call('rds-data', 'ExecuteStatement', 2, 503),
  ],
  begin({ cloud, ends }) {
    const text = randomUUID();
    const body = {
      jobs: [1, 2].map((number) => ({
        object_id: `${text}-${number}`,
        payload: { seconds: 0 },
        delay_seconds: 1,
      })),
      batch: { id: text, on_complete: { payload: { seconds: 0 } } },
    };
    const submit = async (): Promise<Answer<CountedBody>> => {
      const answer = await cloud.api.call<CountedBody>('POST', '/v1/jobs/batch', body);
      if (answer.status !== 200) return answer;
      const refused = answer.body.items.find(({ job }) => !job);
      return refused ? { ...answer, status: refused.status } : answer;
    };
    return Promise.resolve({
      text,
      attempt: async () => (await submit()).status,
      async recover() {
        await untilTaken(submit);
        await expectCompleted({ cloud, ends }, text, 2);
      },
    });
  },
};

/** Checks that the batch's jobs and its one on_complete job have succeeded. */
export async function expectCompleted(
  { cloud, ends }: Pick<Scene, 'cloud' | 'ends'>,
  batchId: string,
  jobs: number,
): Promise<void> {
  // One read may not be enough: the API may refuse to wait, or the first wait may end before the sweeper resends a lost message.
  const read = () => cloud.api.call<Schema<'Batch'>>('GET', `/v1/batches/${batchId}?wait=25`);
  let { body } = await read();
  while (body.status === 'closed') ({ body } = await read());
  expect(body).toMatchObject({ status: 'completed', jobs, counts: { success: jobs } });
  const followers = await sql(cloud, 'SELECT CAST(job_id AS text) FROM jobs WHERE submitted_by = :by', {
    by: `batch:${batchId}`,
  });
  expect(followers).toHaveLength(1);
  for (const [jobId = ''] of followers) expect(await ends.of(jobId)).toBe('success');
}

/** Submits two jobs in one request, and repeats the request. The jobs must succeed, and every response must contain the same job ids. */
function batchOf({ cloud: { api }, ends }: Scene, text: string): Walk {
  const jobs = objectsOf(text).map((objectId) => ({ object_id: objectId, payload: { seconds: 0 } }));
  const named = jobs.map(() => new Set<string>());
  const submit = async (): Promise<Answer<BatchBody>> => {
    const answer = await api.call<BatchBody>('POST', '/v1/jobs/batch', { jobs });
    if (answer.status !== 200) return answer;
    for (const [index, { job }] of answer.body.items.entries()) if (job) named[index]?.add(job.job_id);
    // If a job was refused, the refusal's status is returned as the response's status, so that the client retries the request.
    const refused = answer.body.items.find(({ job }) => !job);
    return refused ? { ...answer, status: refused.status } : answer;
  };
  return {
    text,
    attempt: async () => (await submit()).status,
    async recover() {
      await untilTaken(submit);
      for (const ids of named) {
        expect([...ids]).toHaveLength(1);
        for (const jobId of ids) expect(await ends.of(jobId)).toBe('success');
      }
    },
  };
}

function objectsOf(text: string): string[] {
  return [1, 2].map((number) => `${text}-${number}`);
}

export const BATCH: Path = {
  title: 'a batch',
  actor: 'ApiFunctionName',
  steps: [call('dynamodb', 'BatchExecuteStatement', 1, 503), ROW, call('sqs', 'SendMessageBatch', 1, 200)],
  begin: (scene) => Promise.resolve(batchOf(scene, randomUUID())),
};

/**
 * The objects' dedup windows have ended, but their keys still exist. DynamoDB therefore refuses the INSERTs, and UPDATEs replace the keys.
 */
export const BATCH_OF_ENDED_WINDOWS: Path = {
  title: 'a batch of objects whose windows have ended',
  actor: 'ApiFunctionName',
  steps: [
    ...[1, 2].map((nth) => call('dynamodb', 'BatchExecuteStatement', nth, 503)),
    ROW,
    call('sqs', 'SendMessageBatch', 1, 200),
  ],
  isSequence: true,
  async begin(scene) {
    const text = randomUUID();
    const now = Date.now();
    // The expiry time is in the future, so DynamoDB does not delete the keys during the test.
    const times = { windowEndsAt: now - 1, expiresAt: now + 3_600_000 };
    for (const objectId of objectsOf(text)) {
      await putDedupKey(scene.cloud, { objectId, jobId: uuidv7(), ...times });
    }
    return batchOf(scene, text);
  },
};

/** Submits a job that is not due yet. */
async function waitingJob({ cloud: { api } }: Scene): Promise<string> {
  return (await api.submit({ payload: { seconds: 0 }, delay_seconds: 600 })).job_id;
}

export const CANCEL: Path = {
  title: 'a cancellation',
  actor: 'ApiFunctionName',
  steps: [ROW],
  async begin(scene) {
    const { cloud, ends } = scene;
    const jobId = await waitingJob(scene);
    const cancel = () => cloud.api.call('POST', `/v1/jobs/${jobId}/cancel`);
    return {
      text: jobId,
      attempt: async () => (await cancel()).status,
      async recover() {
        await untilTaken(cancel);
        expect(await ends.of(jobId)).toBe('canceled');
      },
    };
  },
};

export const RETRY: Path = {
  title: 'a retry',
  actor: 'ApiFunctionName',
  steps: [ROW, call('sqs', 'SendMessage', 1, 200)],
  isSequence: true,
  async begin(scene) {
    const { cloud, ends } = scene;
    const jobId = await waitingJob(scene);
    await untilTaken(() => cloud.api.call('POST', `/v1/jobs/${jobId}/cancel`));
    const retry = () => cloud.api.call<{ status: string }>('POST', `/v1/jobs/${jobId}/retry`);
    return {
      text: jobId,
      attempt: async () => (await retry()).status,
      async recover() {
        // A 409 means that an earlier request has retried the job, but the response was lost.
        await untilTaken(async () => {
          const answer = await retry();
          return answer.status === 409 ? { ...answer, status: 200 } : answer;
        });
        expect(await ends.of(jobId, ['success'])).toBe('success');
      },
    };
  },
};

/** The duration of a wait, in seconds: long enough for one read of the job's status. */
const SHORT_WAIT = 0.04;

/**
 * The maximum number of times that the client retries a refused wait. After a refusal, an API instance doesn't request another slot for a second, so
 * a client may have to retry several times.
 */
const MOST_REFUSALS = 20;

/**
 * The calls: read the job, count the previous window's waits, take two slots, read the status and the job, and release
 * both slots.
 */
export const WAIT: Path = {
  title: 'a wait',
  actor: 'ApiFunctionName',
  steps: [
    call('rds-data', 'ExecuteStatement', 1, 503),
    ...[1, 2].map((nth) => call('dynamodb', 'GetItem', nth, 200)),
    ...[1, 2, 3, 4].map((nth) => call('dynamodb', 'UpdateItem', nth, 200)),
    ...[2, 3].map((nth) => call('rds-data', 'ExecuteStatement', nth, 503)),
  ],
  async begin(scene) {
    const { cloud, ends } = scene;
    const jobId = await waitingJob(scene);
    const wait = () => cloud.api.call<JobView>('GET', `/v1/jobs/${jobId}?wait=${SHORT_WAIT}`);
    return {
      text: jobId,
      async attempt() {
        for (let refusals = 0; ; refusals += 1) {
          const { status, headers } = await wait();
          const retryAfter = headers.get('retry-after');
          if (status !== 200 || retryAfter === null || refusals >= MOST_REFUSALS) return status;
          await pause(Number(retryAfter) * 1000);
        }
      },
      async recover() {
        expect((await untilTaken(wait)).status).toBe('created');
        await untilTaken(() => cloud.api.call('POST', `/v1/jobs/${jobId}/cancel`));
        expect(await ends.of(jobId)).toBe('canceled');
      },
    };
  },
};

interface KeyView {
  key: string;
  generation: number;
}

/** These walks run one at a time, because each walk replaces the previous walk's key generation. */
export const KEY_ROTATION: Path = {
  title: 'a rotation of the webhook key',
  actor: 'ApiFunctionName',
  steps: [ROW],
  async begin({ cloud: { api } }) {
    const path = '/v1/webhook-key';
    const before = await untilTaken(() => api.call<KeyView>('GET', path));
    const { generation } = before;
    const rotate = () => api.call<KeyView>('POST', `${path}/rotate`, { generation });
    return {
      text: JSON.stringify(JSON.stringify({ generation })).slice(1, -1),
      attempt: async () => (await rotate()).status,
      async recover() {
        const after = await untilTaken(rotate);
        expect(after.generation).toBe(generation + 1);
        expect(after.key).not.toBe(before.key);
        expect(await untilTaken(() => api.call<KeyView>('GET', path))).toEqual(after);
      },
    };
  },
};
