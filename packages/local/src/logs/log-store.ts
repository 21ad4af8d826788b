/** A log line as a CloudWatch Logs event. */
export interface LogEvent {
  /** A counter across all groups. It identifies and orders the events. */
  readonly id: number;
  readonly stream: string;
  /** Milliseconds since the epoch. */
  readonly timestamp: number;
  readonly message: string;
}

export interface LogStore {
  add(group: string, stream: string, message: string): void;
  /** The names of the groups that have events, in alphabetical order. */
  groups(): string[];
  /** The events kept for a group, oldest first; undefined for an unknown group. */
  eventsOf(group: string): readonly LogEvent[] | undefined;
}

/** The maximum number of events kept per group. When the limit is reached, the oldest event is dropped. */
export const KEPT_EVENTS = 10_000;

/** Keeps each log group's most recent lines in memory, so a restart begins with empty logs. */
export function createLogStore(now: () => number = Date.now): LogStore {
  const groups = new Map<string, LogEvent[]>();
  let lastId = 0;
  return {
    add(group, stream, message) {
      const events = groups.get(group) ?? [];
      groups.set(group, events);
      lastId += 1;
      events.push({ id: lastId, stream, timestamp: now(), message });
      // Removes half of the array at once. Removing events one by one would be slow, because each removal moves all remaining events.
      if (events.length >= 2 * KEPT_EVENTS) events.splice(0, events.length - KEPT_EVENTS);
    },
    groups: () => [...groups.keys()].sort(),
    eventsOf: (group) => groups.get(group)?.slice(-KEPT_EVENTS),
  };
}
