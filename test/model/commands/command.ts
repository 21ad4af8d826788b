import type fc from 'fast-check';
import type { World } from '../world/world.ts';

/** The part of the world that a command reads to decide whether it can run. This decision must not change the world. */
export type Situation = Pick<World, 'actors' | 'queue' | 'rows' | 'now'>;

/** One step of the model. After every step, the invariants are checked. */
export type Command = fc.AsyncCommand<Situation, World>;

/** Creates a command from a name, a condition and an action. */
export function command(
  name: string,
  check: (situation: Situation) => boolean,
  run: (world: World) => Promise<void> | void,
): Command {
  return {
    check,
    async run(_situation, world) {
      await run(world);
      await world.actors.settle();
      await world.check();
    },
    toString: () => name,
  };
}
