import type { Log } from '../../lambdas/job/log.ts';

export interface LogEntry {
  level: keyof Log;
  message: string;
  fields: Record<string, unknown>;
}

/** A log that keeps what it is told, for tests that look at it. */
export interface RecordingLog extends Log {
  readonly entries: LogEntry[];
}

export function createRecordingLog(): RecordingLog {
  const entries: LogEntry[] = [];
  const record =
    (level: keyof Log) =>
    (message: string, fields: Record<string, unknown> = {}): void => {
      entries.push({ level, message, fields });
    };
  return {
    entries,
    debug: record('debug'),
    info: record('info'),
    warn: record('warn'),
    error: record('error'),
  };
}
