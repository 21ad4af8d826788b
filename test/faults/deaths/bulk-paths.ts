import { expect } from '@jest/globals';
import { randomUUID } from 'node:crypto';
import { v7 as uuidv7 } from 'uuid';
import type { JobView } from '../../helpers/api-client.ts';
import { sql } from '../../helpers/embedded.ts';
import { ROW, untilTaken } from './api-paths.ts';
import { call, type Path } from './path.ts';
import { closeBatch, run, statement, writeJob } from './worker-paths.ts';

/** The calls: insert the row, and send the message. */
const BULK_REQUEST: Path = {
  title: 'a bulk request',
  actor: 'ApiFunctionName',
  steps: [ROW, call('sqs', 'SendMessage', 1, 202)],
  isSequence: true,
  async begin({ cloud: { api }, ends }) {
    const objectId = randomUUID();
    const { job_id: jobId } = await api.submit({ object_id: objectId, delay_seconds: 600 });
    const cancel = () =>
      api.call<JobView>('POST', '/v1/jobs/bulk', { action: 'cancel', filter: { object_id: objectId } });
    return {
      // The submission's event also contains the object id, but the fault is armed only after the submission.
      text: objectId,
      attempt: async () => (await cancel()).status,
      async recover() {
        const { job_id: bulkId } = await untilTaken(cancel);
        expect(await ends.of(bulkId)).toBe('success');
        expect(await ends.of(jobId)).toBe('canceled');
      },
    };
  },
};

/**
 * The calls: claim; read the position, run a round, and send the retried job's message; record. Another worker runs the retried job.
 */
export const BULK: Path = {
  title: 'a bulk job',
  actor: 'WorkerFunctionName',
  steps: [...[1, 2, 3].map(statement), call('sqs', 'SendMessage'), statement(4)],
  isSequence: true,
  beginsWithClaim: true,
  async begin(scene) {
    const [jobId, failed] = [uuidv7(), uuidv7()];
    const tenant = `bulk-${jobId}`;
    await writeJob(scene, {
      jobId: failed,
      tenant,
      queue: 'images',
      payload: { seconds: 0 },
      dueSecondsAgo: -600,
    });
    await sql(
      scene.cloud,
      `UPDATE jobs SET status = 'failed', message = 'broken', end_time = now(), wake_at = NULL WHERE job_id = CAST(:id AS uuid)`,
      { id: failed },
    );
    return {
      text: jobId,
      async attempt() {
        await run(scene, { jobId, type: 'bulk', tenant, payload: { action: 'retry', filter: {} } });
        await scene.ends.of(jobId);
        return undefined;
      },
      async recover() {
        expect(await scene.ends.of(jobId)).toBe('success');
        // The last test in deaths.test.ts checks that each job was retried once.
        expect(await scene.ends.of(failed, ['success'])).toBe('success');
        const counts = await sql(
          scene.cloud,
          'SELECT CAST(result AS text) FROM jobs WHERE job_id = CAST(:id AS uuid)',
          { id: jobId },
        );
        expect(counts.map(([text = '']) => JSON.parse(text) as unknown)).toEqual([
          { matched: 1, changed: 1, skipped: 0 },
        ]);
      },
    };
  },
};

/**
 * The calls: claim; read the position, run a round, complete the batch, and send its on_complete job's message; record.
 */
const BULK_CANCELLATION: Path = {
  title: 'a bulk cancellation of the last job of a batch',
  actor: 'WorkerFunctionName',
  steps: [...[1, 2, 3, 4].map(statement), call('sqs', 'SendMessage'), statement(5)],
  isSequence: true,
  beginsWithClaim: true,
  async begin(scene) {
    const [jobId, last, follower, batchId] = [uuidv7(), uuidv7(), uuidv7(), uuidv7()];
    const tenant = `bulk-${jobId}`;
    // This job is in another worker's queue, so its calls are not counted.
    const waiting = { jobId: last, tenant, batchId, queue: 'images', payload: { seconds: 0 } };
    await writeJob(scene, { ...waiting, dueSecondsAgo: -600 });
    await closeBatch(scene, batchId, follower);
    return {
      text: jobId,
      async attempt() {
        await run(scene, { jobId, type: 'bulk', tenant, payload: { action: 'cancel', filter: {} } });
        await scene.ends.of(follower);
        return undefined;
      },
      async recover() {
        expect(await scene.ends.of(jobId)).toBe('success');
        expect(await scene.ends.of(last)).toBe('canceled');
        expect(await scene.ends.of(follower)).toBe('success');
      },
    };
  },
};

export const BULK_PATHS = [BULK_REQUEST, BULK, BULK_CANCELLATION];
