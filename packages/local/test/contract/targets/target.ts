import type { World } from '../world.ts';

/** A running cloud. The code that started it must stop it. */
export interface Target {
  readonly world: World;
  end(): Promise<void>;
}
