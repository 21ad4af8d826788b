import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { format, resolveConfig } from 'prettier';
import type { PlacedMutant } from './mutant.ts';
import { mutantsPage, PAGE_FILE } from './report-page.ts';
import { RESULTS_FILE, type MutantResult, type MutantResults } from './results.ts';

/** Keeps the results of all runs, and writes the page about them. */
export interface Report {
  /** Keeps a result at once. */
  add(name: string, result: MutantResult): Promise<void>;
  /** Writes the page. */
  write(): Promise<void>;
}

/** The report of the project at `root`; it forgets mutants that the list no longer has. */
export function openReport(root: string, mutants: readonly PlacedMutant[]): Report {
  const results = new Map(Object.entries(readResults(root)));
  let writing = Promise.resolve();

  const inOrder = (): MutantResults =>
    Object.fromEntries(
      mutants.flatMap(({ name }) => {
        const result = results.get(name);
        return result ? [[name, result]] : [];
      }),
    );

  async function writeResults(): Promise<void> {
    mkdirSync(path.join(root, path.dirname(RESULTS_FILE)), { recursive: true });
    await write(root, RESULTS_FILE, JSON.stringify(inOrder()));
  }

  async function writeFiles(): Promise<void> {
    await writeResults();
    await write(root, PAGE_FILE, mutantsPage(mutants, inOrder()));
  }

  return {
    async add(name, result) {
      results.set(name, result);
      // The page takes long to format, and is written at the end.
      writing = writing.then(writeResults);
      await writing;
    },
    // One after the other, so that the last one written has all results.
    write() {
      writing = writing.then(writeFiles);
      return writing;
    },
  };
}

export function readResults(root: string): MutantResults {
  const file = path.join(root, RESULTS_FILE);
  return existsSync(file) ? (JSON.parse(readFileSync(file, 'utf8')) as MutantResults) : {};
}

/** The content of a file of the repository, as prettier writes it. */
export async function formatted(root: string, file: string, content: string): Promise<string> {
  const filepath = path.join(root, file);
  return format(content, { ...(await resolveConfig(filepath)), filepath });
}

async function write(root: string, file: string, content: string): Promise<void> {
  writeFileSync(path.join(root, file), await formatted(root, file, content));
}
