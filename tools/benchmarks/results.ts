import { mkdir, readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { format } from 'prettier';
import type { Reading } from './figure.ts';
import type { Machine } from './machine.ts';

/** The results from one run of a figure. */
export interface Measured {
  readonly figure: string;
  /** The day of the run. */
  readonly date: string;
  readonly rounds: number;
  /** The machine's load average over the minute before the run. It is near 0 if the machine was idle. */
  readonly load_before: number;
  readonly machine: Machine;
  readonly readings: readonly Reading[];
}

export const RESULTS_FILE = path.resolve(import.meta.dirname, '../../docs/benchmarks/results.json');

/** Reads the latest results of each figure. The list is empty before the first run. */
export async function readResults(): Promise<Measured[]> {
  const text = await readFile(RESULTS_FILE, 'utf8').catch(() => '[]');
  return JSON.parse(text) as Measured[];
}

export async function writeResults(results: readonly Measured[]): Promise<void> {
  await writeFormatted(RESULTS_FILE, 'json', JSON.stringify(results));
}

/** Formats text as `npm run format` does, and writes it to a file. */
export async function writeFormatted(file: string, parser: 'json' | 'markdown', text: string): Promise<void> {
  await mkdir(path.dirname(file), { recursive: true });
  await writeFile(file, await format(text, { parser, printWidth: 110, singleQuote: true }));
}
