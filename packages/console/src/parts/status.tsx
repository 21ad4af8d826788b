import type { Schema } from 'errand-client';
import { toneOf } from './tone.ts';
import './status.css';

type JobStatus = Schema<'JobStatus'>;

const LABELS: Readonly<Record<JobStatus, string>> = {
  created: 'waiting',
  running: 'running',
  success: 'success',
  failed: 'failed',
  canceled: 'canceled',
};

/** The statuses' shapes. Each status is shown as a color, a shape and a word. */
const SHAPES: Readonly<Record<JobStatus | 'held', string>> = {
  created: 'M6 2.2a3.8 3.8 0 1 1 0 7.6 3.8 3.8 0 0 1 0-7.6',
  running: 'M6 2.2a3.8 3.8 0 0 1 3.8 3.8',
  success: 'm2.5 6.4 2.3 2.3 4.7-5.2',
  failed: 'm3 3 6 6M9 3 3 9',
  canceled: 'M2.5 6h7',
  held: 'M4.2 2.8v6.4M7.8 2.8v6.4',
};

export function StatusShape({ status }: { status: JobStatus | 'held' }) {
  return (
    <svg
      class={`status-shape status-shape-${status}`}
      width="12"
      height="12"
      viewBox="0 0 12 12"
      fill="none"
      stroke="currentColor"
      stroke-width="1.75"
      stroke-linecap="round"
      stroke-linejoin="round"
      aria-hidden="true"
    >
      {status === 'running' && (
        <circle class="status-track" cx="6" cy="6" r="3.8" stroke="currentColor" opacity="0.3" />
      )}
      <path d={SHAPES[status]} />
    </svg>
  );
}

export interface StatusProps {
  readonly status: JobStatus;
  /** Whether something prevents the job from starting. */
  readonly held?: boolean;
}

export function Status({ status, held = false }: StatusProps) {
  const isHeld = held && status === 'created';
  return (
    <span class={`status tone-${isHeld ? 'warning' : toneOf(status)}`}>
      <StatusShape status={isHeld ? 'held' : status} />
      {isHeld ? 'held' : LABELS[status]}
    </span>
  );
}
