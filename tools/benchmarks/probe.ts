import type { Project } from './project.ts';
import type { RunOptions } from './rounds.ts';

/** A measurement that works with any version of Errand, because it uses only the version's bundles or its HTTP API. */
export interface Probe {
  /** The name for `--only`. */
  readonly name: string;
  /** The values that one round measures, by key. */
  readonly reads: Readonly<Record<string, Read>>;
  /** The default number of rounds for comparing two versions. The rounds take less than two minutes on an idle machine. */
  readonly rounds: number;
  /** Prepares a version for its rounds. */
  open(project: Project, options: RunOptions): Promise<OpenProbe>;
}

export interface Read {
  /** What is measured, for example `accepts a second, 16 connections`. */
  readonly what: string;
  readonly unit: string;
  readonly better: 'lower' | 'higher';
  /** Set if the value is the same in every round, so that any difference between two versions counts. */
  readonly exact?: true;
  readonly target?: Target;
  readonly ratios?: readonly RatioTarget[];
}

/** The limit for one of Errand's figures. */
export type Target = { readonly atMost: number } | { readonly atLeast: number };

/** The limit for Errand's figure divided by a peer's, both measured in the same run. */
export type RatioTarget = Target & { readonly to: string };

export interface OpenProbe extends AsyncDisposable {
  /** Measures one round, and returns a value for each key in the probe's `reads`. */
  measure(): Promise<Readonly<Record<string, number>>>;
}

export function keeps(target: Target, value: number): boolean {
  return 'atMost' in target ? value <= target.atMost : value >= target.atLeast;
}
