import type { Figure, PeerProbe } from './figure.ts';
import { figureOf } from './figure.ts';
import { analyze } from './figures/analyze.ts';
import { bundles } from './figures/bundles.ts';
import { coldStart } from './figures/cold-start.ts';
import { cpu } from './figures/cpu.ts';
import { postgresql } from './figures/postgresql.ts';
import { allServices, serviceFigures } from './figures/services.ts';
import { start } from './figures/start.ts';
import type { Probe } from './probe.ts';
import { reading } from './store/reading.ts';

/** The figures of a full run, in order. */
export const WHOLE_RUN: readonly Figure[] = [allServices, start, coldStart, cpu, bundles, analyze, reading];

const NAMED: readonly Figure[] = [...WHOLE_RUN, ...serviceFigures, postgresql];

/** A separate figure for each probe of a figure with several probes. The figure has the probe's name. */
const PARTS: readonly Figure[] = NAMED.flatMap(({ probes }) => probes)
  .filter(({ name }, index, all) => all.findIndex((probe) => probe.name === name) === index)
  .filter(({ name }) => !NAMED.some((figure) => figure.name === name))
  .map((probe) => figureOf(probe.name, [probe], peersOf(probe)));

function peersOf({ name }: Probe): readonly PeerProbe[] {
  return WHOLE_RUN.flatMap(({ peers = [] }) => peers.filter(({ probe }) => probe.name === name));
}

/** All figures by name. The figures of a full run come first. */
export const FIGURES: ReadonlyMap<string, Figure> = new Map(
  [...NAMED, ...PARTS].map((figure) => [figure.name, figure]),
);

/** The distinct probes of the given figures. */
export function probesOf(figures: readonly Figure[]): readonly Probe[] {
  return [...new Map(figures.flatMap(({ probes }) => probes).map((probe) => [probe.name, probe])).values()];
}
