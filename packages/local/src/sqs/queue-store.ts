import type { DatabaseSync } from 'node:sqlite';

/** The attributes that a queue's owner has set, keyed by SQS's names. */
export type QueueAttributes = Readonly<Record<string, string>>;

export interface Queue {
  readonly name: string;
  readonly attributes: QueueAttributes;
  /** The creation time, in milliseconds since the epoch. */
  readonly createdAt: number;
  readonly modifiedAt: number;
}

/** The queues themselves, without their messages. */
export interface QueueStore {
  find(name: string): Queue | undefined;
  /** All queues, sorted by name. */
  list(): Queue[];
  save(queue: Queue): void;
  /** Deletes a queue with all its messages. */
  delete(name: string): void;
}

export function createQueueStore(database: DatabaseSync): QueueStore {
  const upsert = database.prepare(`
    INSERT INTO queue (name, attributes, created_at, modified_at) VALUES (?, ?, ?, ?)
    ON CONFLICT (name) DO UPDATE SET attributes = excluded.attributes, modified_at = excluded.modified_at`);
  const remove = database.prepare('DELETE FROM queue WHERE name = ?');
  const selectAll = database.prepare('SELECT name, attributes, created_at, modified_at FROM queue');

  // Queues are cached in memory, because every call looks up a queue, and there are only a few. Writes go to both the cache and the
  // database.
  const queues = new Map<string, Queue>();
  for (const row of selectAll.all()) {
    const name = row.name as string;
    queues.set(name, {
      name,
      attributes: JSON.parse(row.attributes as string) as QueueAttributes,
      createdAt: row.created_at as number,
      modifiedAt: row.modified_at as number,
    });
  }

  return {
    find: (name) => queues.get(name),
    list: () => [...queues.values()].sort((a, b) => (a.name < b.name ? -1 : 1)),
    save(queue) {
      upsert.run(queue.name, JSON.stringify(queue.attributes), queue.createdAt, queue.modifiedAt);
      queues.set(queue.name, queue);
    },
    delete(name) {
      remove.run(name);
      queues.delete(name);
    },
  };
}
