import type { Schema } from 'errand-client';
import type { Tone } from '../parts/status.tsx';

type Job = Schema<'Job'>;
type Attempt = Schema<'Attempt'>;

/** A bar on the time axis. */
export interface Segment {
  readonly from: number;
  /** Undefined while it lasts. */
  readonly to: number | undefined;
  readonly kind: 'work' | 'wait';
  readonly tone: Tone;
  readonly label: string;
}

/** A line of the timeline, with what happened on it. */
export interface TimelineRow {
  readonly key: string;
  readonly label: string;
  /** How deep it stands below the job: 0 for the job's own. */
  readonly depth: number;
  readonly segments: readonly Segment[];
  readonly outcome: string | undefined;
  readonly tone: Tone;
  /** Why it failed. */
  readonly message: string | null;
}

const OUTCOMES: Readonly<Record<NonNullable<Attempt['outcome']>, { tone: Tone; words: string }>> = {
  success: { tone: 'success', words: 'success' },
  failed: { tone: 'failed', words: 'failed' },
  canceled: { tone: 'idle', words: 'canceled' },
  timeout: { tone: 'failed', words: 'timed out' },
  lost: { tone: 'failed', words: 'worker lost' },
  throttled: { tone: 'warning', words: 'throttled' },
};

/** A pause between two attempts that is shorter is no pause that a reader looks for. */
const SHORTEST_WAIT = 20;

/** The life of a job: waiting, each attempt, and the waits between them. */
export function timelineRows(job: Job, attempts: readonly Attempt[]): TimelineRow[] {
  const inOrder = attempts.toSorted((a, b) => a.attempt - b.attempt);
  const created = Date.parse(job.create_time);
  const due = Math.max(created, Date.parse(job.run_at));
  const rows: TimelineRow[] = [waitingRow(job, inOrder[0], created, due)];
  let previousEnd = Number.NaN;
  for (const attempt of inOrder) {
    const from = Date.parse(attempt.start_time);
    const to = attempt.end_time === null ? undefined : Date.parse(attempt.end_time);
    const { tone, words } = attempt.outcome === null ? RUNNING : OUTCOMES[attempt.outcome];
    const waited: Segment = { from: previousEnd, to: from, kind: 'wait', tone: 'idle', label: 'Back-off' };
    rows.push({
      key: `attempt-${attempt.attempt}`,
      label: `Attempt ${attempt.attempt}`,
      depth: 0,
      segments: [
        ...(from - previousEnd > SHORTEST_WAIT ? [waited] : []),
        { from, to, kind: 'work', tone, label: words },
      ],
      outcome: words,
      tone,
      message: attempt.message,
    });
    previousEnd = to ?? Number.NaN;
  }
  if (job.status === 'created' && inOrder.length > 0)
    rows.push(nextAttemptRow(inOrder.length + 1, previousEnd));
  return rows;
}

const RUNNING = { tone: 'running', words: 'running' } as const;

function waitingRow(job: Job, first: Attempt | undefined, created: number, due: number): TimelineRow {
  const started = first ? Date.parse(first.start_time) : undefined;
  const ended = job.end_time === null ? undefined : Date.parse(job.end_time);
  const to = started ?? ended;
  // Later attempts have moved run_at.
  const dueAt = first && due > Date.parse(first.start_time) ? created : due;
  const delayed = dueAt - created > SHORTEST_WAIT;
  return {
    key: 'waiting',
    label: delayed ? 'Delayed, waiting' : 'Waiting',
    depth: 0,
    segments: [{ from: created, to, kind: 'wait', tone: 'idle', label: 'Waiting' }],
    outcome: undefined,
    tone: 'idle',
    message: null,
  };
}

function nextAttemptRow(attempt: number, since: number): TimelineRow {
  return {
    key: `attempt-${attempt}`,
    label: `Attempt ${attempt}`,
    depth: 0,
    segments: Number.isNaN(since)
      ? []
      : [{ from: since, to: undefined, kind: 'wait', tone: 'idle', label: 'Waiting' }],
    outcome: 'waiting',
    tone: 'idle',
    message: null,
  };
}
