import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { createJobQueue, createQueueDepth } from '../../../lambdas/adapters/sqs/job-queue.ts';
import { createRecordingLog } from '../../helpers/recording-log.ts';
import { fail, sqsThat } from './sqs-that.ts';

const QUEUE_URL = 'https://queue';
const URLS = new Map([
  ['default', QUEUE_URL],
  ['images', 'https://images'],
]);

const wakeUps = (count: number, delaySeconds = 0, queue = 'default') =>
  Array.from({ length: count }, (_, index) => ({
    jobId: `job-${index}`,
    delaySeconds,
    tenant: 'acme',
    queue,
  }));

describe('waking workers', () => {
  it('sends a single message with its delay', async () => {
    const { client, sent } = sqsThat();
    expect(await createJobQueue(client, URLS, createRecordingLog()).send(wakeUps(1, 30))).toEqual([]);
    expect(sent.map(({ input }) => input)).toEqual([
      { QueueUrl: QUEUE_URL, MessageBody: '{"job_id":"job-0"}', DelaySeconds: 30, MessageGroupId: 'acme' },
    ]);
  });

  it('sends many messages in batches of ten, each once', async () => {
    const { client, sent } = sqsThat();
    expect(await createJobQueue(client, URLS, createRecordingLog()).send(wakeUps(25))).toEqual([]);
    expect(sent.map(({ input }) => input.Entries?.length)).toEqual([10, 10, 5]);
    expect(new Set(sent.map((command) => JSON.stringify(command.input.Entries))).size).toBe(3);
  });

  it('sends each message to its job’s queue, in batches of ten per queue', async () => {
    const { client, sent } = sqsThat();
    const mixed = [...wakeUps(11), ...wakeUps(2, 0, 'images')].toSorted((one, other) =>
      one.jobId.localeCompare(other.jobId),
    );
    expect(await createJobQueue(client, URLS, createRecordingLog()).send(mixed)).toEqual([]);
    expect(sent.map(({ input }) => [input.QueueUrl, input.Entries?.length ?? 1])).toEqual([
      [QUEUE_URL, 10],
      [QUEUE_URL, 1],
      ['https://images', 2],
    ]);
  });

  it('names as many jobs in a message as a worker of the queue runs in parallel', async () => {
    const { client, sent } = sqsThat();
    const queue = createJobQueue(client, URLS, createRecordingLog(), new Map([['default', 10]]));
    expect(await queue.send(wakeUps(100))).toEqual([]);
    expect(sent).toHaveLength(1);
    const entries = sent[0]?.input.Entries as unknown as { MessageBody: string; MessageGroupId: string }[];
    const bodies = entries.map(
      ({ MessageBody: body }) => JSON.parse(body) as { job_id: string; also: string[] },
    );
    expect(bodies).toHaveLength(10);
    expect(bodies.flatMap(({ job_id: jobId, also }) => [jobId, ...also])).toEqual(
      wakeUps(100).map(({ jobId }) => jobId),
    );
    expect(new Set(entries.map(({ MessageGroupId: group }) => group))).toEqual(new Set(['acme']));
  });

  it('names only jobs with the same queue, tenant and delay in a message', async () => {
    const batchSizes = new Map([
      ['default', 3],
      ['images', 2],
    ]);
    const wakeUp = fc.record({
      jobId: fc.uuid(),
      delaySeconds: fc.constantFrom(0, 5),
      tenant: fc.constantFrom('acme', 'other'),
      queue: fc.constantFrom('default', 'images'),
    });
    await fc.assert(
      fc.asyncProperty(
        fc.uniqueArray(wakeUp, { selector: ({ jobId }) => jobId, maxLength: 40 }),
        async (all) => {
          const { client, sent } = sqsThat();
          await createJobQueue(client, URLS, createRecordingLog(), batchSizes).send(all);
          const named = sent.flatMap(({ input }) => {
            const messages = (input.Entries ?? [input]) as unknown as {
              MessageBody: string;
              DelaySeconds: number;
              MessageGroupId: string;
            }[];
            expect(messages.length).toBeLessThanOrEqual(10);
            return messages.flatMap(({ MessageBody, DelaySeconds: delaySeconds, MessageGroupId: tenant }) => {
              const queue = input.QueueUrl === QUEUE_URL ? 'default' : 'images';
              const { job_id: first, also = [] } = JSON.parse(MessageBody) as {
                job_id: string;
                also?: string[];
              };
              expect(also.length).toBeLessThan(batchSizes.get(queue) ?? 0);
              return [first, ...also].map((jobId) => ({ jobId, delaySeconds, tenant, queue }));
            });
          });
          const byId = (one: { jobId: string }, other: { jobId: string }): number =>
            one.jobId.localeCompare(other.jobId);
          expect(named.toSorted(byId)).toEqual(all.toSorted(byId));
        },
      ),
    );
  });

  it('returns every job of a message that SQS did not accept', async () => {
    const { client } = sqsThat(() => ({ Failed: [{ Id: '1' }] }));
    const queue = createJobQueue(client, URLS, createRecordingLog(), new Map([['default', 2]]));
    expect(await queue.send(wakeUps(6))).toEqual(['job-2', 'job-3']);
  });

  it('reports messages for a missing queue as not sent, and sends the others', async () => {
    const { client, sent } = sqsThat();
    const log = createRecordingLog();
    const unsent = await createJobQueue(client, URLS, log).send([
      ...wakeUps(2, 0, 'removed'),
      { jobId: 'other', delaySeconds: 0, tenant: 'acme', queue: 'images' },
    ]);
    expect(unsent).toEqual(['job-0', 'job-1']);
    expect(sent.map(({ input }) => input.QueueUrl)).toEqual(['https://images']);
    expect(log.entries).toMatchObject([{ level: 'error', fields: { queue: 'removed', count: 2 } }]);
  });

  it('sends nothing for an empty list of jobs', async () => {
    const { client, sent } = sqsThat();
    expect(await createJobQueue(client, URLS, createRecordingLog()).send([])).toEqual([]);
    expect(sent).toEqual([]);
  });

  it.each([
    [-3, 0],
    [0.2, 1],
    [900, 900],
    [5_000, 900],
  ])('with a delay of %s s sends %s s, which SQS accepts', async (delaySeconds, asked) => {
    const { client, sent } = sqsThat();
    await createJobQueue(client, URLS, createRecordingLog()).send(wakeUps(1, delaySeconds));
    expect(sent[0]?.input.DelaySeconds).toBe(asked);
  });

  it('returns the messages that SQS did not accept, and sends the others', async () => {
    const { client } = sqsThat(({ input }) => ({
      Failed: input.Entries?.filter(({ Id }) => Id === '3' || Id === '4').map(({ Id }) => ({ Id })),
    }));
    const unsent = await createJobQueue(client, URLS, createRecordingLog()).send(wakeUps(14));
    expect(unsent).toEqual(['job-3', 'job-4', 'job-13']);
  });

  it('logs a failed call, and continues with the next ten without throwing', async () => {
    let calls = 0;
    const { client } = sqsThat(() => {
      calls += 1;
      return calls === 1 ? fail() : {};
    });
    const log = createRecordingLog();
    const unsent = await createJobQueue(client, URLS, log).send(wakeUps(12));
    expect(unsent).toEqual(wakeUps(10).map(({ jobId }) => jobId));
    expect(log.entries).toMatchObject([{ level: 'error', fields: { count: 10 } }]);
  });
});

describe('the depth of the queue', () => {
  it('is the number of messages that a worker could now receive, by queue', async () => {
    const { client } = sqsThat(({ input }) => ({
      Attributes: { ApproximateNumberOfMessages: input.QueueUrl === QUEUE_URL ? '12' : '3' },
    }));
    expect(await createQueueDepth(client, URLS).visible()).toEqual(
      new Map([
        ['default', 12],
        ['images', 3],
      ]),
    );
  });
});
