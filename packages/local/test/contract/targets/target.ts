import type { World } from '../world.ts';

/** A cloud that was started, and is ended by who started it. */
export interface Target {
  readonly world: World;
  end(): Promise<void>;
}
