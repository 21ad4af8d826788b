import { SendMessageBatchCommand } from '@aws-sdk/client-sqs';
import { expect } from '@jest/globals';
import { v7 as uuidv7 } from 'uuid';
import { call, type Path, type Scene } from './path.ts';
import { loseAttempt, statement, writeJob } from './worker-paths.ts';

// The paths for a worker that runs at most two jobs at a time.

async function sendPairs({ cloud }: Scene, contents: readonly object[]): Promise<void> {
  const urls = JSON.parse(cloud.output('QueueUrls')) as Record<string, string>;
  await cloud.sqs.send(
    new SendMessageBatchCommand({
      QueueUrl: urls.pairs,
      Entries: contents.map((content, index) => ({
        Id: String(index),
        MessageBody: JSON.stringify(content),
      })),
    }),
  );
}

/**
 * An execution receives two messages with two jobs each. The execution claims and records the first message's jobs, and gives back the second
 * message. Another execution then claims and records the second message's jobs. The `walk` field is only for the fault; no function reads it.
 */
export const GIVES_BACK: Path = {
  title: 'messages that do not fit',
  actor: 'PairsWorkerFunctionName',
  steps: [
    statement(1),
    statement(2),
    statement(3),
    statement(4),
    call('sqs', 'ChangeMessageVisibilityBatch'),
  ],
  begin(scene) {
    const walk = uuidv7();
    const jobIds = Array.from({ length: 4 }, () => uuidv7());
    const [a = '', b = '', c = '', d = ''] = jobIds;
    return Promise.resolve({
      text: walk,
      async attempt() {
        // An execution gives back messages whose jobs it can't begin soon. These jobs run long enough that the execution gives back the second
        // message.
        for (const jobId of jobIds)
          await writeJob(scene, { jobId, queue: 'pairs', payload: { seconds: 0.3 } });
        await sendPairs(scene, [
          { job_id: a, also: [b], walk },
          { job_id: c, also: [d], walk },
        ]);
        for (const jobId of jobIds) await scene.ends.of(jobId);
        return undefined;
      },
      async recover() {
        for (const jobId of jobIds) expect(await scene.ends.of(jobId)).toBe('success');
      },
    });
  },
};

/**
 * A message with two jobs. The first job's last attempt was lost, so the execution claims and records only this job, and sends a new message for the
 * other job. Another execution claims and records the other job. The fault recognizes both messages by the other job's id.
 */
export const RUNS_ALONE: Path = {
  title: 'a job that runs alone after a lost attempt',
  actor: 'PairsWorkerFunctionName',
  steps: [statement(1), call('sqs', 'SendMessage'), statement(2), statement(3), statement(4)],
  begin(scene) {
    const [suspect, other] = [uuidv7(), uuidv7()];
    return Promise.resolve({
      text: other,
      async attempt() {
        for (const jobId of [suspect, other])
          await writeJob(scene, { jobId, queue: 'pairs', payload: { seconds: 0.3 } });
        await loseAttempt(scene, suspect, 1);
        await sendPairs(scene, [{ job_id: suspect, also: [other] }]);
        for (const jobId of [suspect, other]) await scene.ends.of(jobId);
        return undefined;
      },
      async recover() {
        for (const jobId of [suspect, other]) expect(await scene.ends.of(jobId)).toBe('success');
      },
    });
  },
};
