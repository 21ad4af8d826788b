import type { SQSClient } from '@aws-sdk/client-sqs';
import { describe, expect, it } from '@jest/globals';
import type { SQSRecord } from 'aws-lambda';
import fc from 'fast-check';
import {
  readDeadLetters,
  readDeliveries,
  readFirings,
  returnDeliveries,
  settleDeliveries,
} from '../../../lambdas/adapters/sqs/deliveries.ts';
import { createJobQueue, createQueueDepth } from '../../../lambdas/adapters/sqs/job-queue.ts';
import type { Settlement } from '../../../lambdas/job/settle.ts';
import { createRecordingLog } from '../../helpers/recording-log.ts';

const QUEUE_URL = 'https://queue';
const URLS = new Map([
  ['default', QUEUE_URL],
  ['images', 'https://images'],
]);

interface Command {
  constructor: { name: string };
  input: Record<string, unknown> & { Entries?: { Id: string }[] };
}

/** An SQS client that answers what a test wants, and keeps what it was sent. */
function sqsThat(answer: (command: Command) => unknown = () => ({})) {
  const sent: Command[] = [];
  const client = {
    send(command: Command) {
      sent.push(command);
      return Promise.resolve().then(() => answer(command));
    },
  } as unknown as SQSClient;
  return { client, sent };
}

const fail = (): never => {
  throw new Error('SQS is gone.');
};

const wakeUps = (count: number, delaySeconds = 0, queue = 'default') =>
  Array.from({ length: count }, (_, index) => ({
    jobId: `job-${index}`,
    delaySeconds,
    tenant: 'acme',
    queue,
  }));

