import type { Reading } from './figure.ts';
import { summarize, type Summary } from './statistics.ts';

/**
 * Divides Errand's figure by a peer's, round by round, because the values of the same round were measured under the same conditions. If one
 * subject has more rounds than the other subject, the additional rounds are ignored.
 */
export function ratioTo(peer: Reading, ours: Reading): Summary {
  return summarize(
    ours.summary.rounds.flatMap((value, round) => {
      const other = peer.summary.rounds[round];
      return other === undefined ? [] : value / other;
    }),
  );
}
