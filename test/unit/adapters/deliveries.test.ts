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
import type { Settlement } from '../../../lambdas/job/settle.ts';
import { createRecordingLog } from '../../helpers/recording-log.ts';
import { fail, sqsThat } from './sqs-that.ts';

const QUEUE_URL = 'https://queue';

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
    expect(log.entries.map(({ level, fields }) => [level, fields.message_ids])).toEqual([
      ['warn', records.slice(0, 10).map(({ messageId }) => messageId)],
      ['warn', ['m11']],
    ]);
  });
});
