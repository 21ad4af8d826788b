import { SendMessageCommand } from '@aws-sdk/client-sqs';
import { expect } from '@jest/globals';
import { v7 as uuidv7 } from 'uuid';
import { sql } from '../../helpers/embedded.ts';
import { call, type Path, type Scene } from './path.ts';
import { writeJob } from './worker-paths.ts';

const statement = (nth: number) => call('rds-data', 'ExecuteStatement', nth);

/** The data of one walk. Each walk has its own tenant and keys, so that jobs of different walks do not compete for slots or turns. */
interface Flow {
  readonly tenant: string;
  readonly jobId: string;
  readonly otherId: string;
}

function newFlow(): Flow {
  const jobId = uuidv7();
  return { tenant: jobId, jobId, otherId: uuidv7() };
}

async function change(scene: Scene, jobId: string, assignments: string): Promise<void> {
  await sql(scene.cloud, `UPDATE jobs SET ${assignments} WHERE job_id = CAST(:id AS uuid)`, { id: jobId });
}

async function deliver({ cloud }: Scene, jobId: string): Promise<void> {
  const body = JSON.stringify({ job_id: jobId });
  await cloud.sqs.send(new SendMessageCommand({ QueueUrl: cloud.output('QueueUrl'), MessageBody: body }));
}

/** A concurrency key with one slot. A job that was woken holds the slot until it ends. */
const KEY = `concurrency_key = 'customer', concurrency_limit = 1`;
const WOKEN = `held_by = 'concurrency', due_at = now()`;
const PARKED = `held_by = 'concurrency', due_at = now(), run_at = '9999-12-31', wake_at = NULL`;

/**
 * The calls: claim, record, and send the message of the parked job that gets the slot. Another worker runs that job.
 */
export const WAKES: Path = {
  title: 'a job whose slot goes to a parked job',
  actor: 'WorkerFunctionName',
  steps: [statement(1), statement(2), call('sqs', 'SendMessage')],
  isSequence: true,
  async begin(scene) {
    const { tenant, jobId, otherId } = newFlow();
    await writeJob(scene, { jobId, tenant, payload: { seconds: 0 } });
    await change(scene, jobId, `${KEY}, ${WOKEN}, wake_at = now() + interval '8 s'`);
    await writeJob(scene, { jobId: otherId, tenant, queue: 'images', payload: { seconds: 0 } });
    await change(scene, otherId, `${KEY}, ${PARKED}`);
    return {
      text: jobId,
      async attempt() {
        await deliver(scene, jobId);
        await scene.ends.of(jobId);
        return undefined;
      },
      async recover() {
        expect(await scene.ends.of(jobId)).toBe('success');
        expect(await scene.ends.of(otherId)).toBe('success');
      },
    };
  },
};

/** The calls: claim and record the urgent job, and return the message; later, claim and record. */
export const YIELDS: Path = {
  title: 'a job that yields to a more urgent job',
  actor: 'WorkerFunctionName',
  steps: [
    ...[statement(1), statement(2), call('sqs', 'ChangeMessageVisibilityBatch')],
    ...[statement(3), statement(4)],
  ],
  async begin(scene) {
    const { tenant, jobId, otherId } = newFlow();
    await writeJob(scene, { jobId, tenant, payload: { seconds: 0 } });
    // This job's message is lost, so the sweeper sends another message later.
    await writeJob(scene, { jobId: otherId, tenant, payload: { seconds: 0 } });
    await change(scene, otherId, `priority = 0, wake_at = now() + interval '8 s'`);
    return {
      text: jobId,
      async attempt() {
        await deliver(scene, jobId);
        await scene.ends.of(jobId);
        return undefined;
      },
      async recover() {
        expect(await scene.ends.of(jobId)).toBe('success');
        expect(await scene.ends.of(otherId)).toBe('success');
      },
    };
  },
};

/** The calls: claim, and return the message until the job may start; then claim and record. */
export const RATE_LIMITED: Path = {
  title: 'a job held back by its rate limit',
  actor: 'WorkerFunctionName',
  steps: [statement(1), call('sqs', 'ChangeMessageVisibilityBatch'), statement(2), statement(3)],
  async begin(scene) {
    const { tenant, jobId } = newFlow();
    await writeJob(scene, { jobId, tenant, payload: { seconds: 0 } });
    await change(scene, jobId, `rate_key = 'partner', rate_limit = 1, rate_seconds = 1, rate_burst = 1`);
    return {
      text: jobId,
      async attempt() {
        await sql(
          scene.cloud,
          `INSERT INTO rate_limits (tenant, rate_key, next_arrival) VALUES (:tenant, 'partner', now() + interval '3 s')`,
          { tenant },
        );
        await deliver(scene, jobId);
        await scene.ends.of(jobId);
        return undefined;
      },
      async recover() {
        expect(await scene.ends.of(jobId)).toBe('success');
      },
    };
  },
};

/**
 * The calls: claim, and acknowledge the message. The sweeper must wake the job, because the function that freed the slot crashed before it could
 * wake the job.
 */
export const PARKS: Path = {
  title: 'a job whose concurrency key is full',
  actor: 'WorkerFunctionName',
  steps: [statement(1)],
  async begin(scene) {
    const { tenant, jobId, otherId } = newFlow();
    await writeJob(scene, { jobId: otherId, tenant, payload: { seconds: 0 } });
    await change(scene, otherId, `${KEY}, ${WOKEN}, wake_at = now() + interval '1 hour'`);
    await writeJob(scene, { jobId, tenant, payload: { seconds: 0 } });
    await change(scene, jobId, KEY);
    return {
      text: jobId,
      async attempt() {
        await deliver(scene, jobId);
        await untilParked(scene, jobId);
        return undefined;
      },
      async recover() {
        await untilParked(scene, jobId);
        await change(
          scene,
          otherId,
          `status = 'canceled', message = 'canceled by request', end_time = now(), wake_at = NULL`,
        );
        expect(await scene.ends.of(jobId)).toBe('success');
      },
    };
  },
};

async function untilParked({ cloud }: Scene, jobId: string): Promise<void> {
  const giveUpAt = performance.now() + 60_000;
  for (;;) {
    const [[held] = []] = await sql(
      cloud,
      `SELECT held_by FROM jobs WHERE job_id = CAST(:id AS uuid) AND wake_at IS NULL`,
      { id: jobId },
    );
    if (held === 'concurrency') return;
    if (performance.now() > giveUpAt) throw new Error(`Job ${jobId} is not parked.`);
  }
}
