import type { Schema } from '../errand-client.ts';
import { printable } from './waiting-line.ts';

type Summary = Schema<'JobSummary'>;

/** A job as people read it: one field a line, without those that say nothing. */
export function jobText(job: Schema<'Job'> | Schema<'SubmittedJob'>): string {
  const entries = Object.entries(job).filter(([, value]) => value !== null && value !== false);
  const width = Math.max(...entries.map(([name]) => name.length));
  return entries.map(([name, value]) => `${name.padEnd(width)}  ${valueText(value)}`).join('\n');
}

/** A page of jobs as a table. */
export function tableText({ items, next_cursor: cursor }: Schema<'JobPage'>): string {
  const rows = [['JOB', 'STATUS', 'TYPE', 'OBJECT', 'CREATED'], ...items.map(cellsOf)];
  const lines = rowsText(rows);
  if (cursor !== null) lines.push('', `More: --cursor ${cursor}`);
  return lines.join('\n');
}

/** Rows of cells as lines, each column as wide as its widest cell. */
export function rowsText(rows: readonly (readonly string[])[]): string[] {
  const widths = (rows[0] ?? []).map((_cell, column) =>
    Math.max(...rows.map((row) => row[column]?.length ?? 0)),
  );
  return rows.map((row) =>
    row
      .map((cell, column) => cell.padEnd(widths[column] ?? 0))
      .join('  ')
      .trimEnd(),
  );
}

function cellsOf(job: Summary): string[] {
  return [job.job_id, job.status, job.type, job.object_id ?? '-', job.create_time].map(printable);
}

function valueText(value: unknown): string {
  return printable(typeof value === 'string' ? value : JSON.stringify(value));
}
