/** A line of a log in CloudWatch Logs' form. */
export interface LogEvent {
  /** A counter over all groups, which orders the events and identifies each one. */
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
  /** The number of events that are kept per group. */
  eventsOf(group: string): readonly LogEvent[] | undefined;
}

/** A new event replaces the oldest one. An older one makes room for a new one. */
export const KEPT_EVENTS = 10_000;

/** Keeps the last lines of each log group in memory: a restart begins with empty logs. */
export function createLogStore(now: () => number = Date.now): LogStore {
  const groups = new Map<string, LogEvent[]>();
  let lastId = 0;
  return {
    add(group, stream, message) {
      const events = groups.get(group) ?? [];
      groups.set(group, events);
      lastId += 1;
      events.push({ id: lastId, stream, timestamp: now(), message });
      // Trimmed by half at a time, so that adding a line does not move all others.
      if (events.length >= 2 * KEPT_EVENTS) events.splice(0, events.length - KEPT_EVENTS);
    },
    groups: () => [...groups.keys()].sort(),
    eventsOf: (group) => groups.get(group)?.slice(-KEPT_EVENTS),
  };
}
