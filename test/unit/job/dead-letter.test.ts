import { describe, expect, it } from '@jest/globals';
import { handleDeadLetters, type DeadLetterVerdict } from '../../../lambdas/job/dead-letter.ts';
import type { EndedJobsStore } from '../../../lambdas/job/ended-jobs.ts';
import { StoreUnavailableError } from '../../../lambdas/job/errors.ts';
import type { WakeUp } from '../../../lambdas/job/job-queue.ts';
import { createRecordingLog } from '../../helpers/recording-log.ts';
import { WITHOUT_FOLLOWERS } from './without-followers.ts';

/** Handles dead letters. Workers are running the jobs in `held`, so these jobs can't be marked as failed yet. */
async function handle(
  verdicts: readonly DeadLetterVerdict[],
  unsent: readonly string[] = [],
  held: readonly string[] = [],
  followers: Partial<EndedJobsStore> = {},
) {
  const log = createRecordingLog();
  const asked: (readonly string[])[] = [];
  const failed: (readonly string[])[] = [];
  const sent: (readonly WakeUp[])[] = [];
  const left = await handleDeadLetters(
    verdicts.map(({ jobId }) => jobId),
    {
      log,
      store: {
        settle(jobIds) {
          asked.push(jobIds);
          return Promise.resolve([...verdicts]);
        },
        ...WITHOUT_FOLLOWERS,
        ...followers,
        failWithoutQueue(jobIds) {
          failed.push(jobIds);
          return Promise.resolve(
            jobIds
              .filter((jobId) => !held.includes(jobId))
              .map((jobId) => ({
                jobId,
                tenant: `tenant-of-${jobId}`,
                queue: 'removed',
                callbackJobId: `callback-of-${jobId}`,
                batchId: null,
              })),
          );
        },
      },
      queues: new Set(['default', 'images']),
      queue: {
        send(wakeUps) {
          sent.push(wakeUps);
          return Promise.resolve([...unsent]);
        },
      },
    },
  );
  return { left, sent, asked, failed, log: log.entries };
}

const verdict = (
  jobId: string,
  what: DeadLetterVerdict['verdict'],
  delaySeconds = 0,
  queue = 'default',
): DeadLetterVerdict =>
  what === 'unknown'
    ? { jobId, verdict: what }
    : { jobId, tenant: `tenant-of-${jobId}`, queue, verdict: what, delaySeconds };

describe('dead letters', () => {
  it.each(['finished', 'lost', 'unknown'] as const)(
    'of a job that is %s need no further message',
    async (what) => {
      const { left, sent } = await handle([verdict('a', what)]);
      expect(sent).toEqual([]);
      expect(left).toEqual([]);
    },
  );

  it('of jobs that may run are resent together, each for when it can be claimed', async () => {
    const { left, sent, asked } = await handle([
      verdict('a', 'send_again', 0),
      verdict('b', 'finished'),
      verdict('c', 'send_again', 30),
    ]);
    expect(asked).toEqual([['a', 'b', 'c']]);
    expect(sent).toEqual([[verdict('a', 'send_again', 0), verdict('c', 'send_again', 30)]]);
    expect(left).toEqual([]);
  });

  it('of a lost job wake its callback job, in its tenant’s group', async () => {
    const { sent } = await handle([
      {
        jobId: 'a',
        tenant: 'acme',
        queue: 'images',
        verdict: 'lost',
        delaySeconds: 0,
        callbackJobId: 'callback',
      },
    ]);
    expect(sent).toEqual([[{ jobId: 'callback', tenant: 'acme', queue: 'default', delaySeconds: 0 }]]);
  });

  it('of a lost job wake its parent and the on_complete job of its batch', async () => {
    const lost = { jobId: 'a', tenant: 'acme', queue: 'images', verdict: 'lost', delaySeconds: 0 } as const;
    const asked: unknown[] = [];
    await handle([{ ...lost, batchId: 'batch', parentJobId: 'parent' }], [], [], {
      onCompleteJobs(batches) {
        asked.push(...batches);
        return Promise.resolve([]);
      },
      wakeParents(parents) {
        asked.push(...parents);
        return Promise.resolve([]);
      },
    });
    expect(asked).toEqual([{ tenant: 'acme', batchId: 'batch' }, 'parent']);
  });

  it('of jobs whose queue no longer exists fail them, and wake their callback jobs', async () => {
    const { left, sent, failed, log } = await handle([
      verdict('a', 'send_again', 0, 'removed'),
      verdict('b', 'send_again', 0, 'images'),
      verdict('c', 'lost', 0, 'removed'),
    ]);
    expect(failed).toEqual([['a']]);
    expect(sent).toEqual([
      [{ jobId: 'callback-of-a', tenant: 'tenant-of-a', queue: 'default', delaySeconds: 0 }],
      [verdict('b', 'send_again', 0, 'images')],
    ]);
    expect(left).toEqual([]);
    expect(log).toContainEqual(
      expect.objectContaining({
        level: 'error',
        fields: { job_id: 'a', tenant: 'tenant-of-a', queue: 'removed' },
      }),
    );
  });

  it('of a job whose queue no longer exists stay while a worker holds it', async () => {
    const { left } = await handle([verdict('a', 'send_again', 30, 'removed')], [], ['a']);
    expect(left).toEqual(['a']);
  });

  it('that cannot be resent stay', async () => {
    const { left } = await handle([verdict('a', 'send_again'), verdict('b', 'send_again')], ['b']);
    expect(left).toEqual(['b']);
  });

  it('are logged, as an error if the job does not exist', async () => {
    const { log } = await handle([verdict('a', 'unknown'), verdict('b', 'lost')]);
    expect(log).toMatchObject([
      { level: 'error', fields: { job_id: 'a' } },
      { level: 'warn', fields: { job_id: 'b', verdict: 'lost' } },
    ]);
  });

  it('all stay if the store is unreachable', async () => {
    const unavailable = new StoreUnavailableError('aurora', 'unknown', new Error('gone'));
    const settling = handleDeadLetters(['a'], {
      log: createRecordingLog(),
      store: {
        settle: () => Promise.reject(unavailable),
        ...WITHOUT_FOLLOWERS,
        failWithoutQueue: () => Promise.reject(new Error('There is nothing to fail.')),
      },
      queues: new Set(['default']),
      queue: { send: () => Promise.reject(new Error('There is nothing to send.')) },
    });
    await expect(settling).rejects.toBe(unavailable);
  });
});
