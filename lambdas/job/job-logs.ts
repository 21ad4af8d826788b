import type { LogPart } from './log-buffer.ts';
import type { LogLine } from './log-line.ts';
import type { JobStatus } from './status.ts';

/** A position in a job's log: directly after part `part` of attempt `attempt`. */
export interface LogPosition {
  readonly attempt: number;
  readonly part: number;
}

export const LOG_START: LogPosition = { attempt: 0, part: 0 };

/** The parts of a job's log after a position, oldest first: as many as fit into one response. */
export interface StoredLog {
  /** The job's status, read together with the parts. If the job has ended, its log is complete. */
  readonly status: JobStatus;
  readonly parts: readonly (LogPart & { attempt: number })[];
  /** Whether there may be more parts. */
  readonly hasMore: boolean;
}

/** A job log line in the API's format. */
export type JobLogLine = LogLine & { attempt: number };

/**
 * Returns the lines in the parts, and the position after them. If earlier parts of an attempt's log were deleted, adds a
 * line that says so.
 */
export function linesOf({ parts }: StoredLog, start: LogPosition): { lines: JobLogLine[]; end: LogPosition } {
  const lines: JobLogLine[] = [];
  let end = start;
  for (const { attempt, part, lines: ofPart } of parts) {
    const expected = attempt === end.attempt ? end.part + 1 : 0;
    const first = ofPart[0];
    if (part > expected && first) lines.push({ attempt, ...missingLines(first.time) });
    lines.push(...ofPart.map((line) => ({ attempt, ...line })));
    end = { attempt, part };
  }
  return { lines, end };
}

function missingLines(time: string): LogLine {
  return { time, level: 'warn', message: 'Earlier lines of this attempt are no longer kept.', fields: {} };
}
