import { UpdateItemCommand } from '@aws-sdk/client-dynamodb';
import { GetQueueAttributesCommand } from '@aws-sdk/client-sqs';
import { expect } from '@jest/globals';
import { randomUUID } from 'node:crypto';
import { v7 as uuidv7 } from 'uuid';
import { invoke, sql } from '../../helpers/embedded.ts';
import { call, type Path, type Scene, type Walk } from './path.ts';
import { loseAttempt, MAX_ATTEMPTS, writeJob } from './worker-paths.ts';

/** How long ago a job with a lost message became due, in seconds. The time exceeds SWEEP_AFTER. */
const FORGOTTEN_SECONDS = 60;

/** The queue depth requests: one for each of the deployment's three queues. */
const DEPTHS = [1, 2, 3].map((nth) => call('sqs', 'GetQueueAttributes', nth));
const DUE = call('rds-data', 'ExecuteStatement');
const SECOND_STATEMENT = call('rds-data', 'ExecuteStatement', 2);
const SENT = call('sqs', 'SendMessage');

/** A sweep's statements: the first statement wakes parked jobs, the second examines parents and children, and the third takes overdue jobs. */
const FORGOTTEN = call('rds-data', 'ExecuteStatement');
const EXAMINED = call('rds-data', 'ExecuteStatement', 2);
const SWEPT = call('rds-data', 'ExecuteStatement', 3);
const AFTER_SWEPT = call('rds-data', 'ExecuteStatement', 4);

/** Invokes a function that may crash, and ignores the function's error. */
async function invokeInVain(...args: Parameters<typeof invoke>): Promise<undefined> {
  await invoke(...args).catch(() => undefined);
  return undefined;
}

/** Creates a job with a lost message, or a job for a queue that does not exist. If the walk's sweep fails, the next sweep must find the job. */
async function loseMessage(
  scene: Scene,
  tenant: string,
  { queue = 'default', end = 'success', isParked = false } = {},
): Promise<Walk> {
  const [jobId, text] = [uuidv7(), randomUUID()];
  const payload = { seconds: 0 };
  await writeJob(scene, { jobId, tenant, queue, payload, dueSecondsAgo: FORGOTTEN_SECONDS });
  if (isParked) {
    await sql(
      scene.cloud,
      `UPDATE jobs SET held_by = 'pause', due_at = run_at, run_at = '9999-12-31', wake_at = NULL WHERE job_id = CAST(:id AS uuid)`,
      { id: jobId },
    );
  }
  const sweeper = scene.cloud.output('SweeperFunctionName');
  return {
    text,
    attempt: () => invokeInVain(scene.cloud, sweeper, { text }),
    async recover() {
      // Simulates the passing of a minute. If the sweep took the job but sent no message, the job is overdue again.
      await sql(
        scene.cloud,
        `UPDATE jobs SET wake_at = wake_at - interval '1 minute' WHERE job_id = CAST(:id AS uuid) AND status = 'created'`,
        { id: jobId },
      );
      await invoke(scene.cloud, sweeper);
      expect(await scene.ends.of(jobId)).toBe(end);
    },
  };
}

export const SWEEP: Path = {
  title: 'a sweep that finds a job',
  actor: 'SweeperFunctionName',
  steps: [call('dynamodb', 'GetItem'), FORGOTTEN, EXAMINED, ...DEPTHS, SWEPT, SENT],
  isSequence: true,
  begin: (scene) => loseMessage(scene, 'default'),
};

/** A parked job was not woken. {@link SWEEP} covers the sweep's other calls. */
export const SWEEP_OF_PARKED: Path = {
  title: 'a sweep that wakes a parked job',
  actor: 'SweeperFunctionName',
  steps: [FORGOTTEN, SENT],
  isSequence: true,
  begin: (scene) => loseMessage(scene, 'default', { isParked: true }),
};

/** Covers only the last calls of a sweep. {@link SWEEP} covers the earlier calls. */
export const SWEEP_WITHOUT_QUEUE: Path = {
  title: 'a sweep that finds a job whose queue does not exist',
  actor: 'SweeperFunctionName',
  steps: [SWEPT, AFTER_SWEPT],
  isSequence: true,
  begin: (scene) => loseMessage(scene, 'default', { queue: 'removed', end: 'failed' }),
};

