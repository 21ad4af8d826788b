import type { StrykerMutant, StrykerReport } from './stryker.ts';

/** Stryker's results for one file in the domain. */
export interface DomainResult {
  readonly killed: number;
  /** The number of mutants for which the tests timed out. Such mutants count as killed. */
  readonly timedOut: number;
  readonly survivors: readonly DomainSurvivor[];
  readonly commit: string;
}

export interface DomainSurvivor {
  readonly line: number;
  readonly mutator: string;
  readonly original: string;
  readonly replacement: string;
  /** Whether no test runs this code. */
  readonly isUncovered: boolean;
}

/** Results by file path. */
export type DomainResults = Readonly<Record<string, DomainResult>>;

export const DOMAIN_RESULTS_FILE = 'docs/mutants/domain.json';

export function resultsOf({ files }: StrykerReport, commit: string): DomainResults {
  return Object.fromEntries(
    Object.entries(files).map(([file, { source, mutants }]) => {
      const having = (...statuses: string[]) => mutants.filter(({ status }) => statuses.includes(status));
      return [
        file,
        {
          killed: having('Killed').length,
          timedOut: having('Timeout').length,
          survivors: having('Survived', 'NoCoverage').map((mutant) => survivor(mutant, source)),
          commit,
        },
      ];
    }),
  );
}

function survivor(
  { mutatorName, status, replacement = '', location: { start, end } }: StrykerMutant,
  source: string,
): DomainSurvivor {
  const lines = source.split('\n').slice(start.line - 1, end.line);
  const [first = ''] = lines;
  const last = lines.length - 1;
  const original = lines
    .map((line, index) => (index === last ? line.slice(0, end.column - 1) : line))
    .map((line, index) => (index === 0 ? line.slice(start.column - 1) : line))
    .join(' ');
  return {
    line: start.line,
    mutator: mutatorName,
    original: short(first === '' ? '' : original),
    replacement: short(replacement),
    isUncovered: status === 'NoCoverage',
  };
}

function short(text: string): string {
  const line = text.replaceAll(/\s+/g, ' ').trim();
  return line.length > 100 ? `${line.slice(0, 99)}…` : line;
}
