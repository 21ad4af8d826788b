import type { SQSClient } from '@aws-sdk/client-sqs';
import { describe, expect, it } from '@jest/globals';
import type { SQSRecord } from 'aws-lambda';
import { settleDeliveries, unsettled } from '../../../lambdas/adapters/sqs/settlements.ts';
import { RESUME_SECONDS } from '../../../lambdas/job/aurora-times.ts';
import { StoreUnavailableError } from '../../../lambdas/job/errors.ts';
import type { Settlement, SettlementOfMessage } from '../../../lambdas/job/settle.ts';
import { createRecordingLog } from '../../helpers/recording-log.ts';
import { fail, sqsThat } from './sqs-that.ts';

const QUEUE_URL = 'https://queue';

interface Entry {
  readonly ReceiptHandle: string;
  readonly VisibilityTimeout: number;
}

const settlement = (id: string, rest: SettlementOfMessage): Settlement => ({
  delivery: { id, jobId: `job-${id}` },
  ...rest,
});

const settle = (settlements: Settlement[], client: SQSClient, log = createRecordingLog()) =>
  settleDeliveries(
    settlements,
    settlements.map(({ delivery: { id } }) => ({ messageId: id, receiptHandle: `r-${id}` }) as SQSRecord),
    { client, queueUrl: QUEUE_URL, log },
  );

describe('settling deliveries', () => {
  const twelve = Array.from({ length: 12 }, (_, index) =>
    settlement(`m${index}`, { action: 'return', afterSeconds: index }),
  );

  it('reports every unfinished message, and sets the visibility timeout of each returned one', async () => {
    const { client, sent } = sqsThat();
    const failures = await settle(
      [
        settlement('a', { action: 'ack' }),
        settlement('b', { action: 'return', afterSeconds: 30 }),
        settlement('c', { action: 'leave' }),
        settlement('d', { action: 'return', afterSeconds: 0 }),
      ],
      client,
    );
    expect(failures).toEqual(['b', 'c', 'd'].map((id) => ({ itemIdentifier: id })));
    expect(sent.map(({ input }) => input)).toEqual([
      {
        QueueUrl: QUEUE_URL,
        Entries: [
          { Id: '0', ReceiptHandle: 'r-b', VisibilityTimeout: 30 },
          { Id: '1', ReceiptHandle: 'r-d', VisibilityTimeout: 0 },
        ],
      },
    ]);
  });

  it('makes no request if no message is returned at a set time', async () => {
    const { client, sent } = sqsThat();
    await settle([settlement('a', { action: 'ack' }), settlement('b', { action: 'leave' })], client);
    expect(sent).toEqual([]);
  });

  it('sets the visibility timeouts of ten messages with one request', async () => {
    const { client, sent } = sqsThat();
    await settle(twelve, client);
    const entries = sent.map(({ input }) => input.Entries as unknown as Entry[]);
    expect(entries.map(({ length }) => length)).toEqual([10, 2]);
    expect(
      entries.flat().map(({ ReceiptHandle, VisibilityTimeout }) => [ReceiptHandle, VisibilityTimeout]),
    ).toEqual(twelve.map(({ delivery }, index) => [`r-${delivery.id}`, index]));
  });

  it('never requests a longer timeout than SQS allows', async () => {
    const { client, sent } = sqsThat();
    await settle([settlement('a', { action: 'return', afterSeconds: 1_000_000 })], client);
    const [entry] = sent[0]?.input.Entries as unknown as Entry[];
    expect(entry?.VisibilityTimeout).toBeLessThanOrEqual(43_200);
  });

  it('reports and logs each message whose timeout SQS did not set, because the message returns anyway', async () => {
    let calls = 0;
    const { client } = sqsThat(() => {
      calls += 1;
      return calls === 1 ? fail() : { Failed: [{ Id: '1', Message: 'The handle has expired.' }] };
    });
    const log = createRecordingLog();
    expect(await settle(twelve, client, log)).toEqual(
      twelve.map(({ delivery: { id } }) => ({ itemIdentifier: id })),
    );
    expect(log.entries.map(({ level, fields }) => [level, fields.message_id, fields.job_id])).toEqual(
      [...Array.from({ length: 10 }, (_, index) => `m${index}`), 'm11'].map((id) => [
        'warn',
        id,
        `job-${id}`,
      ]),
    );
  });
});

describe('a delivery while the database is unavailable', () => {
  const delivery = { id: 'a' };

  it('returns soon while the database resumes', () => {
    const resuming = new StoreUnavailableError('aurora', 'no', new Error('resuming'), true);
    expect(unsettled(delivery, resuming)).toEqual({
      delivery,
      action: 'return',
      afterSeconds: RESUME_SECONDS.typical,
    });
  });

  it.each([
    ['an outage', new StoreUnavailableError('aurora', 'no', new Error('gone'))],
    ['another error', new Error('a fault')],
  ])('waits for its visibility timeout after %s', (_what, error) => {
    expect(unsettled(delivery, error)).toEqual({ delivery, action: 'leave' });
  });
});
