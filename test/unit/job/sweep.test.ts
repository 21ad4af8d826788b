import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { ROUND, sweepOnce } from './sweeps.ts';

describe('a sweep', () => {
  it('calls neither the queue nor the database if there can be no work', async () => {
    const { swept, calls } = await sweepOnce({ mayHaveWork: false, overdue: [5] });
    expect(swept).toEqual({ verdict: 'idle' });
    expect(calls).toEqual(['look']);
  });

  it('first wakes the parked jobs that nothing holds back, in rounds, and logs it', async () => {
    const { sent, logged } = await sweepOnce({ forgotten: [ROUND, 2], visible: 3, nextInMs: null });
    expect(new Set(sent).size).toBe(ROUND + 2);
    expect(logged.map(({ event, fields }) => [event, fields])).toEqual([
      ['parked_jobs_woken', { sent: ROUND + 2, unsent: 0 }],
    ]);
  });

  it('keeps looking while its time is too short to wake all parked jobs', async () => {
    const { swept, calls, sent } = await sweepOnce({ forgotten: [ROUND, 2], rounds: 0, nextInMs: null });
    expect(sent).toHaveLength(ROUND);
    expect(swept).toMatchObject({ verdict: 'swept', workRemains: true });
    expect(calls).not.toContain('settle');
  });

  it('takes a few jobs of each tenant once if messages wait, and does not report that no work is left', async () => {
    const { swept, calls, sent } = await sweepOnce({ visible: 3, overdue: [ROUND], nextInMs: null });
    expect(swept).toEqual({ verdict: 'backlog', visible: { default: 3 }, sent: ROUND, unsent: 0 });
    expect(calls).toEqual(['look', 'depth', 'take of each in default', 'send', 'take in all but default']);
    expect(new Set(sent).size).toBe(ROUND);
  });

  it('logs the jobs that it resends, except in queues with a backlog, where they merely wait', async () => {
    const { logged } = await sweepOnce({ visible: 3, overdue: [4], overdueInOthers: [2] });
    expect(logged.map(({ event, fields }) => [event, fields])).toEqual([
      ['jobs_resent', { sent: 2, unsent: 0 }],
    ]);
    expect((await sweepOnce({ overdue: [4] })).logged).toHaveLength(1);
    expect((await sweepOnce({ visible: 3, overdue: [4] })).logged).toEqual([]);
  });

  it('sends nothing if messages wait and no job is overdue', async () => {
    const { swept, calls } = await sweepOnce({ visible: 3 });
    expect(swept).toEqual({ verdict: 'backlog', visible: { default: 3 }, sent: 0, unsent: 0 });
    expect(calls).toEqual(['look', 'depth', 'take of each in default', 'take in all but default']);
  });

  it('counts failed sends if messages wait', async () => {
    const { swept } = await sweepOnce({ visible: 3, overdue: [2], unsent: (jobId) => jobId === 'job-2' });
    expect(swept).toEqual({ verdict: 'backlog', visible: { default: 3 }, sent: 1, unsent: 1 });
  });

  it('sweeps queues without a backlog completely, in rounds, even if other queues have one', async () => {
    const { swept, calls, sent } = await sweepOnce({
      visible: 3,
      visibleImages: 0,
      overdue: [2],
      overdueInOthers: [ROUND, 7],
      queueOf: (jobId) => (Number(jobId.slice(4)) > 2 ? 'images' : 'default'),
    });
    expect(swept).toEqual({ verdict: 'backlog', visible: { default: 3 }, sent: ROUND + 9, unsent: 0 });
    expect(calls.filter((call) => call === 'take in all but default')).toHaveLength(2);
    expect(new Set(sent).size).toBe(ROUND + 9);
  });

  it('takes a few jobs of each tenant in every queue with a backlog', async () => {
    const { swept, calls } = await sweepOnce({ visible: 3, visibleImages: 5 });
    expect(swept).toMatchObject({ verdict: 'backlog', visible: { default: 3, images: 5 } });
    expect(calls).toContain('take of each in default, images');
  });

  it('fails jobs whose queue no longer exists, and sends their callback jobs', async () => {
    const { swept, calls, sent } = await sweepOnce({
      overdue: [2],
      queueOf: (jobId) => (jobId === 'job-2' ? 'removed' : 'images'),
    });
    expect(swept).toEqual({ verdict: 'swept', sent: 1, unsent: 0, workRemains: true });
    expect(calls).toEqual(['look', 'depth', 'take', 'fail job-2', 'send', 'send']);
    expect(sent).toEqual(['callback-of-job-2', 'job-1']);
  });

  it('resends jobs that should have been claimed long ago', async () => {
    const { swept, calls, sent } = await sweepOnce({ overdue: [2] });
    expect(swept).toEqual({ verdict: 'swept', sent: 2, unsent: 0, workRemains: true });
    expect(calls).toEqual(['look', 'depth', 'take', 'send']);
    expect(sent).toEqual(['job-2', 'job-1']);
  });

  it('records that no work is left, with the time before it looked', async () => {
    const { swept, calls } = await sweepOnce({ nextInMs: null });
    expect(swept).toMatchObject({ verdict: 'swept', sent: 0, workRemains: false });
    expect(calls).toEqual(['look', 'depth', 'take', 'settle']);
  });

  it('keeps looking as long as a job needs attention soon', async () => {
    for (const nextInMs of [-60_000, 0, 20 * 60_000]) {
      const { swept, calls } = await sweepOnce({ nextInMs });
      expect(swept).toMatchObject({ workRemains: true });
      expect(calls).toEqual(['look', 'depth', 'take']);
    }
  });

  it('stops looking until a long-delayed job is due', async () => {
    const { swept, calls } = await sweepOnce({ nextInMs: 30 * 86_400_000 });
    expect(swept).toMatchObject({ workRemains: false });
    expect(calls).toContain('settle until 2026-01-31T00:00:00.000Z');
  });

  it('counts failed sends, which become overdue again', async () => {
    const { swept } = await sweepOnce({ overdue: [3], unsent: (jobId) => jobId === 'job-2' });
    expect(swept).toEqual({ verdict: 'swept', sent: 2, unsent: 1, workRemains: true });
  });

  it('continues in rounds until one is not full', async () => {
    const { swept, calls, sent } = await sweepOnce({ overdue: [ROUND, ROUND, 7] });
    expect(swept).toMatchObject({ sent: 2 * ROUND + 7 });
    expect(calls.filter((call) => call === 'take')).toHaveLength(3);
    expect(new Set(sent).size).toBe(sent.length);
  });

  it('starts no further round without enough time', async () => {
    const { swept } = await sweepOnce({ overdue: [ROUND, ROUND, ROUND], rounds: 2 });
    expect(swept).toMatchObject({ sent: 2 * ROUND });
  });

  it('deletes expired data after sending, even while messages wait', async () => {
    const pruned = { jobs: 1, messages: 2, auditEntries: 3, batches: 4, rateLimits: 5, isDone: true };
    const { swept, calls } = await sweepOnce({ overdue: [2], oldestEndDays: 30 });
    expect(swept).toEqual({ verdict: 'swept', sent: 2, unsent: 0, workRemains: true, pruned });
    expect(calls).toEqual(['look', 'depth', 'take', 'send', 'prune', 'note pruned']);
    expect((await sweepOnce({ visible: 3, oldestEndDays: 30 })).swept).toEqual({
      verdict: 'backlog',
      visible: { default: 3 },
      sent: 0,
      unsent: 0,
      pruned,
    });
  });

  it('deletes expired data in the first sweep, when it is not known what has expired', async () => {
    expect((await sweepOnce({ oldestEndDays: null })).calls).toContain('prune');
    expect((await sweepOnce({ oldestEndDays: 29 })).calls).not.toContain('prune');
  });

  it('does not wake the database for expired data', async () => {
    const { swept, calls } = await sweepOnce({ mayHaveWork: false, oldestEndDays: 300 });
    expect(swept).toEqual({ verdict: 'idle' });
    expect(calls).toEqual(['look']);
  });

  it('merges old rows of the history last, when they are old enough', async () => {
    const { swept, calls } = await sweepOnce({ oldestEndDays: 30, historyDueInHours: 0 });
    expect(swept).toMatchObject({ rolledUp: { rows: 4, isDone: true } });
    expect(calls.slice(calls.indexOf('prune'))).toEqual([
      'prune',
      'note pruned',
      'roll up 60',
      'roll up 300',
      'roll up 3600',
      'roll up 86400',
      'note rolled up',
    ]);
  });

  it('does not wake the database for the history', async () => {
    const { swept, calls } = await sweepOnce({ mayHaveWork: false, historyDueInHours: -500 });
    expect(swept).toEqual({ verdict: 'idle' });
    expect(calls).toEqual(['look']);
  });

  it('sends everything it takes, however the rounds divide it', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.constantFrom(0, 1, ROUND - 1, ROUND), { maxLength: 4 }),
        fc.integer({ min: 1, max: 5 }),
        async (overdue, rounds) => {
          const { swept, calls, sent } = await sweepOnce({ overdue, rounds });
          const takes = calls.filter((call) => call === 'take').length;
          const taken = overdue.slice(0, takes).reduce((sum, count) => sum + count, 0);
          expect(swept).toMatchObject({ sent: taken });
          expect(sent).toHaveLength(taken);
        },
      ),
      { numRuns: 50 },
    );
  });
});