/** The sweep finds a job with a lost message while another tenant's messages are waiting. {@link SWEEP} covers the earlier calls. */
export const SWEEP_DURING_BACKLOG: Path = {
  title: 'a sweep that finds a job during a backlog',
  actor: 'SweeperFunctionName',
  steps: [SWEPT, SENT],
  isSequence: true,
  async begin(scene) {
    await keepBacklog(scene);
    return loseMessage(scene, 'quiet');
  },
};

/** The job's own queue does not have a backlog, so the sweep's second statement for overdue jobs takes the job. */
export const SWEEP_BESIDE_BACKLOG: Path = {
  title: 'a sweep that finds a job in an empty queue, while another queue has a backlog',
  actor: 'SweeperFunctionName',
  steps: [AFTER_SWEPT, SENT],
  isSequence: true,
  async begin(scene) {
    await keepBacklog(scene);
    return loseMessage(scene, 'quiet', { queue: 'images' });
  },
};

/**
 * If fewer than FEWEST_WAITING messages are waiting when a walk begins, ADDED messages are sent. The added messages keep the workers busy for several
 * seconds.
 */
const [FEWEST_WAITING, ADDED] = [40, 100];

/** Ensures that enough messages are waiting. The sweeper ignores the messages' jobs for an hour. */
async function keepBacklog({ cloud }: Scene): Promise<void> {
  const { Attributes: attributes } = await cloud.sqs.send(
    new GetQueueAttributesCommand({
      QueueUrl: cloud.output('QueueUrl'),
      AttributeNames: ['ApproximateNumberOfMessages'],
    }),
  );
  if (Number(attributes?.ApproximateNumberOfMessages) >= FEWEST_WAITING) return;
  const jobs = Array.from({ length: ADDED }, () => ({ payload: { seconds: 1 } }));
  await cloud.api.call('POST', '/v1/jobs/batch', { jobs });
  await sql(cloud, `UPDATE jobs SET wake_at = now() + interval '1 hour' WHERE status = 'created'`);
}

/** The sweeper records that no work is left. Later submissions must still wake the sweeper. */
export const SETTLE: Path = {
  title: 'a sweep that finds nothing',
  actor: 'SweeperFunctionName',
  steps: [call('dynamodb', 'UpdateItem')],
  begin(scene) {
    const text = randomUUID();
    const sweeper = scene.cloud.output('SweeperFunctionName');
    return Promise.resolve({
      text,
      attempt: () => invokeInVain(scene.cloud, sweeper, { text }),
      async recover() {
        const jobId = uuidv7();
        // This submission updates the activity mark, so that the sweeper looks for work.
        const { job_id: marking } = await scene.cloud.api.submit({ payload: { seconds: 0 } });
        await scene.ends.of(marking);
        await writeJob(scene, { jobId, payload: { seconds: 0 }, dueSecondsAgo: FORGOTTEN_SECONDS });
        await invoke(scene.cloud, sweeper);
        expect(await scene.ends.of(jobId)).toBe('success');
      },
    });
  },
};

/** The sweeper deletes expired data, and records when the next pruning is due. A waiting job keeps the sweeper awake. */
export const PRUNE: Path = {
  title: 'a sweep that deletes expired data',
  actor: 'SweeperFunctionName',
  steps: [
    call('dynamodb', 'GetItem'),
    ...[FORGOTTEN, EXAMINED],
    ...DEPTHS,
    SWEPT,
    AFTER_SWEPT,
    call('dynamodb', 'UpdateItem'),
  ],
  isSequence: true,
  async begin(scene) {
    const { cloud } = scene;
    const [expired, waiting, text] = [uuidv7(), uuidv7(), randomUUID()];
    await writeJob(scene, { jobId: waiting, payload: { seconds: 0 }, dueSecondsAgo: -600 });
    await writeJob(scene, { jobId: expired, payload: { seconds: 0 } });
    await sql(
      cloud,
      `UPDATE jobs SET status = 'canceled', end_time = now() - interval '31 days', wake_at = NULL WHERE job_id = CAST(:id AS uuid)`,
      { id: expired },
    );
    await markActivity(scene, { oldest_end: Date.now() - 31 * 86_400_000 });
    const sweeper = cloud.output('SweeperFunctionName');
    return {
      text,
      attempt: () => invokeInVain(cloud, sweeper, { text }),
      async recover() {
        await invoke(cloud, sweeper);
        expect((await cloud.api.call('GET', `/v1/jobs/${expired}`)).status).toBe(404);
        expect((await cloud.api.job(waiting)).status).toBe('created');
        await cloud.api.call('POST', `/v1/jobs/${waiting}/cancel`);
      },
    };
  },
};

