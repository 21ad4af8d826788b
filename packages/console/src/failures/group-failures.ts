import type { JobSummary } from '../jobs/job-list.ts';

export interface FailureGroup {
  readonly type: string;
  /** The message, with `…` for what differs from job to job. */
  readonly pattern: string;
  /** The longest part of the message that all jobs of the group share: finds them by `message`. */
  readonly shared: string;
  readonly count: number;
  readonly latest: JobSummary;
  readonly firstTime: string;
}

/** Ids, numbers, addresses and quoted values, which differ between failures of the same cause. */
const VARIABLE =
  /"[^"]*"|'[^']*'|\b[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}\b|\bhttps?:\/\/\S+|\b\d{1,3}(?:\.\d{1,3}){3}(?::\d+)?\b|\b(?=[\w-]*\d)[\w-]{2,}(?:\.\w+)?\b|\b\d+\b/gi;

export function patternOf(message: string): string {
  const [firstLine = ''] = message.split('\n');
  return firstLine.replace(VARIABLE, '…').replace(/…(?:\s*…)+/g, '…');
}

/** The longest literal part of a pattern, without spaces around it. */
export function sharedPart(pattern: string): string {
  const parts = pattern.split('…').map((part) => part.trim());
  return parts.reduce((longest, part) => (part.length > longest.length ? part : longest), '').slice(0, 200);
}

/** Failed jobs by their type and what their messages have in common, the largest group first. */
export function groupFailures(jobs: readonly JobSummary[]): FailureGroup[] {
  const groups = Map.groupBy(jobs, (job) => `${job.type}\n${patternOf(job.message ?? '')}`);
  return [...groups.values()]
    .flatMap((members) => {
      const byEnd = members.toSorted((a, b) => endOf(b).localeCompare(endOf(a)));
      const [latest] = byEnd;
      const first = byEnd.at(-1);
      if (!latest || !first) return [];
      const pattern = patternOf(latest.message ?? '');
      return [
        {
          type: latest.type,
          pattern: pattern === '' ? 'No message' : pattern,
          shared: sharedPart(pattern),
          count: members.length,
          latest,
          firstTime: endOf(first),
        },
      ];
    })
    .sort((a, b) => b.count - a.count);
}

function endOf(job: JobSummary): string {
  return job.end_time ?? job.create_time;
}
