import type { Failure } from './failure.ts';
import type { LogBuffer } from './log-buffer.ts';
import { jsonBytes, storableLine, type LogLine } from './log-line.ts';
import { onEachLevel, type Log } from './log.ts';

/** The maximum number of log lines stored with a failure, and their maximum total size in bytes of JSON. */
export const MAX_LOG_LINES = 20;
export const MAX_LOG_BYTES = 8 * 1024;

/** The log of one attempt's handler. */
export interface AttemptLog {
  readonly log: Log;
  /** The log that receives the handler's `console` output. */
  readonly console: Log;
  /** Returns the log's last lines, which are stored with a failed attempt. */
  readonly lastLines: () => Failure['log'];
}

/** Creates a log that forwards every line, adds it to the job's stored log, and keeps the last lines for the failure. */
export function createAttemptLog(
  { log, console }: { log: Log; console: Log },
  buffer: Pick<LogBuffer, 'add'>,
  now: () => Date,
): AttemptLog {
  const last: LogLine[] = [];
  const keepingLog = (sink: Log): Log =>
    onEachLevel((level): Log['info'] => (message, fields) => {
      // Convert the line now, so that a long string or a large object isn't kept in memory until the line is written.
      const line = storableLine({ time: now(), level, message, fields: fields ?? {} });
      buffer.add(line);
      last.push(line);
      if (last.length > MAX_LOG_LINES) last.shift();
      sink[level](message, fields);
    });
  return {
    log: keepingLog(log),
    console: keepingLog(console),
    lastLines() {
      const lines: Failure['log'] = [];
      let bytes = jsonBytes([]);
      for (const line of last.toReversed()) {
        bytes += jsonBytes(line) + 1;
        if (bytes > MAX_LOG_BYTES) break;
        lines.unshift(line);
      }
      return lines;
    },
  };
}
