import { expect } from '@jest/globals';
import { randomUUID } from 'node:crypto';
import { v7 as uuidv7 } from 'uuid';
import { invoke, sql } from '../../helpers/embedded.ts';
import { untilTaken } from './api-paths.ts';
import { call, type Path, type Scene } from './path.ts';
import { expectSteps, newJournal, untilSuspended } from './step-paths.ts';
import { run, statement, wake, writeJob } from './worker-paths.ts';

interface Family {
  readonly parentId: string;
  readonly childId: string;
  readonly journal: string;
}

/**
 * Creates a parent and its child. The parent is in the `images` queue, and is suspended until the child ends. The child's row exists, but no message
 * was sent for it.
 */
async function newFamily(scene: Scene, { childDueInSeconds = 0 } = {}): Promise<Family> {
  const [parentId, childId, journal] = [uuidv7(), uuidv7(), newJournal()];
  await writeJob(scene, { jobId: childId, payload: { seconds: 0 }, dueSecondsAgo: -childDueInSeconds });
  // The sweeper ignores the child for the first 8 s, so that the walk's own message starts it.
  await sql(
    scene.cloud,
    `UPDATE jobs SET parent_job_id = CAST(:parent AS uuid), parent_step = 'part', ends_with_parent = true,
       wake_at = GREATEST(run_at, now() + interval '8 s')
     WHERE job_id = CAST(:child AS uuid)`,
    { parent: parentId, child: childId },
  );
  await run(scene, { jobId: parentId, type: 'gather', queue: 'images', payload: { journal, childId } });
  await untilSuspended(scene, parentId);
  return { parentId, childId, journal };
}

async function expectFannedIn(scene: Scene, { parentId, journal }: Family): Promise<void> {
  expect(await scene.ends.of(parentId)).toBe('success');
  expectSteps(journal, 'before', 'after');
}

/**
 * The calls: claim and record the child, wake the parent, and send the parent's message. The parent continues in
 * another worker.
 */
export const LAST_CHILD: Path = {
  title: 'the last child of a job',
  actor: 'WorkerFunctionName',
  steps: [statement(1), statement(2), statement(3), call('sqs', 'SendMessage')],
  isSequence: true,
  beginsWithClaim: true,
  async begin(scene) {
    const family = await newFamily(scene);
    return {
      text: family.childId,
      async attempt() {
        await wake(scene, family.childId);
        await scene.ends.of(family.childId);
        await scene.ends.of(family.parentId);
        return undefined;
      },
      async recover() {
        expect(await scene.ends.of(family.childId)).toBe('success');
        await expectFannedIn(scene, family);
      },
    };
  },
};

/**
 * Cancels the parent and its child. If only the parent was canceled, the client does not retry the request, and the sweeper must cancel the child.
 */
export const CANCELS_CHILDREN: Path = {
  title: 'the cancellation of a job with a child',
  actor: 'ApiFunctionName',
  steps: [call('rds-data', 'ExecuteStatement', 1, 503), call('rds-data', 'ExecuteStatement', 2, 200)],
  isSequence: true,
  async begin(scene) {
    const { cloud, ends } = scene;
    const { parentId, childId } = await newFamily(scene, { childDueInSeconds: 600 });
    const cancel = () => cloud.api.call('POST', `/v1/jobs/${parentId}/cancel`);
    return {
      text: parentId,
      attempt: async () => (await cancel()).status,
      async recover() {
        const [[status] = []] = await sql(cloud, 'SELECT status FROM jobs WHERE job_id = CAST(:id AS uuid)', {
          id: parentId,
        });
        // If the request was refused, nothing was canceled, so the client retries. Otherwise, the sweeper must cancel the child.
        if (status !== 'canceled') await untilTaken(cancel);
        expect(await ends.of(parentId)).toBe('canceled');
        expect(await ends.of(childId)).toBe('canceled');
      },
    };
  },
};

/**
 * The last child ends after its parent was canceled. The calls: claim and record the child, and read the parent.
 */
