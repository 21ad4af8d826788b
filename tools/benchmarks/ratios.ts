import type { Reading } from './figure.ts';
import { summarize, type Summary } from './statistics.ts';

/**
 * Errand's figure divided by a peer's, round by round: both were measured in the same round. If one has more rounds, its last ones are left
 * out.
 */
export function ratioTo(peer: Reading, ours: Reading): Summary {
  return summarize(
    ours.summary.rounds.flatMap((value, round) => {
      const other = peer.summary.rounds[round];
      return other === undefined ? [] : value / other;
    }),
  );
}
