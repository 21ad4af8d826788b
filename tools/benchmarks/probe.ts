import type { Project } from './project.ts';
import type { RunOptions } from './rounds.ts';

/** A measurement that works on any version of Errand: it uses the version's bundles, or its HTTP API. */
export interface Probe {
  /** For `--only`. */
  readonly name: string;
  /** The values that one round returns, by key. */
  readonly reads: Readonly<Record<string, Read>>;
  /** How many rounds a comparison of two versions takes by default: as many as fit in under two minutes on an idle machine. */
  readonly rounds: number;
  /** Prepares a version for its rounds. */
  open(project: Project, options: RunOptions): Promise<OpenProbe>;
}

export interface Read {
  /** Such as `accepts a second, 16 connections`. */
  readonly what: string;
  readonly unit: string;
  readonly better: 'lower' | 'higher';
  /** The same in every round, so that any difference counts. */
  readonly exact?: true;
  readonly target?: Target;
  readonly ratios?: readonly RatioTarget[];
}

/** The limit that a figure of Errand must keep. */
export type Target = { readonly atMost: number } | { readonly atLeast: number };

/** The limit of a figure of Errand divided by that of a peer, measured in the same run. */
export type RatioTarget = Target & { readonly to: string };

export interface OpenProbe extends AsyncDisposable {
  /** Measures one round and returns a value for each key of the probe's `reads`. */
  measure(): Promise<Readonly<Record<string, number>>>;
}

export function keeps(target: Target, value: number): boolean {
  return 'atMost' in target ? value <= target.atMost : value >= target.atLeast;
}
