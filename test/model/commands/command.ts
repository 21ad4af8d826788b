import type fc from 'fast-check';
import type { World } from '../world/world.ts';

/** What a command may look at when it is chosen: the world as it is, which it does not change by looking. */
export type Situation = Pick<World, 'actors' | 'queue' | 'rows' | 'now'>;

/** One step of the model. Every step ends with a look at the invariants. */
export type Command = fc.AsyncCommand<Situation, World>;

/** A command of a name, of a condition, and of what it does. */
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
