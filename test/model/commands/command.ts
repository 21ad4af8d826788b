import type fc from 'fast-check';
import type { World } from '../world/world.ts';

/** The parts of the world that a command may read when it is chosen. Reading does not change the world. */
export type Situation = Pick<World, 'actors' | 'queue' | 'rows' | 'now'>;

/** One step of the model. Every step ends with a check of the invariants. */
export type Command = fc.AsyncCommand<Situation, World>;

/** A command with a name, a condition, and an action. */
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
