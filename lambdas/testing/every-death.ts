import { setTimeout as wait } from 'node:timers/promises';
import { isDeepStrictEqual } from 'node:util';
import type { JobDefinition } from '../job/definition.ts';
import { describeError } from '../job/storable.ts';
import { CurrentAttempt } from './current-attempt.ts';
import { createReport, type DeathReport } from './death-report.ts';
import type { Effect } from './effect.ts';
import { holdErrorGuard } from './guard-errors.ts';
import type { KillPoint } from './killable-attempt.ts';
import { replaceMethods } from './replaced-methods.ts';
import { runWithDeaths, type DeadlyRun, type RunOptions } from './run-with-deaths.ts';

export interface EveryDeathOptions extends RunOptions {
  /** The handler's side effects, by the names that the report uses. */
  readonly effects: Readonly<Record<string, Effect>>;
  /**
   * The maximum number of deaths per run. With two deaths per run, the number of runs grows with the square of the number of
   * calls.
   *
   * @default 1
   */
  readonly deaths?: 1 | 2;
}

/**
 * Tests whether a job is idempotent by killing its handler at every call of a declared effect: once just before the effect,
 * and once after the effect but before the handler gets the response. After each death, the job continues with its next
 * attempt. The report names the effects that were repeated or lost.
 *
 * A killed handler never continues. In a killed handler's parallel branches, calls of the declared effects, `submit` and
 * `files` stay pending; other code in these branches can't be stopped.
 *
 * `context.submit` counts as an effect that creates each job once. `progress` and `files.write` may be repeated: progress is
 * overwritten, and an unreferenced file expires.
 *
 * ```ts
 * const report = await runEveryDeath(pay, payload, {
 *   effects: { charge: effect(payments, 'charge', { key: ({ idempotencyKey }) => idempotencyKey }) },
 * });
 * report.assertIdempotent();
 * ```
 *
 * @throws InvalidRequestError if a submission would reject the payload
 * @throws TypeError for an effect that can't be declared this way, such as an exported function or a method that returns no
 * promise
 * @throws Error if a run without deaths fails or causes no effect, or if two runs without deaths differ
 */
export async function runEveryDeath<Payload, Result>(
  definition: JobDefinition<string, Payload, Result>,
  payload: NoInfer<Payload>,
  options: EveryDeathOptions,
): Promise<DeathReport> {
  const { effects, deaths = 1 } = options;
  const current = new CurrentAttempt();
  const restore = replaceMethods(effects, current);
  const run = (killPoints: readonly KillPoint[]): Promise<DeadlyRun> =>
    runWithDeaths({ definition, payload, options, current }, killPoints);
  try {
    return await holdErrorGuard(async () => {
      const startedAt = performance.now();
      const clean = await cleanRun(run, Object.keys(effects));
      const cleanMs = performance.now() - startedAt;
      const runs = await runsAfter(clean, [], deaths, run);
      // Wait until the parallel branches of killed handlers have ended, because the effects' methods must stay replaced until
      // then.
      await wait(cleanMs);
      return createReport(definition.name, clean, runs);
    });
  } finally {
    restore();
  }
}

/**
 * Starts two new runs for every call that `run` made after its last death: the job dies before the call's effect in one run,
 * and after the effect in the other. If `deaths` is 2, kills the job a second time in further runs.
 */
async function runsAfter(
  run: DeadlyRun,
  killPoints: readonly KillPoint[],
  deaths: number,
  runWith: (killPoints: readonly KillPoint[]) => Promise<DeadlyRun>,
): Promise<DeadlyRun[]> {
  if (deaths === 0) return [];
  const lastDeath = killPoints.at(-1)?.attempt ?? 0;
  const runs: DeadlyRun[] = [];
  for (const { attempt, effect, call } of run.calls.filter((each) => each.attempt > lastDeath)) {
    for (const moment of ['before', 'after'] as const) {
      const more = [...killPoints, { attempt, effect, call, moment }];
      const next = await runWith(more);
      runs.push(next);
      if (next.deaths.length === more.length)
        runs.push(...(await runsAfter(next, more, deaths - 1, runWith)));
    }
  }
  return runs;
}

/** Runs the job twice without deaths. If the two runs differ, the handler can't be tested. */
async function cleanRun(
  run: (killPoints: readonly KillPoint[]) => Promise<DeadlyRun>,
  declared: readonly string[],
): Promise<DeadlyRun> {
  const first = await run([]);
  if (first.status === 'failed') {
    throw new Error(`The job fails without any death: ${describeError(first.error)}`, { cause: first.error });
  }
  if (first.calls.length === 0) {
    const names = declared.length === 0 ? 'no effect is declared' : `declared are ${declared.join(', ')}`;
    throw new Error(
      `The handler called no effect, so there is no call at which it could be killed: ${names}. ` +
        'The handler must call the methods through the objects that you pass to effect().',
    );
  }
  const second = await run([]);
  const difference = differenceOf(first, second);
  if (difference === undefined) return first;
  throw new Error(
    `Two runs without a death differ: ${difference}. Set setUp to a function that undoes the changes of a run, ` +
      'and inject random values.',
  );
}

function differenceOf(first: DeadlyRun, second: DeadlyRun): string | undefined {
  if (first.status !== second.status)
    return `the first ended as ${first.status}, the second as ${second.status}`;
  for (const effect of new Set([...first.calls, ...second.calls].map((call) => call.effect))) {
    const [before, after] = [first, second].map(
      ({ calls }) => calls.filter((call) => call.effect === effect).length,
    );
    if (before !== after)
      return `the first called ${effect} ${before ?? 0} times, the second ${after ?? 0} times`;
  }
  if (!isDeepStrictEqual(first.state, second.state)) return 'their states are not equal';
  return undefined;
}
