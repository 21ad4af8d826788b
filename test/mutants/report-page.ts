import { domainSection } from './domain/domain-section.ts';
import type { DomainResults } from './domain/domain-results.ts';
import type { PlacedMutant } from './mutant.ts';
import type { MutantResult, MutantResults } from './results.ts';

export const PAGE_FILE = 'docs/mutants.md';

const INTRODUCTION = `<!-- Written by \`npm run mutants\`. -->

# Mutants

A mutant is a small fault: a condition that is dropped, a verdict that is swapped, a wake-up that is forgotten. \`npm run mutants\` puts one after
the other into a copy of the project, and runs the tests that ought to fail. A mutant that no test notices is a hole in the tests. [Testing](testing.md#mutants)
says how to run them, and [decision 102](decisions/0102-mutants.md) why they are made like this.

The mutants are in \`test/mutants/list/\`. They drop the guards of the SQL statements and of the DynamoDB conditions, and change what the worker, the sweeper and the API do
around them.`;

type Judged = PlacedMutant & { readonly result: MutantResult | undefined };

/** Returns the content of docs/mutants.md: the number of killed mutants in each file, the survivors, and the test that killed each mutant. */
export function mutantsPage(
  mutants: readonly PlacedMutant[],
  results: MutantResults,
  domain: DomainResults,
): string {
  const judged = mutants.map((mutant): Judged => ({ ...mutant, result: results[mutant.name] }));
  const commits = [...new Set(Object.values(results).map(({ commit }) => `\`${commit.slice(0, 8)}\``))];
  const sum = tally(judged);
  return `${[
    INTRODUCTION,
    `**${sum.killed} of the ${sum.killed + sum.survived} mutants that were run were killed: ${percent(sum)}.** Another ${sum.equivalent} never change what the code does.${notRun(sum)} Run at ${commits.join(', ')}; a commit that was rebased since has another hash now.`,
    summary(judged, sum),
    list(
      '## Survivors',
      'No test notices these.',
      judged.filter(({ result, equivalent }) => result?.outcome === 'survived' && equivalent === undefined),
      ({ name, file }) => `- ${name} (\`${file}\`)`,
    ),
    list(
      '## Mutants that change nothing',
      'No test can notice these. They are not counted above.',
      judged.filter(({ equivalent }) => equivalent !== undefined),
      ({ name, file, equivalent }) => `- ${name} (\`${file}\`): ${equivalent}`,
    ),
    list(
      '## Mutants that were not run',
      '`npm run mutants -- --left` runs them.',
      judged.filter(({ result }) => result === undefined),
      ({ name, file }) => `- ${name} (\`${file}\`)`,
    ),
    domainSection(domain),
    '## Killed',
    ...[...Map.groupBy(judged, ({ file }) => file)].flatMap(([file, ofFile]) => killedIn(file, ofFile)),
  ]
    .filter((part) => part !== '')
    .join('\n\n')}\n`;
}

interface Tally {
  readonly mutants: number;
  readonly killed: number;
  readonly survived: number;
  readonly equivalent: number;
}

function tally(judged: readonly Judged[]): Tally {
  const counted = judged.filter(({ equivalent }) => equivalent === undefined);
  const having = (outcome: MutantResult['outcome']) =>
    counted.filter(({ result }) => result?.outcome === outcome).length;
  return {
    mutants: judged.length,
    killed: having('killed'),
    survived: having('survived'),
    equivalent: judged.length - counted.length,
  };
}

/** Returns the percentage of killed mutants, excluding mutants that were not run. */
function percent({ killed, survived }: Tally): string {
  const all = killed + survived;
  return all === 0 ? '' : `${(Math.floor((killed / all) * 1000) / 10).toFixed(1)} %`;
}

function notRun({ mutants, killed, survived, equivalent }: Tally): string {
  const count = mutants - killed - survived - equivalent;
  return count === 0 ? '' : ` ${count} have not been run yet.`;
}

function summary(judged: readonly Judged[], sum: Tally): string {
  const row = (name: string, of: Tally): string =>
    `| ${name} | ${of.mutants} | ${of.killed} | ${of.survived} | ${of.equivalent} | ${percent(of)} |`;
  return [
    '| file | mutants | killed | survived | change nothing | killed, of those that were run |',
    '| --- | ---: | ---: | ---: | ---: | ---: |',
    ...[...Map.groupBy(judged, ({ file }) => file)].map(([file, ofFile]) =>
      row(`\`${file}\``, tally(ofFile)),
    ),
    row('**all**', sum),
  ].join('\n');
}

function list(
  heading: string,
  about: string,
  mutants: readonly Judged[],
  line: (mutant: Judged) => string,
): string {
  return mutants.length === 0 ? '' : [heading, about, mutants.map(line).join('\n')].join('\n\n');
}

function killedIn(file: string, judged: readonly Judged[]): string[] {
  const rows = judged.flatMap(({ name, result }) =>
    result?.outcome === 'killed' ? [`| ${cell(name)} | ${cell(result.by ?? '')} |`] : [],
  );
  if (rows.length === 0) return [];
  return [`### \`${file}\``, ['| mutant | killed by |', '| --- | --- |', ...rows].join('\n')];
}

/** Formats a string for a table cell. */
function cell(text: string): string {
  return text.replaceAll('|', '\\|').replaceAll('\n', ' ').replaceAll('<', '&lt;').replaceAll('*', '\\*');
}
