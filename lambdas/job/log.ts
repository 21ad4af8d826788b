/**
 * A structured log. Each line has a message, and fields such as the job's id. Never log a payload, a key or a signed URL.
 */
export interface Log {
  debug(message: string, fields?: Record<string, unknown>): void;
  info(message: string, fields?: Record<string, unknown>): void;
  warn(message: string, fields?: Record<string, unknown>): void;
  error(message: string, fields?: Record<string, unknown>): void;
}

type LogEvent = (event: string, message: string, fields?: Record<string, unknown>) => void;

/**
 * The service's own log. `event` is a snake-case constant that is used in only one place. Pass `event` as a literal,
 * because docs/reference/events.md is generated from the calls in the source code.
 */
export interface ServiceLog {
  readonly debug: LogEvent;
  readonly info: LogEvent;
  readonly warn: LogEvent;
  readonly error: LogEvent;
}

export type LogLevel = keyof ServiceLog;

/** Creates a log from a function that returns the method for each level. */
export function onEachLevel<Line>(lineOf: (level: LogLevel) => Line): Record<LogLevel, Line> {
  return { debug: lineOf('debug'), info: lineOf('info'), warn: lineOf('warn'), error: lineOf('error') };
}

/** Returns a log that adds these fields to every line. */
export function withFields(log: ServiceLog, fields: Record<string, unknown>): ServiceLog {
  return onEachLevel((level) => (event, message, more) => {
    // The log's own fields come first and can't be overwritten.
    log[level](event, message, { ...fields, ...more, ...fields });
  });
}

/** The event name of a handler's log line: `job_log` for `log`, `job_console` for `console`. */
export type HandlerEvent = 'job_log' | 'job_console';

/** Fields of every log line about a job, in addition to the fields that identify the job. */
const FIELDS_OF_EVERY_LINE: readonly string[] = ['event', 'message', 'queue', 'trace_id'];

/**
 * Creates the log for a job's handler. Every line identifies the job. If the name of a handler's field is already taken,
 * an underscore is appended to the name.
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
 * A replacer for `JSON.stringify` that reduces errors to their names and messages. Without this replacer, logging an HTTP
 * client's error could reveal the request's headers and body.
 */
export function errorsAsText(this: Record<string, unknown>, key: string, value: unknown): unknown {
  // Read the original value, because `value` is already the result of the error's own `toJSON`.
  const original = this[key];
  return original instanceof Error ? String(original) : value;
}
