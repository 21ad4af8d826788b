import { logOfJob, onEachLevel, type Log, type LogLevel, type ServiceLog } from '../../lambdas/job/log.ts';

export interface LogEntry {
  level: LogLevel;
  event: string;
  message: string;
  fields: Record<string, unknown>;
}

/** A service log that records its entries for assertions. */
export interface RecordingLog extends ServiceLog {
  readonly entries: LogEntry[];
}

export function createRecordingLog(): RecordingLog {
  const entries: LogEntry[] = [];
  const log = onEachLevel((level): ServiceLog['info'] => (event, message, fields = {}) => {
    entries.push({ level, event, message, fields });
  });
  return { entries, ...log };
}

/** A job handler's log that records its entries. */
export interface RecordingJobLog extends Log {
  readonly entries: LogEntry[];
}

export function createRecordingJobLog(): RecordingJobLog {
  const log = createRecordingLog();
  return { ...logOfJob(log, {}), entries: log.entries };
}
