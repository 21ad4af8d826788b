import { v7 as uuidv7 } from 'uuid';
import type { Chance } from '../job/ports.ts';

/** The system's clock and random sources. */
export const systemChance: Chance = {
  now: () => new Date(),
  newId: () => uuidv7(),
  random: () => Math.random(),
};