/** Sets the activity mark as if a job had just been submitted, and sets one other mark to a time in epoch milliseconds. */
async function markActivity(
  { cloud }: Scene,
  noted: { oldest_end: number } | { history_due_at: number },
): Promise<void> {
  const [[name, at] = ['', 0]] = Object.entries(noted);
  await cloud.dynamoDb.send(
    new UpdateItemCommand({
      TableName: cloud.output('TableName'),
      Key: { pk: { S: 'activity' } },
      UpdateExpression: 'SET active_at = :now, #name = :at',
      ExpressionAttributeNames: { '#name': name },
      ExpressionAttributeValues: { ':now': { N: String(Date.now()) }, ':at': { N: String(at) } },
    }),
  );
}

/** The sweeper merges old history rows, and records when the next merge is due. A waiting job keeps the sweeper awake. */
export const ROLL_UP: Path = {
  title: 'a sweep that merges old history rows',
  actor: 'SweeperFunctionName',
  steps: [
    ...[call('dynamodb', 'GetItem'), FORGOTTEN, EXAMINED, ...DEPTHS, SWEPT],
    // Each statement merges the history rows of one resolution.
    ...[4, 5, 6, 7].map((nth) => call('rds-data', 'ExecuteStatement', nth)),
    call('dynamodb', 'UpdateItem'),
  ],
  isSequence: true,
  async begin(scene) {
    const { cloud } = scene;
    const [waiting, text] = [uuidv7(), randomUUID()];
    await writeJob(scene, { jobId: waiting, payload: { seconds: 0 }, dueSecondsAgo: -600 });
    await sql(
      cloud,
      `INSERT INTO job_history (tenant, start_time, step_seconds, type, queue, slot)
       SELECT 'default', date_trunc('hour', now()) - interval '3 days' + minute * interval '1 minute', 60, :type, 'default', 0
       FROM generate_series(0, 9) AS minute`,
      { type: text },
    );
    await sql(cloud, `UPDATE job_history SET run_sum_ms = 1 WHERE type = :type`, { type: text });
    await markActivity(scene, { history_due_at: 0 });
    const sweeper = cloud.output('SweeperFunctionName');
    return {
      text,
      attempt: () => invokeInVain(cloud, sweeper, { text }),
      async recover() {
        await invoke(cloud, sweeper);
        const rows = await sql(
          cloud,
          'SELECT CAST(step_seconds AS text), CAST(run_sum_ms AS text) FROM job_history WHERE type = :type',
          { type: text },
        );
        expect(rows).toEqual([['3600', '10']]);
        await cloud.api.call('POST', `/v1/jobs/${waiting}/cancel`);
      },
    };
  },
};

/** Creates the path of a dead letter. If the function does not handle the dead letter, it receives the dead letter again. */
function deadLetter(title: string, steps: Path['steps'], { isLost = false, queue = 'default' } = {}): Path {
  return {
    title,
    actor: 'DeadLetterFunctionName',
    steps,
    isSequence: true,
    async begin(scene) {
      const jobId = uuidv7();
      await writeJob(scene, { jobId, queue, payload: { seconds: 0 } });
      if (isLost) await loseAttempt(scene, jobId, MAX_ATTEMPTS);
      const reader = scene.cloud.output('DeadLetterFunctionName');
      const event = { Records: [{ messageId: randomUUID(), body: JSON.stringify({ job_id: jobId }) }] };
      return {
        text: jobId,
        attempt: () => invokeInVain(scene.cloud, reader, event),
        async recover() {
          await invoke(scene.cloud, reader, event);
          expect(await scene.ends.of(jobId)).toBe(isLost || queue === 'removed' ? 'failed' : 'success');
        },
      };
    },
  };
}

export const SENT_AGAIN = deadLetter('the dead letter of a job that never ran', [DUE, SENT], {
  queue: 'images',
});
export const LOST = deadLetter('the dead letter of a job without attempts left', [DUE], { isLost: true });
export const LETTER_WITHOUT_QUEUE = deadLetter(
  'the dead letter of a job whose queue does not exist',
  [DUE, SECOND_STATEMENT],
  { queue: 'removed' },
);
