import { describe, expect, it } from '@jest/globals';
import type { SQSRecord } from 'aws-lambda';
import fc from 'fast-check';
import { readDeadLetters, readDeliveries, readFirings } from '../../../lambdas/adapters/sqs/deliveries.ts';
import { createRecordingLog } from '../../helpers/recording-log.ts';

const QUEUE_URL = 'https://queue';

const record = (body: string, messageId = 'm'): SQSRecord =>
  ({
    ...{ body, messageId, receiptHandle: `r-${messageId}` },
    attributes: { ApproximateReceiveCount: '3' },
  }) as SQSRecord;

describe('reading deliveries', () => {
  const jobId = '0192f3a0-7c1e-7000-8000-000000000000';

  it('finds the job in each message', () => {
    const deliveries = readDeliveries([record(`{"job_id":"${jobId}"}`, 'a')], createRecordingLog());
    expect(deliveries).toEqual([{ id: 'a', jobId, receives: 3 }]);
  });

  it('finds all jobs that a message names', () => {
    const further = '0192f3a0-7c1e-7000-8000-000000000001';
    const read = (also: unknown) =>
      readDeliveries([record(JSON.stringify({ job_id: jobId, also }), 'a')], createRecordingLog());
    expect(read([further])).toEqual([{ id: 'a', jobId, receives: 3, also: [further] }]);
    expect(read([further, 'rubbish', 7])).toEqual([{ id: 'a', jobId, receives: 3, also: [further] }]);
    for (const also of [[], null, 'rubbish', {}])
      expect(read(also)).toEqual([{ id: 'a', jobId, receives: 3 }]);
  });

  it.each(['', 'rubbish', 'null', '[]', '{}', '{"job_id":7}', '{"job_id":"x"}', `{"job_id":"${jobId}x"}`])(
    'drops and logs messages that are not wake-ups: %j',
    (body) => {
      const log = createRecordingLog();
      expect(readDeliveries([record(body)], log)).toEqual([]);
      expect(log.entries).toMatchObject([{ level: 'error', fields: { message_id: 'm' } }]);
    },
  );

  it('never throws, whatever the message', () => {
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
    'drops and logs messages that are not firings: %j',
    (body) => {
      const log = createRecordingLog();
      expect(readFirings([record(body)], log)).toEqual([]);
      expect(log.entries).toMatchObject([{ level: 'error', fields: { message_id: 'm' } }]);
    },
  );

  describe('from the dead-letter queue', () => {
    const jobId = '0192f3a0-7c1e-7000-8000-000000000000';
    const further = '0192f3a0-7c1e-7000-8000-000000000001';
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
        'each job that a wake-up names',
        JSON.stringify({ job_id: jobId, also: [further, 'rubbish'] }),
        {
          wakeUps: [
            { id: 'a', jobId },
            { id: 'a', jobId: further },
          ],
        },
      ],
      [
        'a wake-up that EventBridge Scheduler could not send',
        request({ job_id: jobId }),
        { wakeUps: [{ id: 'a', jobId }] },
      ],
    ])('finds %s', (_title, body, expected) => {
      expect(read(body)).toEqual({ wakeUps: [], firings: [], ...expected, logged: [] });
    });

    it('reads the time of a firing from the message attribute if the input still contains the placeholder', () => {
      const placeholder = { ...content, fire_time: '<aws.scheduler.scheduled-time>' };
      const messageAttributes = { SCHEDULED_TIME: { stringValue: content.fire_time, dataType: 'String' } };
      expect(read(request(placeholder), { messageAttributes }).firings).toEqual([{ id: 'a', firing }]);
      expect(read(request(placeholder)).firings).toEqual([]);
    });

    it('drops and logs any other message', () => {
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
