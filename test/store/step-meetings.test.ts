import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { setTimeout as wait } from 'node:timers/promises';
import { useJobDatabase } from '../helpers/job-database.ts';
import { emptyTables } from './empty-tables.ts';
import { meetAtRows } from './locked-rows.ts';
import { Family, SHORT_MS, type FamilyOptions } from './step-races/family.ts';
import { deadlocks, lostWrites, wrongWaits } from './step-races/faults.ts';

/** `ERRAND_STEP_MEETINGS` sets the number of random tests in which three or more statements compete. */
const { ERRAND_STEP_MEETINGS: meetings = '30' } = process.env;

const db = useJobDatabase();

interface Operation {
  readonly run: (family: Family) => Promise<void>;
  /** Whether the operation's statement locks a row of a family with these options. A statement that locks no row can't compete with others. */
  readonly isPossible?: (options: FamilyOptions) => boolean;
  /**
   * The name of the first operation of the same kind, if this is a repetition. In the tests of pairs, a repetition is paired only with that first
   * operation.
   */
  readonly repeats?: string;
}

const isRunning = ({ isSuspended = false }: FamilyOptions): boolean => !isSuspended;

const OPERATIONS = {
  'the suspension': { run: (family) => family.suspend(), isPossible: isRunning },
  'a signal': { run: (family) => family.signal('one') },
  'the same signal again': { run: (family) => family.signal('one'), repeats: 'a signal' },
  'another signal': { run: (family) => family.signal('two'), repeats: 'a signal' },
  'the end of the first child': {
    run: (family) => family.end(0),
    isPossible: ({ endedChildren = 0 }) => endedChildren === 0,
  },
  'the end of the last child': { run: (family) => family.end(1) },
  'the cancellation': { run: (family) => family.cancel() },
  'a waker': { run: (family) => family.wake() },
  'another waker': { run: (family) => family.wake(), repeats: 'a waker' },
  'a delivery': { run: (family) => family.deliver() },
  "the first worker's step": { run: (family) => family.writeStep(), isPossible: isRunning },
  "the first worker's check for the signal": { run: (family) => family.waitAgain(), isPossible: isRunning },
} as const satisfies Record<string, Operation>;

type Name = keyof typeof OPERATIONS;
const NAMES = Object.keys(OPERATIONS) as Name[];

function mayMeet(one: Name, other: Name): boolean {
  const isOf = (name: Name, first: Name): boolean =>
    ((OPERATIONS[name] as Operation).repeats ?? first) === first;
  return one !== other && isOf(one, other) && isOf(other, one);
}

/** Operations of a worker with an expired lease, and operations by which another worker or a client may interfere. */
const OF_LOST: readonly Name[] = [
  'the suspension',
  'a signal',
  'a delivery',
  "the first worker's step",
  "the first worker's check for the signal",
];

function possible(options: FamilyOptions): Name[] {
  const names = options.isLost ? OF_LOST : NAMES;
  return names.filter((name) => (OPERATIONS[name] as Operation).isPossible?.(options) ?? true);
}

/** Makes operations compete for a family's row locks, and grants the locks in the order of `operations`. Then checks that the family completes. */
async function meet(options: FamilyOptions, operations: readonly Name[]): Promise<void> {
  await emptyTables(db, 'jobs', 'job_counts');
  const family = await Family.create(db, options);
  if (options.timeoutMs !== undefined || options.isLost) await wait(SHORT_MS + 5);
  await meetAtRows(
    db,
    family.jobIds,
    operations.map((name) => () => OPERATIONS[name].run(family)),
  );
  if (options.isLost) family.world.send(family.parentId);
  // The first worker's last statement is the suspension. The suspension changes nothing if the lease has expired and another worker has claimed
  // the parent.
  if (!options.isSuspended && !operations.includes('the suspension')) await family.suspend();
  await family.settle();
  expect(await wrongWaits(db)).toEqual([]);
  await family.complete();
  expect(family.world.errors).toEqual([]);
  expect(await wrongWaits(db)).toEqual([]);
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
  ['has lost its worker', { isLost: true }],
];

describe('statements that compete for a parent and its children, each with an earlier snapshot,', () => {
  it.each(STATES)(
    'let the family complete in pairs, in both orders, if the parent %s',
    async (_which, options) => {
      const names = possible(options);
      const failed: string[] = [];
      for (const one of names) {
        for (const other of names.filter((name) => mayMeet(one, name))) {
          await meet(options, [one, other]).catch((error: unknown) => {
            failed.push(`${one}, then ${other}: ${String(error)}`);
          });
        }
      }
      expect(failed).toEqual([]);
    },
    240_000,
  );

  it(
    'let the family complete in any number and order',
    async () => {
      const meeting = fc.constantFrom(...STATES.map(([, options]) => options)).chain((options) =>
        fc.tuple(
          fc.constant(options),
          // Some states have fewer than seven possible operations.
          fc
            .shuffledSubarray(possible(options), { minLength: Math.min(3, possible(options).length) })
            .map((names) => names.slice(0, 7)),
        ),
      );
      await fc.assert(
        fc.asyncProperty(meeting, ([options, names]) => meet(options, names)),
        { numRuns: Number(meetings), endOnFailure: true },
      );
    },
    Number(meetings) * 20_000,
  );
});
