/** Structured logging: one message, and fields that name what it is about. Never a payload, a key or a signed URL. */
export interface Log {
  debug(message: string, fields?: Record<string, unknown>): void;
  info(message: string, fields?: Record<string, unknown>): void;
  warn(message: string, fields?: Record<string, unknown>): void;
  error(message: string, fields?: Record<string, unknown>): void;
}

type LogEvent = (event: string, message: string, fields?: Record<string, unknown>) => void;

/**
 * The log of the service itself. Each line names what happened: `event` is a constant in snake case, used in one place only. Give it as
 * a literal, because docs/reference/events.md is made from the calls in the sources.
 */
export interface ServiceLog {
  readonly debug: LogEvent;
  readonly info: LogEvent;
  readonly warn: LogEvent;
  readonly error: LogEvent;
}

export type LogLevel = keyof ServiceLog;

/** A log from what writes a line of one level. */
export function onEachLevel<Line>(lineOf: (level: LogLevel) => Line): Record<LogLevel, Line> {
  return { debug: lineOf('debug'), info: lineOf('info'), warn: lineOf('warn'), error: lineOf('error') };
}

/** A log whose every line has these fields too. */
export function withFields(log: ServiceLog, fields: Record<string, unknown>): ServiceLog {
  return onEachLevel((level) => (event, message, more) => {
    // They come first, and can't be overwritten.
    log[level](event, message, { ...fields, ...more, ...fields });
  });
}

/** The events of what a job's handler logs: with `log`, and with `console`. */
export type HandlerEvent = 'job_log' | 'job_console';

/** What lines about a job have besides the fields that name the job. */
const FIELDS_OF_EVERY_LINE: readonly string[] = ['event', 'message', 'queue', 'trace_id'];

/**
 * The log that a job's handler gets: its lines name the job. A field of the handler's whose name the service uses itself is kept with
 * an underscore behind its name.
 */
export function logOfJob(
  log: ServiceLog,
  job: Record<string, unknown>,
  event: HandlerEvent = 'job_log',
): Log {
  return onEachLevel((level): Log['info'] => (message, fields = {}) => {
    const line = { ...job };
    for (const [name, value] of Object.entries(fields)) {
      const isTaken = Object.hasOwn(job, name) || FIELDS_OF_EVERY_LINE.includes(name);
      line[isTaken ? `${name}_` : name] = value;
    }
    log[level](event, message, line);
  });
}

/**
 * A replacer for `JSON.stringify`: errors become their names and messages. The fields of an HTTP client's error may hold the request,
 * with its headers and body.
 */
export function errorsAsText(this: Record<string, unknown>, key: string, value: unknown): unknown {
  // `value` is what the error's own `toJSON` made of it.
  const original = this[key];
  return original instanceof Error ? String(original) : value;
}
