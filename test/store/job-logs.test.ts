import { describe, expect, it } from '@jest/globals';
import { LOG_PARTS_AT_ONCE } from '../../lambdas/adapters/aurora/sql/read-jobs.ts';
import { LOG_START, type LogPosition } from '../../lambdas/job/job-logs.ts';
import { MAX_PART_BYTES, type LogParts } from '../../lambdas/job/log-buffer.ts';
import type { LogLine } from '../../lambdas/job/log-line.ts';
import { useJobDatabase } from '../helpers/job-database.ts';
import { putJob, result, TENANT } from './job-rows.ts';
import { meetAtRows } from './locked-rows.ts';

const db = useJobDatabase();

const running = (attempt = 1): Promise<string> =>
  putJob(db, { status: 'running', attempt, maxAttempts: Math.max(attempt, 2) });

function logLine(message: string): LogLine {
  return { time: '2026-11-28T12:00:00.000Z', level: 'info', message, fields: { page: 1 } };
}

/** Returns log parts with one line each. The line's message is the part's number. */
function partsOf(numbers: readonly number[], keepFrom = 0): LogParts {
  return { parts: numbers.map((part) => ({ part, lines: [logLine(String(part))] })), keepFrom };
}

function beat(jobId: string, logs: LogParts, attempt = 1) {
  return db.attempts.beat([{ jobId, attempt, fence: attempt, progress: null, logs }]);
}

/** Returns the stored log messages, prefixed with their attempt numbers. */
async function stored(jobId: string, after: LogPosition = LOG_START, attempt?: number): Promise<string[]> {
  const log = await db.jobs.log(TENANT, jobId, after, attempt);
  return (log?.parts ?? []).flatMap((part) => part.lines.map(({ message }) => `${part.attempt}: ${message}`));
}

