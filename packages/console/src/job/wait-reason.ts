import type { Schema } from 'errand-client';
import { formatRelative } from '../format/duration.ts';

type Waiting = Pick<
  Schema<'JobSummary'>,
  'status' | 'attempt' | 'held_by' | 'run_at' | 'concurrency' | 'rate_limit' | 'queue' | 'type'
>;

/** Why a job does not run now, in words; undefined for a job that runs or has ended. */
export function waitReason(job: Waiting, now: number, key?: Schema<'ConcurrencyKey'>): string | undefined {
  if (job.status !== 'created') return undefined;
  switch (job.held_by) {
    case 'pause':
      return `Paused: the queue ${job.queue} or the type ${job.type}`;
    case 'concurrency': {
      const { key: name, limit } = job.concurrency ?? { key: '', limit: 0 };
      if (key) return `${key.running} of ${key.limit ?? limit} jobs with the key ${name} are running`;
      return `The key ${name} is full`;
    }
    case 'rate':
      return `Rate limit ${job.rate_limit?.key ?? ''}: starts ${formatRelative(Date.parse(job.run_at) - now)}`;
    case null:
      break;
  }
  const ahead = Date.parse(job.run_at) - now;
  if (ahead > 1_000) return `${job.attempt > 0 ? 'Retries' : 'Starts'} ${formatRelative(ahead)}`;
  return 'Waits for a worker';
}
