import { readFileSync } from 'node:fs';
import path from 'node:path';

/** A fault to put into a file, to see whether a test notices it. */
export interface Mutant {
  /** What the mutant does wrong. No two mutants have the same name. */
  readonly name: string;
  /** The text that the mutant replaces. The file must contain it exactly once. */
  readonly text: string;
  readonly instead: string;
  /** The test files that ought to fail, the likeliest first. @default - those of the group */
  readonly tests?: readonly string[];
  /** Why no test can notice the mutant: it never changes what the code does. @default - a test has to notice it */
  readonly equivalent?: string;
}

/** The mutants of one file. Paths are relative to the root of the project. */
export interface MutantGroup {
  readonly file: string;
  readonly tests: readonly string[];
  readonly mutants: readonly Mutant[];
}

/** A mutant with the file and the tests of its group. */
export interface PlacedMutant extends Mutant {
  readonly file: string;
  readonly tests: readonly string[];
}

export function placed(groups: readonly MutantGroup[]): PlacedMutant[] {
  return groups.flatMap(({ file, tests, mutants }) => mutants.map((mutant) => ({ file, tests, ...mutant })));
}

/**
 * A file's content with the mutant in it.
 *
 * @throws Error if the content does not have the mutant's text exactly once
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

/** The messages of the mutants that can't be applied to the files below a folder. */
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
