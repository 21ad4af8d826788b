import type { OpenProbe, Probe, RatioTarget, Target } from './probe.ts';
import { openProject, WORKING_TREE } from './project.ts';
import { interleave, type Measure, type RunOptions } from './rounds.ts';
import type { Summary } from './statistics.ts';

/** Errand's name in the readings. */
export const OURS = 'Errand';

/** A value that was measured for one subject. */
export interface Reading {
  /** What was measured, for example `accepts a second, 16 connections`. Readings with the same description share a table row. */
  readonly what: string;
  /** `Errand` or the name of a peer. */
  readonly subject: string;
  readonly unit: string;
  /** Set only for Errand's figures. */
  readonly target?: Target;
  /** Set only for Errand's figures that were measured together with peers. */
  readonly ratios?: readonly RatioTarget[];
  readonly summary: Summary;
}

/** A benchmark that can run by itself. */
export interface Figure {
  /** The name for `--only`. */
  readonly name: string;
  /** The line for `--list`. */
  readonly about: string;
  /** The probes for `--against`. Empty if the figure's benchmark calls code in the working tree, and therefore can't measure another version. */
  readonly probes: readonly Probe[];
  /** The peers' probes, with the same names as Errand's. */
  readonly peers?: readonly PeerProbe[];
  measure(options: RunOptions): Promise<Reading[]>;
}

/** A peer's probe. Its rounds alternate with those of Errand's probes, and it measures some of the same values. */
export interface PeerProbe {
  /** The peer's name. */
  readonly subject: string;
  readonly probe: Pick<Probe, 'name' | 'reads'> & { open(options: RunOptions): Promise<OpenProbe> };
}

/**
 * Creates a figure whose probes run alternately.
 *
 * @param peers the peers' probes, which are skipped with `--against`
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

/** Returns the readings of one subject. */
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

/** Returns a one-line description of the probes' measured values. */
export function aboutOf(probes: readonly Probe[]): string {
  return probes.flatMap(({ reads }) => Object.values(reads).map(({ what }) => what)).join('; ');
}
