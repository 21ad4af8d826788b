import type { OpenProbe, Probe, RatioTarget, Target } from './probe.ts';
import { openProject, WORKING_TREE } from './project.ts';
import { interleave, type Measure, type RunOptions } from './rounds.ts';
import type { Summary } from './statistics.ts';

/** How readings name Errand. */
export const OURS = 'Errand';

/** One figure of one subject. */
export interface Reading {
  /** Such as `accepts a second, 16 connections`. Readings with the same words share a row. */
  readonly what: string;
  /** `Errand`, or a peer. */
  readonly subject: string;
  readonly unit: string;
  /** Only for Errand's figures. */
  readonly target?: Target;
  /** Only for Errand's figures that were measured with peers. */
  readonly ratios?: readonly RatioTarget[];
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
  /** The peers' probes, which have the names of Errand's. */
  readonly peers?: readonly PeerProbe[];
  measure(options: RunOptions): Promise<Reading[]>;
}

/** A probe of a peer, which takes turns with those of Errand. It has some of their reads. */
export interface PeerProbe {
  /** The peer. */
  readonly subject: string;
  readonly probe: Pick<Probe, 'name' | 'reads'> & { open(options: RunOptions): Promise<OpenProbe> };
}

/**
 * A figure whose probes take turns.
 *
 * @param peers are measured too, but not by `--against`
 */
export function figureOf(name: string, probes: readonly Probe[], peers: readonly PeerProbe[] = []): Figure {
  return {
    name,
    about: aboutOf(probes),
    probes,
    peers,
    async measure(options) {
      await using ended = new AsyncDisposableStack();
      const project = ended.use(openProject('the working tree', WORKING_TREE, options.signal));
      const all = [
        ...probes.map((probe) => ({
          subject: OURS,
          probe: { ...probe, open: () => probe.open(project, options) },
        })),
        ...peers,
      ];
      const turns: Record<string, Measure> = {};
      for (const { subject, probe } of all) {
        const opened = ended.use(await probe.open(options));
        turns[`${probe.name} of ${subject}`] = () => opened.measure();
      }
      const measured = await interleave(turns, options);
      return all.flatMap(({ subject, probe }) =>
        readingsOf(subject, probe.reads, measured.get(`${probe.name} of ${subject}`)),
      );
    },
  };
}

/** The readings of one subject. */
export function readingsOf(
  subject: string,
  reads: Probe['reads'],
  summaries: ReadonlyMap<string, Summary> | undefined,
): Reading[] {
  return Object.entries(reads).map(([key, { what, unit, target, ratios }]) => {
    const summary = summaries?.get(key);
    if (!summary) throw new Error(`Not measured: ${what}.`);
    const targets = { ...(target && { target }), ...(ratios && { ratios }) };
    return { what, subject, unit, summary, ...(subject === OURS && targets) };
  });
}

/** One line about what probes measure. */
export function aboutOf(probes: readonly Probe[]): string {
  return probes.flatMap(({ reads }) => Object.values(reads).map(({ what }) => what)).join('; ');
}
