import { existsSync, mkdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { writeGenerated } from '../../tools/generated-file.ts';
import { DOMAIN_RESULTS_FILE, type DomainResults } from './domain/domain-results.ts';
import type { PlacedMutant } from './mutant.ts';
import { mutantsPage, PAGE_FILE } from './report-page.ts';
import { RESULTS_FILE, type MutantResult, type MutantResults } from './results.ts';

/** Stores the results of all runs, and writes the report page. */
export interface Report {
  /** Stores a result immediately. */
  add(name: string, result: MutantResult): Promise<void>;
  /** Stores Stryker's results for the given files, and writes the page. */
  addDomain(results: DomainResults): Promise<void>;
  /** Writes the page. */
  write(): Promise<void>;
}

/** Opens the report of the project in the `root` folder. Results of mutants that are no longer in the list are dropped. */
export function openReport(root: string, mutants: readonly PlacedMutant[]): Report {
  const results = new Map(Object.entries(readResults(root)));
  let domain = readDomainResults(root);
  let writing = Promise.resolve();

  const inOrder = (): MutantResults =>
    Object.fromEntries(
      mutants.flatMap(({ name }) => {
        const result = results.get(name);
        return result ? [[name, result]] : [];
      }),
    );

  async function writeResults(): Promise<void> {
    await write(root, RESULTS_FILE, JSON.stringify(inOrder()));
  }

  async function writeFiles(): Promise<void> {
    await writeResults();
    await write(root, PAGE_FILE, mutantsPage(mutants, inOrder(), domain));
  }

  return {
    async add(name, result) {
      results.set(name, result);
      // Formatting the page is slow, so only `write` writes it.
      writing = writing.then(writeResults);
      await writing;
    },
    async addDomain(added) {
      const files = Object.entries({ ...domain, ...added });
      domain = Object.fromEntries(files.sort(([one], [other]) => (one < other ? -1 : 1)));
      writing = writing.then(() => write(root, DOMAIN_RESULTS_FILE, JSON.stringify(domain))).then(writeFiles);
      await writing;
    },
    // Waits for earlier writes, so that the last write stores all results.
    write() {
      writing = writing.then(writeFiles);
      return writing;
    },
  };
}

export function readResults(root: string): MutantResults {
  return readObject(path.join(root, RESULTS_FILE)) as MutantResults;
}

export function readDomainResults(root: string): DomainResults {
  return readObject(path.join(root, DOMAIN_RESULTS_FILE)) as DomainResults;
}

function readObject(file: string): unknown {
  return existsSync(file) ? JSON.parse(readFileSync(file, 'utf8')) : {};
}

async function write(root: string, file: string, content: string): Promise<void> {
  mkdirSync(path.dirname(path.join(root, file)), { recursive: true });
  await writeGenerated(path.join(root, file), content);
}
