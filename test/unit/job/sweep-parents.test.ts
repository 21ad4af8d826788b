import { describe, expect, it } from '@jest/globals';
import { sweepOnce } from './sweeps.ts';

const messageOf = (jobId: string) => ({ jobId, tenant: `tenant-of-${jobId}`, queue: 'default' });

const FULL = { woken: [], canceled: [], isLast: false };

describe('a sweep of parents', () => {
  it('sends the messages of woken parents, and logs how many', async () => {
    const parents = [
      { ...FULL, woken: [messageOf('a')] },
      { ...FULL, woken: [messageOf('b')], isLast: true },
    ];
    const { sent, logged } = await sweepOnce({ parents, nextInMs: null });
    expect(sent).toEqual(['a', 'b']);
    expect(logged.map(({ event, fields }) => [event, fields])).toEqual([
      ['parents_woken', { sent: 2, unsent: 0 }],
    ]);
  });

  it('cancels the children of canceled parents', async () => {
    const parents = [{ ...FULL, canceled: ['a', 'b'], isLast: true }];
    const { calls } = await sweepOnce({ parents, nextInMs: null });
    expect(calls).toContain('cancel the children of a, b');
  });

  it('reports that work remains if ten rounds do not reach the last parent', async () => {
    const parents = Array.from({ length: 12 }, () => FULL);
    const { swept, calls } = await sweepOnce({ parents, nextInMs: null });
    expect(swept).toMatchObject({ verdict: 'swept', workRemains: true });
    expect(calls).not.toContain('settle');
    expect((await sweepOnce({ parents: parents.slice(0, 9), nextInMs: null })).calls).toContain('settle');
  });
});
