import type { DatabaseSync } from 'node:sqlite';
import { MESSAGE_GROUP } from './database.ts';
import { DUE_COLUMNS } from './stored-message.ts';
import type { Row } from './stored-message.ts';

/**
 * Creates a fair queue's delivery order. The message group with the fewest in-flight messages is delivered first, so that one group's backlog
 * does not delay the other groups. AWS delays only groups that it classifies as noisy. A group is noisy if it has a large share of the in-flight
 * messages (more than 30 messages, and more than 10%), or of the recent processing time. These thresholds are approximate, so they are not
 * emulated.
 * https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-fair-queues-detailed.html
 *
 * @returns undefined if there are fewer than two groups
 */
export function createFairOrder(
  database: DatabaseSync,
): (queue: string, now: number, limit: number) => Row[] | undefined {
  // Jumps from group to group in the index, without reading the messages in between.
  const selectGroups = database.prepare(`
    WITH RECURSIVE present (name) AS (
      SELECT min(${MESSAGE_GROUP}) FROM message WHERE queue = :queue
      UNION ALL
      SELECT (SELECT min(${MESSAGE_GROUP}) FROM message WHERE queue = :queue AND ${MESSAGE_GROUP} > present.name)
      FROM present WHERE present.name IS NOT NULL
    )
    SELECT name FROM present WHERE name IS NOT NULL`);
  const countInFlight = database.prepare(`
    SELECT count(*) AS number FROM message
    WHERE queue = ? AND ${MESSAGE_GROUP} = ? AND visible_at > ? AND deliveries > 0`);
  const selectDue = database.prepare(`
    SELECT ${DUE_COLUMNS} FROM message
    WHERE queue = ? AND ${MESSAGE_GROUP} = ? AND visible_at <= ? ORDER BY visible_at, id LIMIT ?`);

  return (queue, now, limit) => {
    const names = selectGroups.all({ queue }) as unknown as { name: string }[];
    if (names.length < 2) return undefined;
    const groups = names.map(({ name }) => ({
      due: selectDue.all(queue, name, now, limit) as unknown as Row[],
      inFlight: Number(countInFlight.get(queue, name, now)?.number),
    }));
    const chosen: Row[] = [];
    while (chosen.length < limit) {
      const [next] = groups
        .filter(({ due }) => due.length > 0)
        .sort((a, b) => a.inFlight - b.inFlight || (a.due[0]?.visibleAt ?? 0) - (b.due[0]?.visibleAt ?? 0));
      const message = next?.due.shift();
      if (!next || !message) break;
      next.inFlight += 1;
      chosen.push(message);
    }
    return chosen;
  };
}
