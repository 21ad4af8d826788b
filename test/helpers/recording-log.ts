import { logOfJob, onEachLevel, type Log, type LogLevel, type ServiceLog } from '../../lambdas/job/log.ts';

export interface LogEntry {
  level: LogLevel;
  event: string;
  message: string;
  fields: Record<string, unknown>;
}

/** A log of the service that keeps what it is told, for tests that look at it. */
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

/** The log of a job's handler that keeps what it is told. */
export interface RecordingJobLog extends Log {
  readonly entries: LogEntry[];
}

export function createRecordingJobLog(): RecordingJobLog {
  const log = createRecordingLog();
  return { ...logOfJob(log, {}), entries: log.entries };
}
