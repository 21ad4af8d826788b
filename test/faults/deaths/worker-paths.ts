import { SendMessageCommand } from '@aws-sdk/client-sqs';
import { expect } from '@jest/globals';
import { v7 as uuidv7 } from 'uuid';
import { sql } from '../../helpers/embedded.ts';
import { expectCompleted } from './api-paths.ts';
import { call, type Path, type Scene } from './path.ts';

interface NewJob {
  readonly jobId: string;
  readonly type?: string;
  readonly payload: object;
  readonly dueSecondsAgo?: number;
  /** @default `default`, the tenant of all API callers in these tests */
  readonly tenant?: string;
  /** @default `default` */
  readonly queue?: string;
  readonly batchId?: string;
}

/** The `max_attempts` of the jobs that the walks insert. */
export const MAX_ATTEMPTS = 5;

/**
 * Inserts a job's row without sending a message, like a submission that crashes after the insert. This way, a test knows the job's id before a worker
 * receives the job.
 */
export async function writeJob({ cloud }: Scene, job: NewJob): Promise<void> {
  await sql(
    cloud,
    `INSERT INTO jobs (job_id, submission_id, tenant, type, queue, payload, max_attempts, timeout_seconds, run_at, wake_at, batch_id)
     VALUES (CAST(:id AS uuid), CAST(:id AS uuid), :tenant, :type, :queue, CAST(:payload AS json), ${MAX_ATTEMPTS}, 20,
             now() - CAST(:ago AS interval), now() - CAST(:ago AS interval), NULLIF(:batch, ''))`,
    {
      id: job.jobId,
      tenant: job.tenant ?? 'default',
      type: job.type ?? 'sleep',
      queue: job.queue ?? 'default',
      payload: JSON.stringify(job.payload),
      ago: `${job.dueSecondsAgo ?? 0} s`,
      batch: job.batchId ?? '',
    },
  );
}

/** Writes a lost attempt of a job. The attempt's lease has expired, and the attempt has no outcome. */
export async function loseAttempt({ cloud }: Scene, jobId: string, attempt: number): Promise<void> {
  await sql(
    cloud,
    `WITH job AS (
       UPDATE jobs SET status = 'running', attempt = CAST(:attempt AS int), fence = 1, worker = 'gone', start_time = now() - interval '9 s',
              lease_expires_at = now() - interval '1 s', wake_at = now() + interval '1 minute'
       WHERE job_id = CAST(:id AS uuid) RETURNING job_id, attempt)
     INSERT INTO job_attempts (job_id, attempt, worker, start_time) SELECT job_id, attempt, 'gone', now() FROM job`,
    { id: jobId, attempt: String(attempt) },
  );
}

export async function run(scene: Scene, job: NewJob): Promise<void> {
  await writeJob(scene, job);
  await wake(scene, job.jobId, job.queue);
}

/** Sends a job's message to its queue. */
export async function wake({ cloud }: Scene, jobId: string, queue = 'default'): Promise<void> {
  const urls = JSON.parse(cloud.output('QueueUrls')) as Record<string, string>;
  const body = JSON.stringify({ job_id: jobId });
  await cloud.sqs.send(new SendMessageCommand({ QueueUrl: urls[queue], MessageBody: body }));
}

export const statement = (nth: number) => call('rds-data', 'ExecuteStatement', nth);

/** The calls: claim and record. */
export const SUCCESS: Path = {
  title: 'a job that succeeds',
  actor: 'WorkerFunctionName',
  steps: [statement(1), statement(2)],
  isSequence: true,
  begin(scene) {
    const jobId = uuidv7();
    return Promise.resolve({
      text: jobId,
      async attempt() {
        await run(scene, { jobId, payload: { seconds: 0 } });
        await scene.ends.of(jobId);
        return undefined;
      },
      async recover() {
        expect(await scene.ends.of(jobId)).toBe('success');
      },
    });
  },
};

/** Closes a batch. The on_complete job is in another worker's queue, so its calls are not counted. */
export async function closeBatch(scene: Scene, batchId: string, followerId: string): Promise<void> {
  const onComplete = {
    ...{ job_id: followerId, type: 'sleep', queue: 'images', payload: { seconds: 0 } },
    ...{ max_attempts: 5, timeout_seconds: 20 },
  };
  await sql(
    scene.cloud,
    `UPDATE batches SET on_complete = CAST(:on_complete AS json), close_time = now() WHERE batch_id = :id`,
    { id: batchId, on_complete: JSON.stringify(onComplete) },
  );
}

/** The calls: claim, record, find the on_complete job, and send its message. */
export const COMPLETES_BATCH: Path = {
  title: 'the last job of a batch',
  actor: 'WorkerFunctionName',
  steps: [statement(1), statement(2), statement(3), call('sqs', 'SendMessage')],
  isSequence: true,
  beginsWithClaim: true,
  begin(scene) {
    const [jobId, batchId, followerId] = [uuidv7(), uuidv7(), uuidv7()];
    return Promise.resolve({
      text: jobId,
      async attempt() {
        await writeJob(scene, { jobId, batchId, payload: { seconds: 0 } });
        await closeBatch(scene, batchId, followerId);
        await wake(scene, jobId);
        await scene.ends.of(followerId);
        return undefined;
      },
      async recover() {
        expect(await scene.ends.of(jobId)).toBe('success');
        await expectCompleted(scene, batchId, 1);
      },
    });
  },
};

