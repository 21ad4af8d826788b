import { expect } from '@jest/globals';
import { randomUUID } from 'node:crypto';
import type { Answer, SubmittedView } from '../../helpers/api-client.ts';
import { MESSAGE, ROW, untilTaken } from './api-paths.ts';
import { call, type Path } from './path.ts';

/** The object's job waits for ten minutes. The replacement makes it due immediately. */
export const REPLACEMENT: Path = {
  title: 'a replacement of a waiting job',
  actor: 'ApiFunctionName',
  steps: [call('dynamodb', 'PutItem', 1, 503), ROW, call('sqs', 'SendMessage', 1, 200)],
  isSequence: true,
  async begin({ cloud: { api }, ends }) {
    const objectId = randomUUID();
    const waiting = { object_id: objectId, payload: { seconds: 0 }, delay_seconds: 600 };
    const { job_id: jobId } = await api.submit(waiting);
    const replace = (): Promise<Answer<SubmittedView>> =>
      api.call<SubmittedView>('POST', '/v1/jobs', {
        object_id: objectId,
        payload: { seconds: 0.01 },
        on_duplicate: 'replace',
      });
    return {
      text: objectId,
      attempt: async () => (await replace()).status,
      async recover() {
        // The retry finds a job that already has the new payload. By then, the job may still be waiting, may be running, or may have ended.
        const { job_id: named, replaced, status } = await untilTaken(replace);
        expect(named).toBe(jobId);
        expect(replaced).toBe(status === 'created');
        expect(await ends.of(jobId)).toBe('success');
        expect((await api.job(jobId)).payload).toEqual({ seconds: 0.01 });
      },
    };
  },
};

/** Debounces a waiting job. No message is sent, because the job is due later than before. */
export const DEBOUNCE: Path = {
  title: 'a debounce that delays a job',
  actor: 'ApiFunctionName',
  steps: [call('dynamodb', 'PutItem', 1, 503), ROW],
  isSequence: true,
  async begin({ cloud: { api }, ends }) {
    const objectId = randomUUID();
    const submit = (seconds: number): Promise<Answer<SubmittedView>> =>
      api.call<SubmittedView>('POST', '/v1/jobs', {
        object_id: objectId,
        payload: { seconds },
        debounce: { seconds: 600, max_seconds: 6_000 },
      });
    const { job_id: jobId } = await untilTaken(() => submit(0));
    return {
      text: objectId,
      attempt: async () => (await submit(0.01)).status,
      async recover() {
        expect(await untilTaken(() => submit(0.02))).toMatchObject({
          job_id: jobId,
          replaced: true,
          debounced: true,
          status: 'created',
        });
        expect((await api.job(jobId)).payload).toEqual({ seconds: 0.02 });
        await untilTaken(() => api.call('POST', `/v1/jobs/${jobId}/cancel`));
        expect(await ends.of(jobId)).toBe('canceled');
      },
    };
  },
};

/** The object's debounced job and its dedup window have ended. */
export const NEXT_DEBOUNCE: Path = {
  title: 'a submission after a debounced job',
  actor: 'ApiFunctionName',
  steps: [
    call('dynamodb', 'PutItem', 1, 503),
    ROW,
    call('dynamodb', 'PutItem', 2, 503),
    call('rds-data', 'ExecuteStatement', 2, 503),
    MESSAGE,
  ],
  async begin({ cloud: { api }, ends }) {
    const objectId = randomUUID();
    const debounced = (delay: number): Promise<Answer<SubmittedView>> =>
      api.call<SubmittedView>('POST', '/v1/jobs', {
        object_id: objectId,
        payload: { seconds: 0 },
        debounce: { seconds: delay },
      });
    const { job_id: first } = await untilTaken(() => debounced(600));
    await untilTaken(() => api.call('POST', `/v1/jobs/${first}/cancel`));
    const named = new Set<string>();
    const submit = async (): Promise<Answer<SubmittedView>> => {
      const answer = await debounced(600);
      if (answer.status < 300) named.add(answer.body.job_id);
      return answer;
    };
    return {
      text: objectId,
      attempt: async () => (await submit()).status,
      async recover() {
        await untilTaken(submit);
        await untilTaken(submit);
        expect([...named]).toHaveLength(1);
        for (const jobId of named) {
          expect(jobId).not.toBe(first);
          await untilTaken(() => api.call('POST', `/v1/jobs/${jobId}/cancel`));
          expect(await ends.of(jobId)).toBe('canceled');
        }
      },
    };
  },
};
