import { describe, expect, it } from '@jest/globals';
import type { Firing } from '../../../lambdas/job/schedules/firing.ts';
import { resendFiring } from '../../../lambdas/job/schedules/resend-firing.ts';
import { createRecordingLog } from '../../helpers/recording-log.ts';

const firing = { tenant: 'acme', name: 'daily', revision: '7', fireTime: '2026-01-01T09:00:00.000Z' };
const about = { tenant: 'acme', schedule: 'daily', fire_time: firing.fireTime };

async function resendAt(now: string, send = (): Promise<void> => Promise.resolve()) {
  const log = createRecordingLog();
  const sent: Firing[] = [];
  const isDone = await resendFiring(firing, {
    firings: {
      send(each) {
        sent.push(each);
        return send();
      },
    },
    now: () => new Date(now),
    log,
  });
  return { isDone, sent, log: log.entries };
}

describe('a firing in the dead-letter queue', () => {
  it('is resent', async () => {
    const { isDone, sent, log } = await resendAt('2026-01-05T08:59:00Z');
    expect([isDone, sent]).toEqual([true, [firing]]);
    expect(log).toMatchObject([{ level: 'warn', fields: about }]);
  });

  it('stays there if SQS refuses it', async () => {
    const { isDone, log } = await resendAt('2026-01-01T10:00:00Z', () => Promise.reject(new Error('gone')));
    expect(isDone).toBe(false);
    expect(log).toMatchObject([{ level: 'error', fields: about }]);
  });

  it('is logged as lost when it is older than four days', async () => {
    const { isDone, sent, log } = await resendAt('2026-01-05T09:01:00Z');
    expect([isDone, sent]).toEqual([true, []]);
    expect(log).toMatchObject([
      { level: 'error', message: expect.stringContaining('too old to submit a job'), fields: about },
    ]);
  });
});
