import { readFileSync } from 'node:fs';
import path from 'node:path';

/** A fault to apply to a file. At least one test should detect the fault. */
export interface Mutant {
  /** The mutant's unique name, which describes the wrong behavior. */
  readonly name: string;
  /** The text that the mutant replaces. The file must contain this text exactly once. */
  readonly text: string;
  readonly instead: string;
  /** The test files that should detect the mutant, with the most likely file first. @default - the group's tests */
  readonly tests?: readonly string[];
  /** The reason why no test can detect the mutant, if the mutant never changes the behavior. @default - a test must detect the mutant */
  readonly equivalent?: string;
}

/** One file's mutants. All paths are relative to the project's root. */
export interface MutantGroup {
  readonly file: string;
  readonly tests: readonly string[];
  readonly mutants: readonly Mutant[];
}

/** A mutant with its group's file and tests. */
export interface PlacedMutant extends Mutant {
  readonly file: string;
  readonly tests: readonly string[];
}

export function placed(groups: readonly MutantGroup[]): PlacedMutant[] {
  return groups.flatMap(({ file, tests, mutants }) => mutants.map((mutant) => ({ file, tests, ...mutant })));
}

/**
 * Applies a mutant to a file's content.
 *
 * @throws Error if the content does not contain the mutant's text exactly once
 */
export function mutated(content: string, { name, file, text, instead }: PlacedMutant): string {
  const found = content.split(text).length - 1;
  if (found !== 1) {
    throw new Error(
      `The mutant "${name}" can't be applied: ${file} has its text ${found} times, instead of once.`,
    );
  }
  if (text === instead) throw new Error(`The mutant "${name}" changes nothing.`);
  return content.replace(text, () => instead);
}

/** Returns an error message for each mutant that can't be applied to the files in a folder. */
export function inapplicable(mutants: readonly PlacedMutant[], root: string): string[] {
  return mutants.flatMap((mutant) => {
    try {
      mutated(readFileSync(path.join(root, mutant.file), 'utf8'), mutant);
      return [];
    } catch (error) {
      return [(error as Error).message];
    }
  });
}
