import type { Tone } from '../parts/tone.ts';

/** A bar on the time axis. */
export interface Segment {
  readonly from: number;
  /** Undefined while it is open. */
  readonly to: number | undefined;
  readonly kind: 'work' | 'wait';
  readonly tone: Tone;
  readonly label: string;
}

/** A row of the timeline with its bars. */
export interface TimelineRow {
  readonly key: string;
  readonly label: string;
  /** The kind of the row, next to its label: `signal`. */
  readonly kind: string;
  /** 0 for the job and its attempts, 1 for their steps, 2 for child jobs. */
  readonly depth: number;
  readonly segments: readonly Segment[];
  readonly outcome: string | undefined;
  readonly tone: Tone;
  /** Why it failed. */
  readonly message: string | null;
  /** The child job that the row leads to. */
  readonly childJobId: string | null;
}
