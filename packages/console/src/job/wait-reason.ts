import type { Schema } from 'errand-client';
import { formatRelative } from '../format/duration.ts';
import { formatMinute } from '../format/moment.ts';
import { counted } from '../format/number.ts';

type Waiting = Pick<
  Schema<'JobSummary'>,
  | 'status'
  | 'attempt'
  | 'held_by'
  | 'run_at'
  | 'start_time'
  | 'message'
  | 'concurrency'
  | 'rate_limit'
  | 'queue'
  | 'type'
>;

/** Explains why a job is not running now. Returns undefined for a job that is running or has ended. */
export function waitReason(job: Waiting, now: number, key?: Schema<'ConcurrencyKey'>): string | undefined {
  if (job.status !== 'created') return undefined;
  switch (job.held_by) {
    case 'pause':
      return `Paused: queue ${job.queue} or type ${job.type}`;
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
  if (ahead <= 1_000) return 'Waiting for a worker';
  if (job.attempt === 0) return `Starts ${formatRelative(ahead)}`;
  // A message means that the last attempt failed.
  return job.message === null ? 'Waits in a step' : `Retries ${formatRelative(ahead)}`;
}

/** Describes a suspended job's wait, such as `Waits for the signal approve until Dec 2, 14:00`. */
export function stepWaitReason(wait: Schema<'StepWait'>, now: number): string {
  const { step, kind, until, signal, children } = wait;
  const end = formatMinute(until, now);
  switch (kind) {
    case 'sleep':
      return `Sleeps until ${end} in the step ${step}`;
    case 'signal':
      return `Waits for the signal ${signal ?? step} until ${end}`;
    case 'result':
      return `Waits for the child job of the step ${step.replace(/:result$/, '')}`;
    case 'map': {
      if (!children) return `Waits for the child jobs of the step ${step}`;
      const open = children.total - children.ended;
      return `Waits for ${open} of ${counted(children.total, 'child', 'children')}`;
    }
    case 'retry':
      return `The step ${step} failed, and will be retried ${formatRelative(Date.parse(until) - now)}`;
  }
}
