import path from 'node:path';
import { Command } from 'commander';
import { count } from '../../../tools/arguments.ts';
import { openReport } from '../report.ts';
import { MUTANTS } from '../all-mutants.ts';
import { makeScratchCopies } from '../scratch-copies.ts';
import { resultsOf } from './domain-results.ts';
import { MODULES } from './modules.ts';
import { installStryker, runStryker } from './stryker.ts';

// Runs `npm run mutants:domain`. Stryker mutates the modules in lambdas/job, and runs each module's own unit tests. The results are written to
// docs/mutants.md.

const ROOT = path.resolve(import.meta.dirname, '../../..');

const program = new Command('mutants:domain')
  .description(
    "Mutates modules of the domain in a copy of the last commit by Stryker, and reports the tests' score.",
  )
  .option('--only <path>', 'the modules whose paths contain this', '')
  .option('--at-once <n>', 'how many mutants to run at the same time', count(1, 16), 2)
  .parse();

const { only, atOnce } = program.opts<{ only: string; atOnce: number }>();
const command = installStryker(ROOT);
const chosen = MODULES.filter(({ file }) => file.includes(only));
const copies = await makeScratchCopies(ROOT, 1);
process.on('exit', () => {
  copies.remove();
});
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, () => process.exit(130));

const report = openReport(ROOT, MUTANTS);
const [copy = ''] = copies.copies;
// Modules with the same tests are mutated in one run, because each run first runs the tests without a mutant.
for (const alike of Map.groupBy(chosen, ({ tests }) => tests.join(' ')).values()) {
  const [{ tests } = { tests: [] }] = alike;
  const found = runStryker(command, copy, { files: alike.map(({ file }) => file), tests, atOnce });
  await report.addDomain(resultsOf(found, copies.commit));
}