describe('an attempt’s log parts', () => {
  it('are written by its heartbeats and its outcome', async () => {
    const jobId = await running();
    await beat(jobId, partsOf([0]));
    await beat(jobId, partsOf([1, 2]));
    expect((await db.jobs.log(TENANT, jobId, LOG_START, undefined))?.status).toBe('running');
    await db.attempts.record([result(jobId, { logs: partsOf([3]) })]);
    expect(await stored(jobId)).toEqual(['1: 0', '1: 1', '1: 2', '1: 3']);
    const log = await db.jobs.log(TENANT, jobId, LOG_START, undefined);
    expect(log).toMatchObject({ status: 'success', hasMore: false });
    expect(log?.parts[0]?.lines).toEqual([logLine('0')]);
  });

  it('are not changed when a heartbeat or an outcome is written again', async () => {
    const jobId = await running();
    await beat(jobId, partsOf([0, 1]));
    await beat(jobId, { parts: [{ part: 1, lines: [logLine('other')] }], keepFrom: 0 });
    const last = result(jobId, { logs: partsOf([1, 2]) });
    await db.attempts.record([last]);
    await db.attempts.record([last]);
    expect(await stored(jobId)).toEqual(['1: 0', '1: 1', '1: 2']);
  });

  it('are deleted when enough newer ones exist, even by the statement that writes the newer ones', async () => {
    const jobId = await running();
    await beat(jobId, partsOf([0, 1, 2]));
    await beat(jobId, partsOf([3], 2));
    expect(await stored(jobId)).toEqual(['1: 2', '1: 3']);
    await db.attempts.record([result(jobId, { logs: partsOf([4, 5], 4) })]);
    expect(await stored(jobId)).toEqual(['1: 4', '1: 5']);
  });

  it('belong only to their attempt', async () => {
    const jobId = await running();
    const failed = result(jobId, { status: 'created', outcome: 'failed', logs: partsOf([0, 1]) });
    await db.attempts.record([failed]);
    await db.attempts.claim([jobId], 'worker-2', 60_000);
    await beat(jobId, partsOf([0], 5), 2);
    expect(await stored(jobId)).toEqual(['1: 0', '1: 1', '2: 0']);
    expect(await stored(jobId, LOG_START, 2)).toEqual(['2: 0']);
    expect(await stored(jobId, { attempt: 1, part: 0 })).toEqual(['1: 1', '2: 0']);
  });

  it('of several jobs are written by one statement, except those of jobs that are no longer running', async () => {
    const [mine, quiet, taken, ended] = [
      await running(),
      await running(),
      await running(2),
      await putJob(db, { status: 'failed' }),
    ];
    await db.attempts.beat([
      { jobId: mine, attempt: 1, fence: 1, progress: { fraction: 0.5, note: null }, logs: partsOf([0]) },
      { jobId: quiet, attempt: 1, fence: 1, progress: { fraction: 0.25, note: null } },
      { jobId: taken, attempt: 1, fence: 1, progress: { fraction: 0.75, note: null }, logs: partsOf([0]) },
      { jobId: ended, attempt: 1, fence: 1, progress: null, logs: partsOf([0]) },
    ]);
    await db.attempts.record([
      result(mine, { logs: partsOf([1]) }),
      result(quiet),
      result(taken, { logs: partsOf([1]) }),
      result(ended, { logs: partsOf([1]) }),
    ]);
    expect(await stored(mine)).toEqual(['1: 0', '1: 1']);
    for (const jobId of [quiet, taken, ended]) expect(await stored(jobId)).toEqual([]);
    expect((await db.jobs.get(TENANT, quiet))?.progress?.fraction).toBe(0.25);
    expect((await db.jobs.get(TENANT, taken))?.progress).toBeNull();
  });

  it('of a slow heartbeat are not written after the attempt’s outcome', async () => {
    const jobId = await running();
    await meetAtRows(
      db,
      [jobId],
      [() => db.attempts.record([result(jobId, { logs: partsOf([2], 2) })]), () => beat(jobId, partsOf([0]))],
    );
    expect(await stored(jobId)).toEqual(['1: 2']);
  });

  it('are written once if a heartbeat and the outcome send the same ones concurrently', async () => {
    const jobId = await running();
    await meetAtRows(
      db,
      [jobId],
      [
        () => beat(jobId, partsOf([0, 1])),
        () => db.attempts.record([result(jobId, { logs: partsOf([0, 1, 2]) })]),
      ],
    );
    expect(await stored(jobId)).toEqual(['1: 0', '1: 1', '1: 2']);
  });

  it('are deleted with their job', async () => {
    const jobId = await running();
    await db.attempts.record([result(jobId, { logs: partsOf([0, 1]) })]);
    await db.sql(`UPDATE jobs SET end_time = now() - interval '40 days' WHERE job_id = $1`, [jobId]);
    await db.mending.prune(30, 100);
    expect(await db.sql('SELECT part FROM job_log_parts WHERE job_id = $1', [jobId])).toEqual([]);
    expect(await db.jobs.log(TENANT, jobId, LOG_START, undefined)).toBeUndefined();
  });
});

describe('reading a log', () => {
  it('takes as many responses as its parts need, each of which fits the Data API', async () => {
    const jobId = await running();
    // A quotation mark takes four bytes in the Data API's response, because it is escaped twice: the response is JSON inside JSON.
    const long = '"'.repeat((MAX_PART_BYTES - 1_000) / 4);
    const numbers = Array.from({ length: LOG_PARTS_AT_ONCE + 3 }, (_, part) => part);
    for (const part of numbers) {
      await beat(jobId, { parts: [{ part, lines: [logLine(`${part} ${long}`)] }], keepFrom: 0 });
    }
    const found: number[] = [];
    let after: LogPosition = LOG_START;
    for (const expected of [true, false]) {
      const log = await db.jobs.log(TENANT, jobId, after, undefined);
      expect(log?.hasMore).toBe(expected);
      for (const { attempt, part } of log?.parts ?? []) {
        found.push(part);
        after = { attempt, part };
      }
    }
    expect(found).toEqual(numbers);
    expect(await db.jobs.log(TENANT, jobId, after, undefined)).toMatchObject({ parts: [], hasMore: false });
  });

  it('finds nothing of another tenant', async () => {
    const jobId = await running();
    await beat(jobId, partsOf([0]));
    expect(await db.jobs.log('other', jobId, LOG_START, undefined)).toBeUndefined();
  });
});
