import { readFile } from 'node:fs/promises';
import { InvalidArgumentError } from 'commander';

/**
 * The payload of a submission: JSON, `@file`, or `@-` for the standard input.
 *
 * @throws InvalidArgumentError for what is no JSON, and for a file that can't be read
 */
export async function readPayload(given: string, readInput: () => Promise<string>): Promise<unknown> {
  const text = given.startsWith('@') ? await readSource(given.slice(1), readInput) : given;
  try {
    return JSON.parse(text);
  } catch (error) {
    throw new InvalidArgumentError(`--payload must be JSON, @file or @- : ${(error as Error).message}`);
  }
}

async function readSource(file: string, readInput: () => Promise<string>): Promise<string> {
  if (file === '-') return readInput();
  try {
    return await readFile(file, 'utf8');
  } catch (error) {
    throw new InvalidArgumentError(`--payload @${file} can't be read: ${(error as Error).message}`);
  }
}
