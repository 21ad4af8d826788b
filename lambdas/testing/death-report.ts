import { AssertionError } from 'node:assert';
import { inspect } from 'node:util';
import { describeError } from '../job/storable.ts';
import { judge, type LostEffect, type RepeatedEffect, type Verdict } from './death-verdict.ts';
import type { KillPoint } from './killable-attempt.ts';
import type { DeadlyRun, Death } from './run-with-deaths.ts';

/** The findings of `runEveryDeath`. */
export interface DeathReport {
  /** Whether the effects, the job's outcome and its final state were the same after every death. */
  readonly isIdempotent: boolean;
  /** The number of runs with at least one death. */
  readonly runs: number;
  readonly repeated: readonly RepeatedEffect[];
  readonly lost: readonly LostEffect[];
  /** Planned deaths that did not happen, because the handler did not make the call, or ended without awaiting it. */
  readonly missed: readonly KillPoint[];
  /** All findings, as text. */
  readonly text: string;
  /** Throws an AssertionError with the report's text if the job is not idempotent. */
  readonly assertIdempotent: () => void;
}

export function createReport(job: string, clean: DeadlyRun, runs: readonly DeadlyRun[]): DeathReport {
  const verdicts = runs.map((run) => judge(run, clean));
  const bad = verdicts.filter(isBad);
  const missed = runs.flatMap(({ planned, deaths }) => planned.slice(deaths.length));
  const isIdempotent = bad.length === 0 && missed.length === 0;
  const text = [
    `The job "${job}" ${isIdempotent ? 'is idempotent' : 'is not shown to be idempotent'}: ` +
      `${callsText(clean.calls.length)}, ${runs.length} runs with a death.`,
    ...bad.map((verdict) => verdictText(verdict, clean)),
    ...missed.map(
      (point) =>
        `Not killed ${point.moment} ${pointText(point)}: the handler did not make this call, or did not await it.`,
    ),
  ].join('\n\n');
  const assertIdempotent = (): void => {
    if (!isIdempotent) throw new AssertionError({ message: text, stackStartFn: assertIdempotent });
  };
  return {
    isIdempotent,
    runs: runs.length,
    repeated: verdicts.flatMap(({ repeated }) => repeated),
    lost: verdicts.flatMap(({ lost }) => lost),
    missed,
    text,
    assertIdempotent,
  };
}

function callsText(count: number): string {
  return count === 1 ? '1 call of an effect' : `${count} calls of effects`;
}

function isBad({ repeated, lost, endedOtherwise, leftAnotherState }: Verdict): boolean {
  return repeated.length > 0 || lost.length > 0 || endedOtherwise || leftAnotherState;
}

function verdictText(verdict: Verdict, clean: DeadlyRun): string {
  const { run, repeated, lost, endedOtherwise, leftAnotherState } = verdict;
  const lines = [
    ...run.deaths.map((death) => `Killed ${deathText(death)}:`),
    ...repeated.map(
      ({ effect, attempt, identity, source }) =>
        `  repeated: ${effect} in attempt ${attempt} at ${source}: ${identity}`,
    ),
    ...lost.map(({ effect, identity, source }) => `  lost: ${effect} at ${source}: ${identity}`),
  ];
  if (endedOtherwise) {
    const reason = run.status === 'failed' ? ` (${describeError(run.error)})` : '';
    lines.push(`  the job ended as ${run.status}${reason} instead of ${clean.status}`);
  }
  if (leftAnotherState)
    lines.push(`  the state is ${inspect(run.state)}`, `  instead of   ${inspect(clean.state)}`);
  return lines.join('\n');
}

function deathText({ moment, source, ...point }: Death): string {
  return `${moment} ${pointText(point)} (${source})`;
}

function pointText({ effect, call, attempt }: Pick<KillPoint, 'effect' | 'call' | 'attempt'>): string {
  return `call ${call} of ${effect} in attempt ${attempt}`;
}
