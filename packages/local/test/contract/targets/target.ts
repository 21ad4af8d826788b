import type { World } from '../world.ts';

/** A running cloud. Whoever started it must end it. */
export interface Target {
  readonly world: World;
  end(): Promise<void>;
}
