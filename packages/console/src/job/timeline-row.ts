import type { Tone } from '../parts/tone.ts';

/** A bar on the time axis. */
export interface Segment {
  readonly from: number;
  /** The bar's end; undefined while the work or wait continues. */
  readonly to: number | undefined;
  readonly kind: 'work' | 'wait';
  readonly tone: Tone;
  readonly label: string;
}

/** A timeline row with its bars. */
export interface TimelineRow {
  readonly key: string;
  readonly label: string;
  /** The row's kind, such as `signal`, shown next to its label. */
  readonly kind: string;
  /** The row's indentation level: 0 for the job and its attempts, 1 for their steps, 2 for child jobs. */
  readonly depth: number;
  readonly segments: readonly Segment[];
  readonly outcome: string | undefined;
  readonly tone: Tone;
  /** The error message, or a note about failed calls; null if there is neither. */
  readonly message: string | null;
  /** The child job that the row links to. */
  readonly childJobId: string | null;
}
