import { createHash } from 'node:crypto';
import type { At } from './rule.ts';

/**
 * Whether a rule applies to its k-th matching event, counting from 1. A random share depends only on the seed and k, so the same
 * seed selects the same matches again.
 */
export function strikes(at: At | undefined, k: number): boolean {
  if (at === undefined) return true;
  const { nth, from, first, share, seed } = at;
  if (nth !== undefined) return k === nth;
  if (from !== undefined) return k >= from;
  if (first !== undefined) return k <= first;
  return share !== undefined && seed !== undefined && chance(seed, k) < share;
}

/** Returns a number in [0, 1). For any seed, the numbers for successive k are uniformly distributed. */
function chance(seed: number | string, k: number): number {
  const digest = createHash('sha256').update(`${seed}:${k}`).digest();
  return digest.readUIntBE(0, 6) / 2 ** 48;
}
