import type { Schema } from 'errand-client';
import type { Tone } from '../parts/tone.ts';
import { childRow, stepRow, type Child, type Step } from './step-rows.ts';
import { suspensionsOf, without } from './suspensions.ts';
import type { Stretch } from './time-scale.ts';
import type { Segment, TimelineRow } from './timeline-row.ts';

type Job = Schema<'Job'>;
type Attempt = Schema<'Attempt'>;

/** The data shown in a timeline. Steps are in the order in which they were first recorded. Children are in order of age, oldest first. */
export interface JobHistory {
  readonly attempts: readonly Attempt[];
  readonly steps: readonly Step[];
  readonly children: readonly Child[];
}

const OUTCOMES: Readonly<Record<NonNullable<Attempt['outcome']>, { tone: Tone; words: string }>> = {
  success: { tone: 'success', words: 'success' },
  failed: { tone: 'failed', words: 'failed' },
  canceled: { tone: 'idle', words: 'canceled' },
  timeout: { tone: 'failed', words: 'timed out' },
  lost: { tone: 'failed', words: 'worker lost' },
  throttled: { tone: 'warning', words: 'throttled' },
};

/** The shortest wait that the timeline shows, in milliseconds. */
const SHORTEST_WAIT = 20;

/**
 * Returns the rows for a job's life: waiting, each attempt with its steps and their child jobs, and the waits between attempts.
 *
 * @param now milliseconds since the epoch
 */
export function timelineRows(
  job: Job,
  { attempts, steps, children }: JobHistory,
  now: number,
): TimelineRow[] {
  const inOrder = attempts.toSorted((a, b) => a.attempt - b.attempt);
  const created = Date.parse(job.create_time);
  const due = Math.max(created, Date.parse(job.run_at));
  const rows: TimelineRow[] = [waitingRow(job, inOrder[0], created, due)];
  const end = job.end_time === null ? now : Date.parse(job.end_time);
  const suspensions = suspensionsOf(steps, end);
  const families = familiesOf(steps, children);
  let previousEnd = Number.NaN;
  for (const [index, attempt] of inOrder.entries()) {
    rows.push(attemptRow(job, attempt, previousEnd, suspensions, end));
    const next = inOrder[index + 1];
    for (const { step, members } of families) {
      if (attemptOf(step, attempt, next)) rows.push(stepRow(step), ...members.map(childRow));
    }
    previousEnd = attempt.end_time === null ? Number.NaN : Date.parse(attempt.end_time);
  }
  const last = inOrder.at(-1);
  if (job.status === 'created' && last && last.end_time !== null)
    rows.push(nextAttemptRow(last.attempt + 1, previousEnd));
  return rows;
}

/** Whether a step began in this attempt. A step that began before the first known attempt belongs to no attempt. */
function attemptOf(step: Step, attempt: Attempt, next: Attempt | undefined): boolean {
  // A step's start is computed from its function's duration, so it can be slightly earlier than the attempt's start.
  const began = Date.parse(step.start_time) + SHORTEST_WAIT;
  return began >= Date.parse(attempt.start_time) && (!next || began < Date.parse(next.start_time));
}

interface Family {
  readonly step: Step;
  readonly members: readonly Child[];
}

/**
 * Returns the steps with the children that they submitted. A `submit` step gets its own child. Any other child belongs to the first `map` step that
 * had not ended when the child was created.
 */
function familiesOf(steps: readonly Step[], children: readonly Child[]): Family[] {
  const submitters = new Map(
    steps.flatMap((step) => (step.kind === 'submit' ? [[step.child_job_id, step] as const] : [])),
  );
  const maps = steps.filter(({ kind }) => kind === 'map');
  const parentOf = (child: Child): Step | undefined =>
    submitters.get(child.job_id) ??
    maps.find(({ end_time: end }) => end === null || end >= child.create_time);
  const byStep = Map.groupBy(children, parentOf);
  return steps.map((step) => ({ step, members: byStep.get(step) ?? [] }));
}

const RUNNING = { tone: 'running', words: 'running' } as const;
const SUSPENDED = { tone: 'idle', words: 'waiting' } as const;

function attemptRow(
  job: Job,
  attempt: Attempt,
  previousEnd: number,
  suspensions: readonly Stretch[],
  end: number,
): TimelineRow {
  const from = Date.parse(attempt.start_time);
  const to = attempt.end_time === null ? undefined : Date.parse(attempt.end_time);
  const open = job.status === 'created' ? SUSPENDED : RUNNING;
  const { tone, words } = attempt.outcome === null ? open : OUTCOMES[attempt.outcome];
  const backOff: Segment = { from: previousEnd, to: from, kind: 'wait', tone: 'idle', label: 'Back-off' };
  const whole = { from, to: to ?? Math.max(end, from + 1) };
  const work = without(whole, suspensions);
  const waits = without(whole, work);
  const segmentOf =
    (kind: Segment['kind']) =>
    (stretch: Stretch): Segment => ({
      from: stretch.from,
      to: to === undefined && stretch.to === whole.to ? undefined : stretch.to,
      kind,
      tone: kind === 'wait' ? 'idle' : attempt.outcome === null ? 'running' : tone,
      label: kind === 'work' ? words : 'Suspended',
    });
  const segments = [...work.map(segmentOf('work')), ...waits.map(segmentOf('wait'))];
  return {
    key: `attempt-${attempt.attempt}`,
    label: `Attempt ${attempt.attempt}`,
    kind: '',
    depth: 0,
    segments: [
      ...(from - previousEnd > SHORTEST_WAIT ? [backOff] : []),
      ...segments.toSorted((a, b) => a.from - b.from),
    ],
    outcome: words,
    tone,
    message: attempt.message,
    childJobId: null,
  };
}

const PLAIN = { kind: '', depth: 0, tone: 'idle', message: null, childJobId: null } as const;

function waitingRow(job: Job, first: Attempt | undefined, created: number, due: number): TimelineRow {
  const started = first ? Date.parse(first.start_time) : undefined;
  const ended = job.end_time === null ? undefined : Date.parse(job.end_time);
  const to = started ?? ended;
  // A retry has changed run_at, so the original due time is unknown.
  const dueAt = first && due > Date.parse(first.start_time) ? created : due;
  const delayed = dueAt - created > SHORTEST_WAIT;
  return {
    ...PLAIN,
    key: 'waiting',
    label: delayed ? 'Delayed, waiting' : 'Waiting',
    segments: [{ from: created, to, kind: 'wait', tone: 'idle', label: 'Waiting' }],
    outcome: undefined,
  };
}

function nextAttemptRow(attempt: number, since: number): TimelineRow {
  return {
    ...PLAIN,
    key: `attempt-${attempt}`,
    label: `Attempt ${attempt}`,
    segments: Number.isNaN(since)
      ? []
      : [{ from: since, to: undefined, kind: 'wait', tone: 'idle', label: 'Waiting' }],
    outcome: 'waiting',
  };
}

/**
 * Returns the duration of a row's work or, if the row has no work, of its last wait, in milliseconds. Returns undefined for a mark, which has no
 * duration.
 */
export function timeTaken({ segments }: TimelineRow, end: number): number | undefined {
  const work = segments.filter(({ kind }) => kind === 'work');
  const counted = work.length > 0 ? work : segments.slice(-1);
  const taken = counted.reduce((sum, { from, to = end }) => sum + Math.max(0, to - from), 0);
  return taken > 0 ? taken : undefined;
}
