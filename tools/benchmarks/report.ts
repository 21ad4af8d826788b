import { readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { barChart } from './bar-chart.ts';
import { OURS, type Reading } from './figure.ts';
import { keeps, type Target } from './probe.ts';
import { ratioTo } from './ratios.ts';
import { RESULTS_FILE, writeFormatted, type Measured } from './results.ts';

const PAGE = path.resolve(import.meta.dirname, '../../docs/benchmarks.md');

/** The lines between these markers are generated. The rest of the page is written by hand. */
const BEGIN = '<!-- Written by `npm run bench`: -->';
const END = '<!-- End of what `npm run bench` writes. -->';

/** Writes the tables and the charts into docs/benchmarks.md. @throws Error if the markers are missing from the page */
export async function writeReport(results: readonly Measured[]): Promise<void> {
  const page = await readFile(PAGE, 'utf8');
  const [begin, end] = [page.indexOf(BEGIN), page.indexOf(END)];
  if (begin === -1 || end < begin) throw new Error(`${PAGE} must have the lines "${BEGIN}" and "${END}".`);
  const rows = results.flatMap(({ readings }) => rowsOf(readings));
  const plots: string[] = [];
  for (const row of rows.filter(({ others }) => others.length > 0)) {
    const name = `${row.what.replaceAll(/[^a-z0-9]+/gi, '-').toLowerCase()}.svg`;
    await writeFile(
      path.join(path.dirname(RESULTS_FILE), name),
      barChart(`${row.what} (${row.ours.unit})`, [row.ours, ...row.others]),
    );
    plots.push(`![${row.what}: ${sentence(row)}](benchmarks/${name})`);
  }
  const written = [BEGIN, ratiosOf(rows), tableOf(rows), runsOf(results), ...plots, ''].join('\n\n');
  await writeFormatted(PAGE, 'markdown', page.slice(0, begin) + written + page.slice(end));
}

interface Row {
  readonly what: string;
  readonly ours: Reading;
  readonly others: readonly Reading[];
}

function rowsOf(readings: readonly Reading[]): Row[] {
  return [...Map.groupBy(readings, ({ what }) => what)].flatMap(([what, ofRow]) => {
    const ours = ofRow.find(({ subject }) => subject === OURS);
    return ours ? [{ what, ours, others: ofRow.filter((reading) => reading !== ours) }] : [];
  });
}

/** Formats the ratios of Errand's figures to each peer's. */
function ratiosOf(rows: readonly Row[]): string {
  const lines = rows.flatMap(({ what, ours, others }) =>
    others.map((peer) => {
      const target = ours.ratios?.find(({ to }) => to === peer.subject);
      const { median, spread } = ratioTo(peer, ours);
      const reached = `${shown(median)} (${spread.map(shown).join('–')})`;
      return `| ${what} | ${peer.subject} | ${target ? bound(target) : ''} | ${verdictOf(target, median, reached)} |`;
    }),
  );
  return [
    '| Errand divided by a peer | peer | target | reached: median (least–greatest) |',
    '| --- | --- | --- | --- |',
    ...lines,
  ].join('\n');
}

function verdictOf(target: Target | undefined, value: number, reached: string): string {
  return target && !keeps(target, value) ? `**${reached}, missed**` : reached;
}

function tableOf(rows: readonly Row[]): string {
  const lines = rows.map(({ what, ours, others }) => {
    const { target, summary } = ours;
    const reached = `${shown(summary.median)} (${summary.spread.map(shown).join('–')})`;
    const verdict = verdictOf(target, summary.median, reached);
    const peers = others.map((peer) => `${peer.subject} ${shown(peer.summary.median)}`).join(', ');
    return `| ${what} | ${ours.unit} | ${target ? bound(target) : ''} | ${verdict} | ${peers} |`;
  });
  return [
    '| figure | unit | target | reached: median (least–greatest) | others |',
    '| --- | --- | --- | --- | --- |',
    ...lines,
  ].join('\n');
}

/** Formats one line per run, with the machine, the date and the number of rounds. */
function runsOf(results: readonly Measured[]): string {
  const runs = Map.groupBy(results, ({ date, rounds, load_before: load, machine }) =>
    [
      `${machine.processor}, ${machine.cores} cores, ${machine.memory_gb} GB, ${machine.system}, Node ${machine.node}`,
      `${date}, ${rounds} rounds`,
      `load before the run ${load.toFixed(1)}`,
    ].join('; '),
  );
  return [...runs]
    .map(([run, figures]) => `- ${figures.map(({ figure }) => figure).join(', ')}: ${run}`)
    .join('\n');
}

function sentence({ ours, others }: Row): string {
  return [ours, ...others].map(({ subject, summary }) => `${subject} ${shown(summary.median)}`).join(', ');
}

function bound(target: Target): string {
  return 'atMost' in target ? `≤ ${target.atMost}` : `≥ ${target.atLeast}`;
}

/** Formats a number with three significant digits, because benchmarks are no more precise than that. */
export function shown(value: number): string {
  if (value >= 100) return Math.round(value).toLocaleString('en-US');
  return value
    .toPrecision(value >= 1 ? 3 : 2)
    .replace(/(\.\d*?)0+$/, '$1')
    .replace(/\.$/, '');
}
