import type { OpenProbe, Probe, Target } from './probe.ts';
import { openProject, WORKING_TREE } from './project.ts';
import { interleave, type RunOptions } from './rounds.ts';
import type { Summary } from './statistics.ts';

/** One figure of one subject. */
export interface Reading {
  /** Such as `accepts a second, 16 connections`. Readings with the same words share a row. */
  readonly what: string;
  /** `Errand`, or a peer. */
  readonly subject: string;
  readonly unit: string;
  /** Only for Errand's figures. */
  readonly target?: Target;
  readonly summary: Summary;
}

/** A benchmark that can be run on its own. */
export interface Figure {
  /** For `--only`. */
  readonly name: string;
  /** One line for `--list`. */
  readonly about: string;
  /** The probes of `--against`; empty if the benchmark calls code of the working tree and can't measure another version. */
  readonly probes: readonly Probe[];
  measure(options: RunOptions): Promise<Reading[]>;
}

/** A figure of Errand only, whose probes take turns. */
export function figureOf(name: string, probes: readonly Probe[]): Figure {
  return {
    name,
    about: aboutOf(probes),
    probes,
    async measure(options) {
      await using ended = new AsyncDisposableStack();
      const project = ended.use(openProject('the working tree', WORKING_TREE, options.signal));
      const opened: [string, OpenProbe][] = [];
      for (const probe of probes) opened.push([probe.name, ended.use(await probe.open(project, options))]);
      const subjects = opened.map(([of, probe]) => [of, () => probe.measure()] as const);
      const measured = await interleave(Object.fromEntries(subjects), options);
      return probes.flatMap((probe) =>
        Object.entries(probe.reads).map(([key, { what, unit, target }]) => {
          const summary = measured.get(probe.name)?.get(key);
          if (!summary) throw new Error(`Not measured: ${what}.`);
          return { what, subject: 'Errand', unit, summary, ...(target && { target }) };
        }),
      );
    },
  };
}

/** One line about what probes measure. */
export function aboutOf(probes: readonly Probe[]): string {
  return probes.flatMap(({ reads }) => Object.values(reads).map(({ what }) => what)).join('; ');
}
