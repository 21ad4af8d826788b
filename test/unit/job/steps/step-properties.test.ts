import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import type { AttemptResult } from '../../../../lambdas/job/attempt-store.ts';
import { countSteps, Effects, program, runProgram, sentSignals, type Program } from './step-programs.ts';
import { StepJob } from './step-runs.ts';

/** The point at which an invocation's process ends: before the nth store call takes effect, or before the call's response arrives. */
interface Crash {
  call: number;
  isAfter: boolean;
}

/** The fate of one invocation. */
interface Fate {
  crash?: Crash | undefined;
  /** The timeout is either long enough for the whole program, or so short that every step causes a hand-over. */
  timeoutSeconds: number;
}

const fate: fc.Arbitrary<Fate> = fc.record({
  crash: fc.option(fc.record({ call: fc.integer({ min: 1, max: 4 }), isAfter: fc.boolean() }), {
    nil: undefined,
  }),
  timeoutSeconds: fc.constantFrom(60, 4),
});

interface Trial {
  result: AttemptResult;
  effects: Effects;
  job: StepJob;
  /** The steps whose functions were called again even though the store had acknowledged the result. */
  repeated: string[];
}

/** Runs a program until it ends. Each of the first invocations meets one of the fates, in order. */
async function run(tested: Program, fates: readonly Fate[]): Promise<Trial> {
  const repeated: string[] = [];
  const acknowledged = new Set<string>();
  const effects = new Effects((step) => {
    if (acknowledged.has(step)) repeated.push(step);
    job.pass(1);
  });
  const job = new StepJob((context) => runProgram(tested, context, effects));
  for (const name of sentSignals(tested)) job.store.signals.push({ name, payload: `signal ${name}` });

  for (let invocation = 0; ; invocation += 1) {
    const { crash, timeoutSeconds = 60 } = fates[invocation] ?? {};
    job.timeoutSeconds = timeoutSeconds;
    const died = Promise.withResolvers<'died'>();
    let calls = 0;
    let isDead = false;
    const die = (): Promise<never> => {
      isDead = true;
      died.resolve('died');
      return new Promise(() => undefined);
    };
    job.beforeCall = () => {
      calls += 1;
      if (isDead || (crash && !crash.isAfter && calls === crash.call)) return die();
    };
    job.afterCall = (call) => {
      if (isDead || (crash?.isAfter && calls >= crash.call)) return die();
      const [, step = '', status] = call.split(' ');
      if (status === 'success' || status === 'failed') acknowledged.add(step);
    };
    const result = await Promise.race([job.invoke(), died.promise]);
    if (result === 'died') {
      // Aborting clears the dead invocation's timers. Then its lease expires.
      job.pulse.abort('superseded');
      job.pass(60);
      job.attempt += 1;
    } else if (!result.continuation) {
      return { result, effects, job, repeated };
    } else {
      const { steps } = result.continuation;
      const dueAt = job.store.dueAt(steps);
      const isOver = steps.length === 0 || steps.some((step) => job.store.isOver(step));
      if (!isOver && dueAt === undefined) throw new Error(`Nothing ends ${steps.join(', ')}.`);
      if (!isOver) job.now = Math.max(job.now, dueAt ?? 0);
    }
  }
}

describe('random programs with steps', () => {
  it('have the same result with crashes, hand-overs and time limits as without', async () => {
    await fc.assert(
      fc.asyncProperty(program, fc.array(fate, { maxLength: 6 }), async (tested, fates) => {
        const clean = await run(tested, []);
        const { result, repeated, effects, job } = await run(tested, fates);
        expect(result.status).toBe('success');
        expect(result.result).toEqual(clean.result.result);
        expect(repeated).toEqual([]);
        // When a crashed call is repeated, its attempt number stays the same. Only failures increase the number.
        for (const [step, attempts] of effects.attempts) {
          expect([...new Set(attempts)]).toEqual([...new Set(clean.effects.attempts.get(step))]);
          expect(attempts).toEqual([...attempts].sort((a, b) => a - b));
          expect(job.store.get(step)).toEqual(clean.job.store.get(step));
        }
      }),
      { numRuns: 300 },
    );
  }, 60_000);

  it('write at most once per step and once per retry if nothing crashes', async () => {
    await fc.assert(
      fc.asyncProperty(program, async (tested) => {
        const { job, effects } = await run(tested, []);
        const retries = [...effects.attempts.values()].reduce((sum, { length }) => sum + length - 1, 0);
        const waits = job.calls.filter((call) => call.startsWith('wait')).length;
        const again = waits - new Set(job.calls.filter((call) => call.startsWith('wait'))).size;
        expect(job.writes() - again).toBeLessThanOrEqual(countSteps(tested) + retries);
        expect(job.calls.filter((call) => call.startsWith('read'))).toEqual([]);
      }),
      { numRuns: 200 },
    );
  }, 60_000);
});

describe('many steps', () => {
  it('replay fast: 100 of them in less than 50 ms', async () => {
    let hasCrashed = false;
    const job = new StepJob(async ({ step }) => {
      for (let index = 0; index < 100; index += 1) await step.run('step', () => ({ index }));
      if (!hasCrashed) throw new Error('crashed');
      return 'done';
    });
    await job.invoke();
    hasCrashed = true;
    const times: number[] = [];
    for (let round = 0; round < 5; round += 1) {
      const startedAt = performance.now();
      expect(await job.invoke()).toMatchObject({ result: 'done' });
      times.push(performance.now() - startedAt);
    }
    // Only the shortest time counts, because other processes may slow down some of the runs.
    expect(Math.min(...times)).toBeLessThan(50);
    expect(job.calls).toHaveLength(100);
  });

  it('work in one job: 1,000 steps are 1,000 calls of the store', async () => {
    const job = new StepJob(async ({ step }) => {
      let sum = 0;
      for (let index = 0; index < 1_000; index += 1) sum += await step.run('step', () => index);
      await step.sleep('nap', '1h');
      return sum;
    });
    expect(await job.end()).toMatchObject({ result: 499_500 });
    expect(job.calls).toHaveLength(1_001);
    expect(job.store.get('step#1000')).toMatchObject({ result: 999 });
  });
});
