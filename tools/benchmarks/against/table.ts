import type { Summary } from '../statistics.ts';
import type { ComparedRead } from './compare.ts';
import type { Verdict } from './verdict.ts';

/** Formats the table that a comparison prints. */
export function comparisonTable(then: string, compared: readonly ComparedRead[]): string {
  const rows = compared.map((each) => [
    `${each.read.what} (${each.read.unit})`,
    summaryOf(each.then, each.read.exact),
    summaryOf(each.now, each.read.exact),
    each.ratio.toFixed(3),
    each.read.exact ? 'exact' : `±${(each.noise * 100).toFixed(1)} %`,
    each.verdict,
  ]);
  const table = [['figure', then, 'now', 'now/then', 'noise', 'verdict'], ...rows];
  const widths =
    table[0]?.map((_, column) => Math.max(...table.map((row) => row[column]?.length ?? 0))) ?? [];
  return table
    .map((row) =>
      row
        .map((cell, column) => cell.padEnd(widths[column] ?? 0))
        .join('  ')
        .trimEnd(),
    )
    .join('\n');
}

const VERDICTS: readonly Verdict[] = ['worse', 'better', 'no worse within the noise', 'too noisy to tell'];

/** Returns a one-line summary of the comparison. */
export function verdictLine(compared: readonly ComparedRead[], notMeasured: number): string {
  const counts = VERDICTS.map((verdict) => [
    verdict,
    compared.filter((each) => each.verdict === verdict).length,
  ]);
  const told = [...counts, ['not measured', notMeasured]].filter(([, count]) => count !== 0);
  return `Verdict: ${told.map(([verdict, count]) => `${count} ${verdict}`).join(', ')}`;
}

function summaryOf({ median, spread: [least, greatest] }: Summary, exact = false): string {
  const digits = exact ? 6 : 4;
  const shown = (value: number): string => Number(value.toPrecision(digits)).toLocaleString('en-US');
  return least === greatest ? shown(median) : `${shown(median)} (${shown(least)}–${shown(greatest)})`;
}