/** The calls: claim, record and postpone; then claim and record. */
export const THROWS: Path = {
  title: 'a job whose handler throws on its first attempt',
  actor: 'WorkerFunctionName',
  steps: [
    statement(1),
    statement(2),
    call('sqs', 'ChangeMessageVisibilityBatch'),
    statement(3),
    statement(4),
  ],
  beginsWithClaim: true,
  begin(scene) {
    const jobId = uuidv7();
    const payload = { url: `${scene.receiver.origin}/${jobId}` };
    return Promise.resolve({
      text: jobId,
      async attempt() {
        await run(scene, { jobId, type: 'webhook', payload });
        await scene.ends.of(jobId);
        return undefined;
      },
      async recover() {
        expect(await scene.ends.of(jobId)).toBe('success');
      },
    });
  },
};

/** The calls: claim, heartbeat, record. */
export const CANCELED: Path = {
  title: 'a running job that is canceled',
  actor: 'WorkerFunctionName',
  steps: [statement(1), statement(2), statement(3)],
  beginsWithClaim: true,
  begin(scene) {
    const jobId = uuidv7();
    return Promise.resolve({
      text: jobId,
      async attempt() {
        await run(scene, { jobId, payload: { seconds: 30 } });
        await scene.ends.of(jobId, ['running']);
        const { status } = await scene.cloud.api.call('POST', `/v1/jobs/${jobId}/cancel`);
        expect(status).toBe(200);
        await scene.ends.of(jobId);
        return undefined;
      },
      async recover() {
        // If no heartbeat succeeded, the job may have timed out before the worker learned of the cancellation.
        expect(['canceled', 'failed']).toContain(await scene.ends.of(jobId));
      },
    });
  },
};

/**
 * The calls: claim; write the submitted job's dedup key and row, and send its message; record. The submitted job runs
 * later, so its calls are not counted here.
 */
export const SUBMITS: Path = {
  title: 'a job that submits another',
  actor: 'WorkerFunctionName',
  steps: [statement(1), call('dynamodb', 'PutItem'), statement(2), call('sqs', 'SendMessage'), statement(3)],
  isSequence: true,
  beginsWithClaim: true,
  begin(scene) {
    const jobId = uuidv7();
    const name = `object-${jobId}`;
    const payload = { names: [name], once: true, delaySeconds: 2 };
    return Promise.resolve({
      text: jobId,
      async attempt() {
        await run(scene, { jobId, type: 'greet-all', payload });
        await scene.ends.of(jobId);
        return undefined;
      },
      async recover() {
        expect(await scene.ends.of(jobId)).toBe('success');
        const submitted = await sql(
          scene.cloud,
          'SELECT CAST(job_id AS text) FROM jobs WHERE object_id = :name',
          { name },
        );
        expect(submitted).toHaveLength(1);
        for (const [id = ''] of submitted) expect(await scene.ends.of(id)).toBe('success');
      },
    });
  },
};

/**
 * The calls: claim, invoke, record. If the response is lost, the attempt fails without repeating the call, so the function runs once for each attempt
 * that invokes it.
 */
export const RUNS_IN_FUNCTION: Path = {
  title: 'a job that runs in a function',
  actor: 'WorkerFunctionName',
  steps: [statement(1), call('lambda', 'Invoke'), statement(2)],
  isSequence: true,
  beginsWithClaim: true,
  begin(scene) {
    const jobId = uuidv7();
    return Promise.resolve({
      text: jobId,
      async attempt() {
        await run(scene, { jobId, type: 'report', payload: { numbers: [1, 2, 6] } });
        await scene.ends.of(jobId);
        return undefined;
      },
      async recover() {
        expect(await scene.ends.of(jobId)).toBe('success');
        const { body } = await scene.cloud.api.call<{ result: unknown }>('GET', `/v1/jobs/${jobId}`);
        expect(body.result).toEqual({ mean: 3, largest: 6 });
      },
    });
  },
};

/** The calls: claim, write the file, record. */
export const WRITES_FILE: Path = {
  title: 'a job that writes a file',
  actor: 'WorkerFunctionName',
  steps: [statement(1), call('s3', 'PutObject'), statement(2)],
  isSequence: true,
  beginsWithClaim: true,
  begin(scene) {
    const jobId = uuidv7();
    return Promise.resolve({
      text: jobId,
      async attempt() {
        await run(scene, { jobId, type: 'draw', payload: { text: jobId } });
        await scene.ends.of(jobId);
        return undefined;
      },
      async recover() {
        expect(await scene.ends.of(jobId)).toBe('success');
        const { body } = await scene.cloud.api.call<{ result: { url: string } }>('GET', `/v1/jobs/${jobId}`);
        expect(await (await fetch(body.result.url)).text()).toContain(jobId);
      },
    });
  },
};

/** The calls: claim, send a heartbeat with one log line, and record the outcome with another line. */
export const LOGS: Path = {
  title: 'a job that logs',
  actor: 'WorkerFunctionName',
  steps: [statement(1), statement(2), statement(3)],
  isSequence: true,
  beginsWithClaim: true,
  begin(scene) {
    const jobId = uuidv7();
    return Promise.resolve({
      text: jobId,
      async attempt() {
        await run(scene, { jobId, type: 'tell', payload: { name: jobId } });
        await scene.ends.of(jobId);
        return undefined;
      },
      async recover() {
        expect(await scene.ends.of(jobId)).toBe('success');
        const { api } = scene.cloud;
        const { body } = await api.call<{ items: { attempt: number; message: string }[] }>(
          'GET',
          `/v1/jobs/${jobId}/logs`,
        );
        const messagesOf = Map.groupBy(body.items, ({ attempt }) => attempt);
        const logs = [...messagesOf.values()].map((lines) => lines.map(({ message }) => message).join(' '));
        expect(logs.at(-1)).toBe('First. Last.');
        // An attempt that crashed keeps the log lines that its heartbeat wrote.
        for (const log of logs) expect(['First.', 'First. Last.']).toContain(log);
      },
    });
  },
};
