import type { Schema } from './http-client.ts';

/** A failed job, limited to the fields that {@link groupFailures} reads. */
export type FailedJob = Pick<Schema<'JobSummary'>, 'type' | 'message' | 'end_time'>;

/** Failed jobs of one type whose messages differ only in parts such as IDs and numbers. */
export interface FailureGroup<Failed extends FailedJob = Schema<'JobSummary'>> {
  readonly type: string;
  /** The first line of the jobs' messages, with `…` in place of the parts that differ. Null for jobs without a message. */
  readonly pattern: string | null;
  /** The number of jobs. */
  readonly count: number;
  /** The job that failed first. */
  readonly first: Failed;
  /** The job that failed last. */
  readonly last: Failed;
}

/**
 * Matches the variable parts of a message: quoted values, UUIDs, URLs, IP addresses, words with a digit among their first 41 characters, and numbers.
 */
const VARIABLE_PART =
  /"[^"]*"|'[^']*'|\b[\da-f]{8}-(?:[\da-f]{4}-){3}[\da-f]{12}\b|\bhttps?:\/\/\S+|\b\d{1,3}(?:\.\d{1,3}){3}(?::\d+)?\b|\b(?=[\w-]{0,40}\d)[\w-]{2,}(?:\.\w+)?\b|\b\d+\b/gi;

/**
 * Groups failed jobs by type and message, largest group first. Among groups of the same size, the group with the latest failure
 * comes first.
 *
 * @param jobs jobs in any order, for example from `errand.list({ status: 'failed' })`
 */
export function groupFailures<Failed extends FailedJob>(jobs: Iterable<Failed>): FailureGroup<Failed>[] {
  // Map.groupBy would require Node 21.
  const groups = new Map<string, FailureGroup<Failed>>();
  for (const job of jobs) {
    const pattern = patternOf(job.message);
    const key = JSON.stringify([job.type, pattern]);
    const { count, first, last } = groups.get(key) ?? { count: 0, first: job, last: job };
    groups.set(key, {
      type: job.type,
      pattern,
      count: count + 1,
      first: endOf(job) < endOf(first) ? job : first,
      last: endOf(job) > endOf(last) ? job : last,
    });
  }
  return [...groups.values()].sort(
    (a, b) =>
      b.count - a.count || Number(endOf(b.last) > endOf(a.last)) - Number(endOf(b.last) < endOf(a.last)),
  );
}

function patternOf(message: string | null): string | null {
  const [line = ''] = (message ?? '').split('\n');
  const pattern = line.replace(VARIABLE_PART, '…').replace(/…(?:\s*…)+/g, '…');
  return pattern === '' ? null : pattern;
}

function endOf(job: FailedJob): string {
  return job.end_time ?? '';
}
