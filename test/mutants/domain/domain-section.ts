import type { DomainResult, DomainResults } from './domain-results.ts';

/** Returns the section of docs/mutants.md about Stryker's mutants; an empty string if there are no results. */
export function domainSection(results: DomainResults): string {
  const files = Object.entries(results);
  if (files.length === 0) return '';
  const sum = files.reduce<Counts>((counts, [, result]) => plus(counts, countsOf(result)), NONE);
  const commits = [...new Set(files.map(([, { commit }]) => `\`${commit.slice(0, 8)}\``))];
  return [
    '## The domain, by Stryker',
    `\`npm run mutants:domain\` mutates modules of \`lambdas/job/\` by StrykerJS: conditions, comparisons, arithmetic, calls, and blocks that it empties, but not strings and object literals. Only the unit tests that are about a module are run. **${sum.killed + sum.timedOut} of ${all(sum)} mutants were killed: ${percent(sum)}.** Run at ${commits.join(', ')}.`,
    [
      '| file | mutants | killed | timed out | survived | never run by these tests | killed or timed out |',
      '| --- | ---: | ---: | ---: | ---: | ---: | ---: |',
      ...files.map(([file, result]) => row(`\`${file}\``, countsOf(result))),
      row('**all**', sum),
    ].join('\n'),
    '### Survivors in the domain',
    ...files.flatMap(([file, { survivors }]) =>
      survivors.length === 0
        ? []
        : [
            `\`${file}\``,
            [
              '| line | mutation | of | into |',
              '| ---: | --- | --- | --- |',
              ...survivors.map(
                ({ line, mutator, original, replacement, isUncovered }) =>
                  `| ${line} | ${mutator}${isUncovered ? ' (never run)' : ''} | ${code(original)} | ${code(replacement)} |`,
              ),
            ].join('\n'),
          ],
    ),
  ].join('\n\n');
}

interface Counts {
  readonly killed: number;
  readonly timedOut: number;
  readonly survived: number;
  readonly uncovered: number;
}

const NONE: Counts = { killed: 0, timedOut: 0, survived: 0, uncovered: 0 };

function countsOf({ killed, timedOut, survivors }: DomainResult): Counts {
  const uncovered = survivors.filter(({ isUncovered }) => isUncovered).length;
  return { killed, timedOut, survived: survivors.length - uncovered, uncovered };
}

function plus(one: Counts, other: Counts): Counts {
  return {
    killed: one.killed + other.killed,
    timedOut: one.timedOut + other.timedOut,
    survived: one.survived + other.survived,
    uncovered: one.uncovered + other.uncovered,
  };
}

function all({ killed, timedOut, survived, uncovered }: Counts): number {
  return killed + timedOut + survived + uncovered;
}

function percent(counts: Counts): string {
  const share = all(counts) === 0 ? 1 : (counts.killed + counts.timedOut) / all(counts);
  return `${(Math.floor(share * 1000) / 10).toFixed(1)} %`;
}

function row(name: string, counts: Counts): string {
  const { killed, timedOut, survived, uncovered } = counts;
  return `| ${name} | ${all(counts)} | ${killed} | ${timedOut} | ${survived} | ${uncovered} | ${percent(counts)} |`;
}

/** Formats code for a table cell. */
function code(text: string): string {
  return text === '' ? '' : `\`\` ${text.replaceAll('|', '\\|')} \`\``;
}
