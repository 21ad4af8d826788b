import type { Schema } from 'errand-client';
import { toneOf, type Tone } from '../parts/tone.ts';
import { counted } from '../format/number.ts';
import type { Segment, TimelineRow } from './timeline-row.ts';

export type Step = Schema<'Step'>;
export type Child = Schema<'JobSummary'>;

/** The words and the color that show a step's outcome. */
interface Look {
  readonly words: string;
  readonly tone: Tone;
}

/** The step kinds' labels, shown next to the steps' names. */
const KINDS: Readonly<Record<Step['kind'], string>> = {
  run: '',
  sleep: 'sleep',
  signal: 'signal',
  approval: 'approval link',
  submit: 'child',
  result: 'result',
  map: 'children',
  checkpoint: 'checkpoint',
};

/** The kinds of steps that wait, and can therefore suspend the job. */
const WAITS: ReadonlySet<Step['kind']> = new Set(['sleep', 'signal', 'result', 'map']);

export function isWait({ kind }: Step): boolean {
  return WAITS.has(kind);
}

/** Returns a step's start and end times, in milliseconds since the epoch. `to` is undefined while the step is open. */
export function spanOf(step: Step): { readonly from: number; readonly to: number | undefined } {
  const from = Date.parse(step.start_time);
  return { from, to: step.end_time === null ? undefined : Date.parse(step.end_time) };
}

/** Returns a step's timeline row. */
export function stepRow(step: Step): TimelineRow {
  const { words, tone } = lookOf(step);
  const { from, to } = spanOf(step);
  const waits = isWait(step) || (step.kind === 'run' && step.status === 'waiting');
  const segment: Segment = { from, to, kind: waits ? 'wait' : 'work', tone, label: words };
  return {
    key: `step-${step.step}`,
    label: step.kind === 'checkpoint' ? 'Checkpoint' : step.step,
    kind: step.kind === 'checkpoint' ? '' : KINDS[step.kind],
    depth: 1,
    segments: [segment],
    outcome: words,
    tone,
    message: messageOf(step),
    childJobId: step.kind === 'submit' ? step.child_job_id : null,
  };
}

function lookOf({ kind, status, failures, timed_out: timedOut }: Step): Look {
  if (status === 'failed') return { words: 'failed', tone: 'failed' };
  if (status === 'waiting') {
    return failures > 0 ? { words: 'retries', tone: 'warning' } : { words: 'waiting', tone: 'idle' };
  }
  switch (kind) {
    case 'signal':
      return timedOut ? { words: 'timed out', tone: 'warning' } : { words: 'received', tone: 'success' };
    case 'sleep':
      return { words: 'over', tone: 'idle' };
    case 'approval':
      return { words: 'created', tone: 'idle' };
    case 'submit':
      return { words: 'submitted', tone: 'idle' };
    case 'checkpoint':
      return { words: 'saved', tone: 'idle' };
    case 'run':
    case 'result':
    case 'map':
      return { words: 'success', tone: 'success' };
  }
}

function messageOf({ kind, status, failures, message }: Step): string | null {
  if (status !== 'success') return message;
  return kind === 'run' && failures > 0 ? `Succeeded after ${counted(failures, 'failed call')}` : null;
}

/** Returns a child job's timeline row, which shows the child's waiting and running times. */
export function childRow(child: Child): TimelineRow {
  const created = Date.parse(child.create_time);
  const ended = child.end_time === null ? undefined : Date.parse(child.end_time);
  const started = child.start_time === null ? undefined : Date.parse(child.start_time);
  const tone = toneOf(child.status);
  const words = child.status === 'created' ? 'waiting' : child.status;
  const wait: Segment = { from: created, to: started ?? ended, kind: 'wait', tone: 'idle', label: 'Waiting' };
  const work: readonly Segment[] =
    started === undefined ? [] : [{ from: started, to: ended, kind: 'work', tone, label: words }];
  return {
    key: `child-${child.job_id}`,
    label: child.type,
    kind: child.object_id ?? child.job_id.slice(-6),
    depth: 2,
    segments: [wait, ...work],
    outcome: words,
    tone,
    message: child.status === 'failed' ? child.message : null,
    childJobId: child.job_id,
  };
}
