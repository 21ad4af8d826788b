import { v7 as uuidv7 } from 'uuid';
import type { Clock } from '../job/clock.ts';

/** The system's clock, UUIDv7 and random numbers. */
export const systemClock: Clock = {
  now: () => new Date(),
  newId: () => uuidv7(),
  random: () => Math.random(),
};
