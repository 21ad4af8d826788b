import type { Schema } from 'errand-client';

/** Failed jobs of one type with the same message, apart from the numbers and ids in it. */
export interface FailureGroup {
  readonly type: string;
  /** The message of the job that failed last; null if it has none. */
  readonly message: string | null;
  readonly jobs: number;
  /** When the first and the last of these jobs failed, in ISO 8601. */
  readonly firstTime: string | null;
  readonly lastTime: string | null;
  /** The job that failed last. */
  readonly lastJobId: string;
}

type FailedJob = Pick<Schema<'JobSummary'>, 'job_id' | 'type' | 'message' | 'end_time'>;

/** UUIDs and other long hexadecimal ids, and numbers: what differs between two messages of one cause. */
const VARIABLE_PART =
  /\b[\da-f]{8}(?:-[\da-f]{4}){3}-[\da-f]{12}\b|\b(?=[a-f]*\d)[\da-f]{8,}\b|\d+(?:[.,:]\d+)*/gi;

/** Groups failed jobs by type and message, the largest group first. */
export function groupFailures(jobs: readonly FailedJob[]): FailureGroup[] {
  // Map.groupBy needs Node 21.
  const groups = new Map<string, FailedJob[]>();
  for (const job of jobs) {
    const key = JSON.stringify([job.type, patternOf(job.message)]);
    groups.set(key, [...(groups.get(key) ?? []), job]);
  }
  return [...groups.values()].map(toGroup).sort((a, b) => b.jobs - a.jobs || compareTimes(b, a));
}

function patternOf(message: string | null): string | null {
  return message?.replaceAll(VARIABLE_PART, '#') ?? null;
}

function toGroup(jobs: FailedJob[]): FailureGroup {
  const [first, ...others] = jobs.toSorted((a, b) => compareText(a.end_time, b.end_time)) as [
    FailedJob,
    ...FailedJob[],
  ];
  const last = others.at(-1) ?? first;
  return {
    type: last.type,
    message: last.message,
    jobs: jobs.length,
    firstTime: first.end_time,
    lastTime: last.end_time,
    lastJobId: last.job_id,
  };
}

function compareTimes(a: FailureGroup, b: FailureGroup): number {
  return compareText(a.lastTime, b.lastTime);
}

function compareText(a: string | null, b: string | null): number {
  return a === b ? 0 : (a ?? '') < (b ?? '') ? -1 : 1;
}
