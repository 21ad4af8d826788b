/** Structured logging: one message, and fields that identify its subject. Never log a payload, a key or a signed URL. */
export interface Log {
  debug(message: string, fields?: Record<string, unknown>): void;
  info(message: string, fields?: Record<string, unknown>): void;
  warn(message: string, fields?: Record<string, unknown>): void;
  error(message: string, fields?: Record<string, unknown>): void;
}

type LogEvent = (event: string, message: string, fields?: Record<string, unknown>) => void;

/**
 * The log of the service itself. Each line names its event: `event` is a constant in snake case, used in only one place. Pass it
 * as a literal, because docs/reference/events.md is generated from the calls in the sources.
 */
export interface ServiceLog {
  readonly debug: LogEvent;
  readonly info: LogEvent;
  readonly warn: LogEvent;
  readonly error: LogEvent;
}

export type LogLevel = keyof ServiceLog;

/** Builds a log from a function that returns the writer of one level. */
export function onEachLevel<Line>(lineOf: (level: LogLevel) => Line): Record<LogLevel, Line> {
  return { debug: lineOf('debug'), info: lineOf('info'), warn: lineOf('warn'), error: lineOf('error') };
}

/** A log that adds these fields to every line. */
export function withFields(log: ServiceLog, fields: Record<string, unknown>): ServiceLog {
  return onEachLevel((level) => (event, message, more) => {
    // These fields come first, and can't be overwritten.
    log[level](event, message, { ...fields, ...more, ...fields });
  });
}

/** The events of a handler's log lines: from `log`, and from `console`. */
export type HandlerEvent = 'job_log' | 'job_console';

/** The fields of a line about a job besides those that identify the job. */
const FIELDS_OF_EVERY_LINE: readonly string[] = ['event', 'message', 'queue', 'trace_id'];

/**
 * The log for a job's handler: its lines identify the job. If the handler uses a field name that the service uses itself, an
 * underscore is appended to the name.
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
 * A replacer for `JSON.stringify`: converts errors to their names and messages. The other fields of an HTTP client's error may
 * contain the request, with its headers and body.
 */
export function errorsAsText(this: Record<string, unknown>, key: string, value: unknown): unknown {
  // `value` is the result of the error's own `toJSON`.
  const original = this[key];
  return original instanceof Error ? String(original) : value;
}