export const LAST_CHILD_AGAINST_CANCEL: Path = {
  title: 'the last child of a job that is being canceled',
  actor: 'WorkerFunctionName',
  steps: [statement(1), statement(2), statement(3)],
  isSequence: true,
  beginsWithClaim: true,
  async begin(scene) {
    const { cloud, ends } = scene;
    const { parentId, childId } = await newFamily(scene);
    await sql(cloud, 'UPDATE jobs SET ends_with_parent = false WHERE job_id = CAST(:id AS uuid)', {
      id: childId,
    });
    return {
      text: childId,
      async attempt() {
        await cloud.api.call('POST', `/v1/jobs/${parentId}/cancel`);
        await wake(scene, childId);
        await ends.of(childId);
        return undefined;
      },
      async recover() {
        expect(await ends.of(parentId)).toBe('canceled');
        expect(await ends.of(childId)).toBe('success');
      },
    };
  },
};

/** A sweep's second statement, which examines parents and children. The first statement wakes parked jobs. */
const EXAMINED = statement(2);

/**
 * How long to wait for a parent, in milliseconds. A sweep skips parents that another sweep is examining, so a parent may have to wait a minute for
 * EventBridge's next sweep.
 */
const SWEPT_MS = 90_000;

/** The child has ended, but its worker died before waking the parent. */
export const SWEEP_OF_PARENT: Path = {
  title: 'a sweep that wakes a job whose children have ended',
  actor: 'SweeperFunctionName',
  steps: [EXAMINED, call('sqs', 'SendMessage')],
  isSequence: true,
  async begin(scene) {
    const { cloud } = scene;
    const family = await newFamily(scene);
    await sql(
      cloud,
      `UPDATE jobs SET status = 'canceled', message = 'canceled by request', end_time = now(), wake_at = NULL
       WHERE job_id = CAST(:id AS uuid)`,
      { id: family.childId },
    );
    const [text, sweeper] = [randomUUID(), cloud.output('SweeperFunctionName')];
    return {
      text,
      async attempt() {
        await invoke(cloud, sweeper, { text }).catch(() => undefined);
        return undefined;
      },
      async recover() {
        // Simulates the passing of a minute. If the sweep woke the parent but sent no message, the parent is overdue again.
        await sql(
          cloud,
          `UPDATE jobs SET wake_at = wake_at - interval '1 minute' WHERE job_id = CAST(:id AS uuid) AND status = 'created' AND waits_for IS NULL`,
          { id: family.parentId },
        );
        await invoke(cloud, sweeper);
        // The parent fails, because its child was canceled.
        expect(await scene.ends.of(family.parentId, undefined, SWEPT_MS)).toBe('failed');
        expectSteps(family.journal, 'before');
      },
    };
  },
};

/** The parent was canceled, but the function crashed before it canceled the child. */
export const SWEEP_OF_CHILDREN: Path = {
  title: 'a sweep that cancels the child of a canceled job',
  actor: 'SweeperFunctionName',
  steps: [EXAMINED, statement(3)],
  isSequence: true,
  async begin(scene) {
    const { cloud } = scene;
    const [text, sweeper] = [randomUUID(), cloud.output('SweeperFunctionName')];
    const [parentId, childId] = [uuidv7(), uuidv7()];
    await writeJob(scene, { jobId: parentId, payload: { seconds: 0 } });
    await writeJob(scene, { jobId: childId, payload: { seconds: 0 }, dueSecondsAgo: -600 });
    await sql(
      cloud,
      `UPDATE jobs SET parent_job_id = CAST(:parent AS uuid), parent_step = 'part', ends_with_parent = true
       WHERE job_id = CAST(:child AS uuid)`,
      { parent: parentId, child: childId },
    );
    await sql(
      cloud,
      `UPDATE jobs SET status = 'canceled', message = 'canceled by request', end_time = now(), wake_at = NULL
       WHERE job_id = CAST(:id AS uuid)`,
      { id: parentId },
    );
    return {
      text,
      async attempt() {
        await invoke(cloud, sweeper, { text }).catch(() => undefined);
        return undefined;
      },
      async recover() {
        await invoke(cloud, sweeper);
        expect(await scene.ends.of(childId, undefined, SWEPT_MS)).toBe('canceled');
      },
    };
  },
};
