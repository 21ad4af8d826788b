import { isDeepStrictEqual } from 'node:util';
import type { EffectCall } from './killable-attempt.ts';
import type { DeadlyRun, Death } from './run-with-deaths.ts';

/** An effect that a handler repeated after a death, even though an earlier call had already caused it. */
export interface RepeatedEffect {
  /** The effect's declared name. */
  readonly effect: string;
  /** The location of the call that repeated the effect, such as `jobs/pay.ts:12:20`. */
  readonly source: string;
  readonly attempt: number;
  /** The call's key or arguments. */
  readonly identity: string;
  /** The deaths that led to the repetition. */
  readonly deaths: readonly Death[];
}

/** An effect that a run without deaths causes, but that never happened in this run, although the job succeeded. */
export interface LostEffect {
  readonly effect: string;
  /** The location of the call that causes the effect in a run without deaths. */
  readonly source: string;
  readonly identity: string;
  readonly deaths: readonly Death[];
}

/** The findings about one run of the job. */
export interface Verdict {
  readonly run: DeadlyRun;
  readonly repeated: readonly RepeatedEffect[];
  readonly lost: readonly LostEffect[];
  readonly endedOtherwise: boolean;
  readonly leftAnotherState: boolean;
}

/** Compares a run with deaths to a run without deaths. The order of the effects does not matter. */
export function judge(run: DeadlyRun, clean: DeadlyRun): Verdict {
  const endedOtherwise = run.status !== clean.status;
  const repeated: RepeatedEffect[] = [];
  const lost: LostEffect[] = [];
  for (const effect of new Set([...clean.calls, ...run.calls].map((call) => call.effect))) {
    const made = timesMade(run, effect);
    const expected = timesMade(clean, effect);
    const repeats = repeatsIn(made, expected);
    for (const { source, attempt, identity } of repeats)
      repeated.push({ effect, source, attempt, identity, deaths: run.deaths });
    if (endedOtherwise) continue;
    const missing = expected.length - (made.length - repeats.length);
    for (const { source, identity } of without(expected, made).slice(0, Math.max(0, missing)))
      lost.push({ effect, source, identity, deaths: run.deaths });
  }
  const leftAnotherState = !isDeepStrictEqual(run.state, clean.state);
  return { run, repeated, lost, endedOtherwise, leftAnotherState };
}

/** Selects the calls that changed something. Of several calls with the same key, only the first counts. */
function timesMade({ calls }: DeadlyRun, effect: string): EffectCall[] {
  const made = calls.filter((call) => call.effect === effect && call.isMade);
  return made.filter(
    ({ isKeyed, identity }, index) =>
      !isKeyed || made.findIndex((earlier) => earlier.identity === identity) === index,
  );
}

/**
 * Returns the calls that repeat an effect. Calls with the same key or arguments are repeats if there are more of them than
 * in a run without deaths, and more than in any single attempt. If the arguments differ between attempts, the total number
 * of calls is compared instead.
 */
function repeatsIn(made: readonly EffectCall[], expected: readonly EffectCall[]): EffectCall[] {
  const repeats = [...Map.groupBy(made, ({ identity }) => identity)].flatMap(([identity, calls]) => {
    const usual = expected.filter((call) => call.identity === identity).length;
    return calls.slice(Math.max(usual, mostInOneAttempt(calls)));
  });
  const excess = made.length - repeats.length - expected.length;
  if (excess <= 0) return repeats;
  const firstAttempt = Math.min(...made.map(({ attempt }) => attempt));
  const others = made
    .filter(({ attempt }) => attempt > firstAttempt)
    .filter((call) => !repeats.includes(call));
  return [...repeats, ...without(others, expected).slice(-excess)];
}

function mostInOneAttempt(calls: readonly EffectCall[]): number {
  return Math.max(...[...Map.groupBy(calls, ({ attempt }) => attempt).values()].map(({ length }) => length));
}

/** Returns the calls that have no counterpart in the other list. */
function without(calls: readonly EffectCall[], others: readonly EffectCall[]): EffectCall[] {
  const left = others.map(({ identity }) => identity);
  return calls.filter(({ identity }) => {
    const index = left.indexOf(identity);
    if (index >= 0) left.splice(index, 1);
    return index < 0;
  });
}
