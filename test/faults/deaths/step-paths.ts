import { expect } from '@jest/globals';
import { readFileSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { v7 as uuidv7 } from 'uuid';
import type { Answer } from '../../helpers/api-client.ts';
import { sql } from '../../helpers/embedded.ts';
import { untilTaken } from './api-paths.ts';
import { call, type Path, type Scene } from './path.ts';
import { run, statement, wake } from './worker-paths.ts';

/** Creates a file in which a walk's jobs record their step calls. */
export function newJournal(): string {
  const file = path.join(os.tmpdir(), `errand-steps-${uuidv7()}`);
  writeFileSync(file, '');
  return file;
}

/** Checks that each step's result was recorded, and that the step was not called again afterwards. */
export function expectSteps(journal: string, ...steps: string[]): void {
  const lines = readFileSync(journal, 'utf8').trimEnd().split('\n');
  for (const step of steps) {
    expect(lines).toContain(`recorded ${step}`);
    expect(lines.lastIndexOf(`call ${step}`)).toBeLessThan(lines.indexOf(`recorded ${step}`));
  }
}

/** Waits until a job is suspended or has ended. */
export async function untilSuspended({ cloud }: Scene, jobId: string): Promise<void> {
  const giveUpAt = performance.now() + 60_000;
  for (;;) {
    const rows = await sql(
      cloud,
      `SELECT status FROM jobs WHERE job_id = CAST(:id AS uuid) AND (waits_for IS NOT NULL OR end_time IS NOT NULL)`,
      { id: jobId },
    );
    if (rows.length > 0) return;
    if (performance.now() > giveUpAt) throw new Error(`Job ${jobId} is not suspended.`);
  }
}

function signal({ cloud }: Scene, jobId: string): Promise<Answer<unknown>> {
  return cloud.api.call('POST', `/v1/jobs/${jobId}/signals/paid`, { key: 'one' });
}

/**
 * Sends the signal until it is accepted. A 409 means that the job has ended, so an earlier request must have delivered the signal.
 */
async function untilSignaled(scene: Scene, jobId: string): Promise<void> {
  await untilTaken(async () => {
    const answer = await signal(scene, jobId);
    return answer.status === 409 ? { ...answer, status: 200 } : answer;
  });
}

interface OrderView {
  status: string;
  message: string | null;
  result: { timedOut: boolean };
}

/** Checks that the job has succeeded, and that the `paid` step took the signal unless the wait timed out. */
async function expectOrder(scene: Scene, jobId: string, journal: string): Promise<void> {
  await scene.ends.of(jobId);
  const { body } = await scene.cloud.api.call<OrderView>('GET', `/v1/jobs/${jobId}`);
  expect(body).toMatchObject({ status: 'success', message: null });
  expectSteps(journal, 'charge', 'ship');
  const taken = await sql(
    scene.cloud,
    'SELECT taken_by FROM job_signals WHERE job_id = CAST(:id AS uuid) AND taken_by IS NOT NULL',
    { id: jobId },
  );
  expect(taken).toEqual(body.result.timedOut ? [] : [['paid']]);
}

/** The calls: claim, step, wait, suspend; after the signal: claim, wait, step, record. */
export const WAITS_FOR_SIGNAL: Path = {
  title: 'a job that waits for a signal between two steps',
  actor: 'WorkerFunctionName',
  steps: [1, 2, 3, 4, 5, 6, 7, 8].map(statement),
  beginsWithClaim: true,
  begin(scene) {
    const [jobId, journal] = [uuidv7(), newJournal()];
    return Promise.resolve({
      text: jobId,
      async attempt() {
        await run(scene, { jobId, type: 'order', payload: { journal } });
        await untilSuspended(scene, jobId);
        await untilSignaled(scene, jobId);
        await scene.ends.of(jobId);
        return undefined;
      },
      recover: () => expectOrder(scene, jobId, journal),
    });
  },
};

/**
 * The current version claims the job and invokes version 1. Version 1 repeats the claim, waits, runs the last step and records the result.
 */
export const GOES_ON_IN_ITS_VERSION: Path = {
  title: 'a job that continues in an earlier version of the worker',
  actor: 'WorkerFunctionName',
  steps: [statement(1), call('lambda', 'Invoke'), ...[2, 3, 4, 5].map(statement)],
  async begin(scene) {
    const [jobId, journal] = [uuidv7(), newJournal()];
    await run(scene, { jobId, type: 'pinned-order', payload: { journal } });
    await untilSuspended(scene, jobId);
    // Changes the job's recorded version, as if the job had begun before the last deployment.
    await sql(
      scene.cloud,
      `UPDATE job_steps SET detail = jsonb_set(detail::jsonb, '{version}', '"1"')::json
       WHERE job_id = CAST(:id AS uuid) AND detail ->> 'version' = '2'`,
      { id: jobId },
    );
    return {
      text: jobId,
      async attempt() {
        await untilSignaled(scene, jobId);
        await scene.ends.of(jobId);
        return undefined;
      },
      recover: () => expectOrder(scene, jobId, journal),
    };
  },
};

/**
 * The signal arrives just as the wait times out. Because the timeout is short, the worker returns the job's message to the queue for the duration of
 * the wait.
 */
export const SIGNAL_AGAINST_TIMEOUT: Path = {
  title: 'a job whose signal comes when its wait times out',
  actor: 'WorkerFunctionName',
  steps: [
    ...[1, 2, 3, 4].map(statement),
    call('sqs', 'ChangeMessageVisibilityBatch'),
    ...[5, 6, 7, 8].map(statement),
  ],
  beginsWithClaim: true,
  begin(scene) {
    const [jobId, journal] = [uuidv7(), newJournal()];
    return Promise.resolve({
      text: jobId,
      async attempt() {
        await run(scene, { jobId, type: 'order', payload: { journal, timeoutSeconds: 1 } });
        await untilDue(scene, jobId);
        // The API may refuse the signal, because the job may already have ended.
        await signal(scene, jobId);
        await scene.ends.of(jobId);
        return undefined;
      },
      recover: () => expectOrder(scene, jobId, journal),
    });
  },
};

/** Waits until a job's wait has timed out. */
async function untilDue({ cloud }: Scene, jobId: string): Promise<void> {
  const giveUpAt = performance.now() + 60_000;
  for (;;) {
    const rows = await sql(
      cloud,
      `SELECT step FROM job_steps WHERE job_id = CAST(:id AS uuid) AND kind = 'signal' AND due_at <= now()`,
      { id: jobId },
    );
    if (rows.length > 0) return;
    if (performance.now() > giveUpAt) throw new Error(`The wait of job ${jobId} does not time out.`);
  }
}

/**
 * The calls: write the signal, and send the job's message. A client that gets no response resends the signal with the same key.
 */
export const SIGNALS: Path = {
  title: 'a signal to a job that waits for it',
  actor: 'ApiFunctionName',
  steps: [call('rds-data', 'ExecuteStatement', 1, 503), call('sqs', 'SendMessage', 1, 202)],
  isSequence: true,
  async begin(scene) {
    const [jobId, journal] = [uuidv7(), newJournal()];
    await run(scene, { jobId, type: 'order', payload: { journal } });
    await untilSuspended(scene, jobId);
    return {
      text: jobId,
      attempt: async () => (await signal(scene, jobId)).status,
      async recover() {
        await untilSignaled(scene, jobId);
        await expectOrder(scene, jobId, journal);
      },
    };
  },
};

/**
 * The calls: claim, submit the children and send their messages, wait, suspend. After the last child, the calls are: claim, wait, read the outcomes,
 * record the results, record.
 */
export const FANS_OUT: Path = {
  title: 'a job that fans out and in',
  actor: 'WorkerFunctionName',
  steps: [
    ...[statement(1), statement(2), call('sqs', 'SendMessageBatch')],
    ...[3, 4, 5, 6, 7, 8, 9].map(statement),
  ],
  beginsWithClaim: true,
  begin(scene) {
    const jobId = uuidv7();
    return Promise.resolve({
      text: jobId,
      async attempt() {
        await run(scene, { jobId, type: 'fan-out', payload: { items: 2 } });
        await scene.ends.of(jobId);
        return undefined;
      },
      async recover() {
        expect(await scene.ends.of(jobId)).toBe('success');
        const { body } = await scene.cloud.api.call<{ result: unknown }>('GET', `/v1/jobs/${jobId}`);
        expect(body.result).toEqual([0, 1]);
        const children = await sql(
          scene.cloud,
          'SELECT status FROM jobs WHERE parent_job_id = CAST(:id AS uuid)',
          { id: jobId },
        );
        expect(children).toEqual([['success'], ['success']]);
      },
    });
  },
};

/** A claim ends a suspended job that has exceeded its maximum duration. */
export const EXPIRES: Path = {
  title: 'a suspended job that expires',
  actor: 'WorkerFunctionName',
  steps: [statement(1)],
  async begin(scene) {
    const [jobId, journal] = [uuidv7(), newJournal()];
    await run(scene, { jobId, type: 'order', payload: { journal } });
    await untilSuspended(scene, jobId);
    return {
      text: jobId,
      async attempt() {
        await sql(
          scene.cloud,
          `UPDATE jobs SET expires_at = now(), run_at = now(), wake_at = now() + interval '8 s' WHERE job_id = CAST(:id AS uuid)`,
          { id: jobId },
        );
        await wake(scene, jobId);
        await scene.ends.of(jobId);
        return undefined;
      },
      async recover() {
        expect(await scene.ends.of(jobId)).toBe('failed');
        const attempts = await sql(
          scene.cloud,
          'SELECT outcome FROM job_attempts WHERE job_id = CAST(:id AS uuid)',
          { id: jobId },
        );
        expect(attempts).toEqual([['timeout']]);
      },
    };
  },
};
