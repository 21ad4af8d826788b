import { beforeEach, describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { setTimeout as wait } from 'node:timers/promises';
import { useJobDatabase } from '../helpers/job-database.ts';
import { meetAtRows } from './locked-rows.ts';
import { Family, SHORT_MS, type FamilyOptions } from './step-races/family.ts';
import { deadlocks, faultsAtRest, lostWrites } from './step-races/faults.ts';

/** `ERRAND_STEP_MEETINGS`: how many meetings of three or more statements are tried. */
const { ERRAND_STEP_MEETINGS: meetings = '30' } = process.env;

const db = useJobDatabase();

const OPERATIONS = {
  'the suspension': (family: Family) => family.suspend(),
  'a signal': (family: Family) => family.signal('one'),
  'another signal': (family: Family) => family.signal('two'),
  'the same signal again': (family: Family) => family.signal('one'),
  'the end of the first child': (family: Family) => family.end(0),
  'the end of the last child': (family: Family) => family.end(1),
  'the cancellation': (family: Family) => family.cancel(),
  'a waker': (family: Family) => family.wake(),
  'another waker': (family: Family) => family.wake(),
  'a delivery': (family: Family) => family.deliver(),
  "the first worker's step": (family: Family) => family.writeStep(),
  "the first worker's look for the signal": (family: Family) => family.waitAgain(),
} as const satisfies Record<string, (family: Family) => Promise<void>>;

type Operation = keyof typeof OPERATIONS;
const NAMES = Object.keys(OPERATIONS) as Operation[];

beforeEach(async () => {
  await db.sql('TRUNCATE jobs, job_counts CASCADE');
});

/** Lets operations meet at the rows of a family in this order, and checks that the family ends well. */
async function meet(options: FamilyOptions, operations: readonly Operation[]): Promise<void> {
  await db.sql('TRUNCATE jobs, job_counts CASCADE');
  const family = await Family.create(db, options);
  if (options.timeoutMs !== undefined || options.isLost) await wait(SHORT_MS + 5);
  await meetAtRows(
    db,
    family.jobIds,
    operations.map((name) => () => OPERATIONS[name](family)),
  );
  // A running parent whose worker does nothing more is found when its lease ends.
  if (!options.isSuspended && !operations.includes('the suspension')) await family.suspend();
  await family.settle();
  expect(await faultsAtRest(db)).toEqual([]);
  await family.complete();
  expect(family.world.errors).toEqual([]);
  expect(await faultsAtRest(db)).toEqual([]);
  expect(await lostWrites(family.world)).toEqual([]);
  expect(await db.sql('SELECT * FROM jobs WHERE end_time IS NULL')).toEqual([]);
  expect(await deadlocks(db)).toBe(0);
  const { status, took, after } = await family.outcome();
  if (status === 'canceled') expect(operations).toContain('the cancellation');
  else expect({ status, after: after !== null }).toEqual({ status: 'success', after: true });
  expect(took).toBeLessThanOrEqual(1);
}

const STATES: [string, FamilyOptions][] = [
  ['is about to be suspended', {}],
  ['is suspended', { isSuspended: true }],
  ['is suspended with one open child', { isSuspended: true, endedChildren: 1 }],
  ['is suspended, and its timeout has passed', { isSuspended: true, timeoutMs: SHORT_MS }],
];

const PAIRS = NAMES.flatMap((one) => NAMES.filter((other) => other !== one).map((other) => [one, other] as const));

describe('statements that meet at a parent and its children, each with its snapshot from before', () => {
  it.each(STATES)('end well in pairs, in both orders, if the parent %s', async (_which, options) => {
    const failed: string[] = [];
    for (const pair of PAIRS) {
      // A suspended parent has no worker that suspends it again, except one that is superseded.
      await meet(options, pair).catch((error: unknown) => {
        failed.push(`${pair.join(', then ')}: ${String(error)}`);
      });
    }
    expect(failed).toEqual([]);
  }, 240_000);

  it(
    'end well in any number and order',
    async () => {
      await fc.assert(
        fc.asyncProperty(
          fc.constantFrom(...STATES.map(([, options]) => options)),
          fc.shuffledSubarray(NAMES, { minLength: 3, maxLength: 7 }),
          meet,
        ),
        { numRuns: Number(meetings), endOnFailure: true },
      );
    },
    Number(meetings) * 20_000,
  );
});