describe('waking workers', () => {
  it('sends one message by itself, with its delay', async () => {
    const { client, sent } = sqsThat();
    expect(await createJobQueue(client, URLS, createRecordingLog()).send(wakeUps(1, 30))).toEqual([]);
    expect(sent.map(({ input }) => input)).toEqual([
      { QueueUrl: QUEUE_URL, MessageBody: '{"job_id":"job-0"}', DelaySeconds: 30, MessageGroupId: 'acme' },
    ]);
  });

  it('sends many by tens, each once', async () => {
    const { client, sent } = sqsThat();
    expect(await createJobQueue(client, URLS, createRecordingLog()).send(wakeUps(25))).toEqual([]);
    expect(sent.map(({ input }) => input.Entries?.length)).toEqual([10, 10, 5]);
    expect(new Set(sent.map((command) => JSON.stringify(command.input.Entries))).size).toBe(3);
  });

  it('sends each message to the queue of its job, by tens for each queue', async () => {
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

  it('names as many jobs in a message as a worker of the queue runs side by side', async () => {
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

  it('names only jobs of one queue, tenant and delay in a message', async () => {
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

  it('tells every job of a message that SQS did not take', async () => {
    const { client } = sqsThat(() => ({ Failed: [{ Id: '1' }] }));
    const queue = createJobQueue(client, URLS, createRecordingLog(), new Map([['default', 2]]));
    expect(await queue.send(wakeUps(6))).toEqual(['job-2', 'job-3']);
  });

  it('tells that messages for a queue that does not exist were not sent, and sends the others', async () => {
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

  it('of nobody sends nothing', async () => {
    const { client, sent } = sqsThat();
    expect(await createJobQueue(client, URLS, createRecordingLog()).send([])).toEqual([]);
    expect(sent).toEqual([]);
  });

  it.each([
    [-3, 0],
    [0.2, 1],
    [900, 900],
    [5_000, 900],
  ])('with a delay of %s s asks SQS for %s s, which it takes', async (delaySeconds, asked) => {
    const { client, sent } = sqsThat();
    await createJobQueue(client, URLS, createRecordingLog()).send(wakeUps(1, delaySeconds));
    expect(sent[0]?.input.DelaySeconds).toBe(asked);
  });

  it('tells which messages SQS did not take, and sends the others', async () => {
    const { client } = sqsThat(({ input }) => ({
      Failed: input.Entries?.filter(({ Id }) => Id === '3' || Id === '4').map(({ Id }) => ({ Id })),
    }));
    const unsent = await createJobQueue(client, URLS, createRecordingLog()).send(wakeUps(14));
    expect(unsent).toEqual(['job-3', 'job-4', 'job-13']);
  });

  it('goes on with the next ten where a call fails, never throws, and logs it', async () => {
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
  it('is the number of messages that a worker could receive now, by queue', async () => {
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

const record = (body: string, messageId = 'm'): SQSRecord =>
  ({
    ...{ body, messageId, receiptHandle: `r-${messageId}` },
    attributes: { ApproximateReceiveCount: '3' },
  }) as SQSRecord;

describe('reading deliveries', () => {
  const jobId = '0192f3a0-7c1e-7000-8000-000000000000';

  it('finds the job that each message names', () => {
    const deliveries = readDeliveries([record(`{"job_id":"${jobId}"}`, 'a')], createRecordingLog());
    expect(deliveries).toEqual([{ id: 'a', jobId, receives: 3 }]);
  });

  it('finds the further jobs that a message names', () => {
    const further = '0192f3a0-7c1e-7000-8000-000000000001';
    const read = (also: unknown) =>
      readDeliveries([record(JSON.stringify({ job_id: jobId, also }), 'a')], createRecordingLog());
    expect(read([further])).toEqual([{ id: 'a', jobId, receives: 3, also: [further] }]);
    expect(read([further, 'rubbish', 7])).toEqual([{ id: 'a', jobId, receives: 3, also: [further] }]);
    for (const also of [[], null, 'rubbish', {}])
      expect(read(also)).toEqual([{ id: 'a', jobId, receives: 3 }]);
  });

  it.each(['', 'rubbish', 'null', '[]', '{}', '{"job_id":7}', '{"job_id":"x"}', `{"job_id":"${jobId}x"}`])(
    'drops what is no wake-up and logs it: %j',
    (body) => {
      const log = createRecordingLog();
      expect(readDeliveries([record(body)], log)).toEqual([]);
      expect(log.entries).toMatchObject([{ level: 'error', fields: { message_id: 'm' } }]);
    },
  );

  it('never fails, whatever the message is', () => {
    fc.assert(
      fc.property(fc.oneof(fc.string(), fc.json()), (body) => {
        expect(readDeliveries([record(body)], createRecordingLog())).toEqual([]);
      }),
    );
  });
});

describe('reading firings', () => {
  const content = { tenant: 'acme', schedule: 'daily', revision: '7', fire_time: '2026-01-01T09:00:00Z' };
  const firing = { tenant: 'acme', name: 'daily', revision: '7', fireTime: '2026-01-01T09:00:00.000Z' };

  it('finds the firing of each message', () => {
    const deliveries = readFirings([record(JSON.stringify(content), 'a')], createRecordingLog());
    expect(deliveries).toEqual([{ id: 'a', firing }]);
  });

  it.each(['rubbish', 'null', '[]', '{}', JSON.stringify({ ...content, fire_time: 'soon' })])(
    'drops what is no firing and logs it: %j',
    (body) => {
      const log = createRecordingLog();
      expect(readFirings([record(body)], log)).toEqual([]);
      expect(log.entries).toMatchObject([{ level: 'error', fields: { message_id: 'm' } }]);
    },
  );

  describe('from the dead-letter queue', () => {
    const jobId = '0192f3a0-7c1e-7000-8000-000000000000';
    const request = (body: object) =>
      JSON.stringify({ QueueUrl: QUEUE_URL, MessageBody: JSON.stringify(body), MessageGroupId: 'acme' });
    const read = (body: string, more: object = {}) => {
      const log = createRecordingLog();
      return { ...readDeadLetters([{ ...record(body, 'a'), ...more }], log), logged: log.entries };
    };

    it.each([
      ['a firing', JSON.stringify(content), { firings: [{ id: 'a', firing }] }],
      [
        'a firing that EventBridge Scheduler could not send',
        request(content),
        { firings: [{ id: 'a', firing }] },
      ],
      ['a wake-up', JSON.stringify({ job_id: jobId }), { wakeUps: [{ id: 'a', jobId }] }],
      [
        'a wake-up that EventBridge Scheduler could not send',
        request({ job_id: jobId }),
        { wakeUps: [{ id: 'a', jobId }] },
      ],
    ])('finds %s', (_title, body, expected) => {
      expect(read(body)).toEqual({ wakeUps: [], firings: [], ...expected, logged: [] });
    });

    it('takes the time of a firing from the attribute if the input still has the placeholder', () => {
      const placeholder = { ...content, fire_time: '<aws.scheduler.scheduled-time>' };
      const messageAttributes = { SCHEDULED_TIME: { stringValue: content.fire_time, dataType: 'String' } };
      expect(read(request(placeholder), { messageAttributes }).firings).toEqual([{ id: 'a', firing }]);
      expect(read(request(placeholder)).firings).toEqual([]);
    });

    it('drops any other message and logs it, whatever it is', () => {
      fc.assert(
        fc.property(fc.oneof(fc.string(), fc.json()), (body) => {
          const { wakeUps, firings, logged } = read(body);
          expect([wakeUps, firings]).toEqual([[], []]);
          expect(logged).toMatchObject([{ level: 'error', fields: { message_id: 'a' } }]);
        }),
      );
    });
  });
});

describe('settling deliveries', () => {
  const settlement = (
    id: string,
    rest: { action: 'ack' | 'leave' } | { action: 'return'; afterSeconds: number },
  ): Settlement => ({ delivery: { id, jobId: `job-${id}` }, ...rest });
  const settle = (settlements: Settlement[], client: SQSClient, log = createRecordingLog()) =>
    settleDeliveries(
      settlements,
      settlements.map(({ delivery }) => record('', delivery.id)),
      { client, queueUrl: QUEUE_URL, log },
    );

  it('reports all that are not done with, and sets when those return that are to return', async () => {
    const { client, sent } = sqsThat();
    const failures = await settle(
      [
        settlement('a', { action: 'ack' }),
        settlement('b', { action: 'return', afterSeconds: 30 }),
        settlement('c', { action: 'leave' }),
      ],
      client,
    );
    expect(failures).toEqual([{ itemIdentifier: 'b' }, { itemIdentifier: 'c' }]);
    expect(sent.map(({ input }) => input)).toEqual([
      { QueueUrl: QUEUE_URL, ReceiptHandle: 'r-b', VisibilityTimeout: 30 },
    ]);
  });

  it('asks for no longer than SQS allows', async () => {
    const { client, sent } = sqsThat();
    await settle([settlement('a', { action: 'return', afterSeconds: 1_000_000 })], client);
    expect(sent[0]?.input.VisibilityTimeout).toBeLessThanOrEqual(43_200);
  });

  it('reports a delivery although its return could not be set: it comes back anyway', async () => {
    const log = createRecordingLog();
    const { client } = sqsThat(fail);
    expect(await settle([settlement('a', { action: 'return', afterSeconds: 5 })], client, log)).toEqual([
      { itemIdentifier: 'a' },
    ]);
    expect(log.entries).toMatchObject([{ level: 'warn', fields: { job_id: 'job-a' } }]);
  });
});

describe('giving deliveries back', () => {
  const records = Array.from({ length: 12 }, (_, index) => record('{}', `m${index}`));
  const deliveries = records.map(({ messageId: id }) => ({ id }));

  it('makes their messages visible at once, by tens', async () => {
    const { client, sent } = sqsThat();
    await returnDeliveries(deliveries, records, { client, queueUrl: QUEUE_URL, log: createRecordingLog() });
    const entries = sent.map(
      ({ input }) => input.Entries as unknown as { ReceiptHandle: string; VisibilityTimeout: number }[],
    );
    expect(entries.map(({ length }) => length)).toEqual([10, 2]);
    expect(entries.flat().map(({ ReceiptHandle: handle }) => handle)).toEqual(
      records.map(({ receiptHandle }) => receiptHandle),
    );
    expect(entries.flat().every(({ VisibilityTimeout: seconds }) => seconds === 0)).toBe(true);
  });

  it('never throws, and logs what SQS refuses', async () => {
    let calls = 0;
    const { client } = sqsThat(() => {
      calls += 1;
      return calls === 1 ? fail() : { Failed: [{ Id: '1', Message: 'The handle has expired.' }] };
    });
    const log = createRecordingLog();
    await returnDeliveries(deliveries, records, { client, queueUrl: QUEUE_URL, log });
    expect(log.entries.map(({ level, fields }) => [level, fields?.message_ids])).toEqual([
      ['warn', records.slice(0, 10).map(({ messageId }) => messageId)],
      ['warn', ['m11']],
    ]);
  });
});
