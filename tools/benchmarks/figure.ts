import type { Summary } from './statistics.ts';

export interface RunOptions {
  /** How often each subject has its turn. */
  readonly rounds: number;
  /** Less of everything: to see that a benchmark works, not to read its figures. */
  readonly quick: boolean;
  /** Given when the run is interrupted. */
  readonly signal: AbortSignal;
  /** Hears what is being done. */
  readonly tell: (line: string) => void;
}

/** A bound that a figure is to keep. */
export type Target = { readonly atMost: number } | { readonly atLeast: number };

/** One figure of one subject. */
export interface Reading {
  /** Such as `accepts a second, 16 connections`; readings with the same words stand in one row. */
  readonly what: string;
  /** `Errand`, or a peer. */
  readonly subject: string;
  readonly unit: string;
  /** Of Errand's alone. */
  readonly target?: Target;
  readonly summary: Summary;
}

/** A benchmark that can be run by itself. */
export interface Figure {
  /** For `--only`. */
  readonly name: string;
  measure(options: RunOptions): Promise<Reading[]>;
}

export function keeps(target: Target, value: number): boolean {
  return 'atMost' in target ? value <= target.atMost : value >= target.atLeast;
}
