import { setTimeout as wait } from 'node:timers/promises';
import fc from 'fast-check';
import type { Call } from '../world/actors.ts';
import { ENDINGS, type Ending } from '../world/handlers.ts';
import { FATES, type Fate } from '../world/world.ts';
import { command, type Command } from './command.ts';

/** A call's fate. Most calls succeed, because otherwise no job would make progress. */
const fate: fc.Arbitrary<Fate> = fc.oneof(
  { weight: 3, arbitrary: fc.constant('goes well' as const) },
  { weight: 1, arbitrary: fc.constantFrom(...FATES) },
);
const ending: fc.Arbitrary<Ending> = fc.constantFrom(...ENDINGS);
const which = fc.nat({ max: 15 });

/** Executes one waiting call of any actor, so that the actors' calls are interleaved. */
export const steps: fc.Arbitrary<Command> = fc.tuple(which, fate, ending).map(([index, fated, end]) =>
  command(
    `call ${index}: ${fated}, the handler ${end}`,
    ({ actors }) => actors.calls.length > 0,
    async (world) => {
      const { calls } = world.actors;
      const call = calls[index % calls.length];
      if (call) await world.carryOut(call, fated, end);
    },
  ),
);

/** Runs one actor to completion, without interruption. */
export const strides: fc.Arbitrary<Command> = fc
  .tuple(which, ending)
  .map(([index, end]) => stride(`actor ${index} continues`, index, Infinity, 'goes well', end));

/** Runs one actor for several calls. The actor's next call then has a random fate, or keeps waiting. */
export const stumbles: fc.Arbitrary<Command> = fc
  .tuple(which, fc.nat({ max: 5 }), fc.constantFrom(...FATES), ending)
  .map(([index, count, fated, end]) =>
    stride(`actor ${index} makes ${count} calls, then: ${fated}`, index, count, fated, end),
  );

function stride(name: string, index: number, count: number, fated: Fate, end: Ending): Command {
  return command(
    `${name}, the handler ${end}`,
    ({ actors }) => actors.calls.length > 0,
    async (world) => {
      const { calls } = world.actors;
      const actor = calls[index % calls.length]?.actor;
      for (let made = 0; made <= count; made += 1) {
        const call = calls.find((one) => one.actor === actor);
        if (!call) break;
        await world.carryOut(call, made === count ? fated : 'goes well', end);
        await world.check();
      }
    },
  );
}

/**
 * Two statements compete for the same rows. Both begin and take their snapshots while the rows are locked. Then time passes, and the statements lock
 * the rows one after the other.
 */
export const meetings: fc.Arbitrary<Command> = fc
  .tuple(which, which, fc.constantFrom(0, 1_000, 50_000))
  .map(([one, other, ms]) =>
    command(
      `statements ${one} and ${other} meet for ${ms} ms`,
      ({ actors }) => pairOf(actors.calls, one, other) !== undefined,
      async (world) => {
        const pair = pairOf(world.actors.calls, one, other);
        if (!pair) return;
        const answers: Promise<void>[] = [];
        await world.db.whileLocked(async (waiting) => {
          for (const call of pair) {
            answers.push(world.carryOut(call, 'goes well', 'returns'));
            await untilWaiting(answers, waiting);
          }
          await world.advance(ms);
        });
        await Promise.all(answers);
      },
    ),
  );

/** Waits until each statement has either returned its response or begun to wait for a lock on the rows. */
async function untilWaiting(
  answers: readonly Promise<void>[],
  waiting: () => Promise<number>,
): Promise<void> {
  let over = 0;
  for (const answer of answers) {
    void answer.finally(() => {
      over += 1;
    });
  }
  while (over + (await waiting()) < answers.length) await wait(1);
}

/** Returns two waiting statements of different actors. */
function pairOf(calls: readonly Call[], one: number, other: number): [Call, Call] | undefined {
  const statements = calls.filter(({ store }) => store === 'aurora');
  const first = statements[one % statements.length];
  const others = statements.filter(({ actor }) => actor !== first?.actor);
  const second = others[other % others.length];
  return first && second && [first, second];
}
