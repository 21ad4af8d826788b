import { openAsBlob } from 'node:fs';
import { access, constants, readFile, stat } from 'node:fs/promises';
import { InvalidArgumentError } from 'commander';

// Parsers for option values.

/**
 * Reads a payload from JSON, `@file`, or `@-` for standard input.
 *
 * @param what the payload's name in errors
 * @throws InvalidArgumentError if the JSON is invalid, or the file can't be read
 */
export async function readPayload(
  given: string,
  readInput: () => Promise<string>,
  what = '--payload',
): Promise<unknown> {
  const text = given.startsWith('@') ? await readSource(given.slice(1), readInput, what) : given;
  try {
    return JSON.parse(text);
  } catch (error) {
    throw new InvalidArgumentError(`${what} must be JSON, @file or @- : ${(error as Error).message}`);
  }
}

async function readSource(file: string, readInput: () => Promise<string>, what: string): Promise<string> {
  if (file === '-') return readInput();
  try {
    return await readFile(file, 'utf8');
  } catch (error) {
    throw new InvalidArgumentError(`${what} @${file} can't be read: ${(error as Error).message}`);
  }
}

/**
 * Opens the file for a submission. The file's content is read later, during the upload.
 *
 * @param payload the submission's payload, to which the file's key is added
 * @throws InvalidArgumentError if the file can't be read, or if the key can't be added to the payload
 */
export async function openFile(path: string, payload: unknown): Promise<Blob> {
  if (payload !== undefined && (typeof payload !== 'object' || payload === null || Array.isArray(payload))) {
    throw new InvalidArgumentError(
      "with --file, the payload must be an object, because it gets the file's key",
    );
  }
  if (payload !== undefined && 'file' in payload) {
    throw new InvalidArgumentError('the payload already has a "file": use either that field or --file');
  }
  try {
    if (!(await stat(path)).isFile()) throw new Error('it is not a file');
    await access(path, constants.R_OK);
    return await openAsBlob(path);
  } catch (error) {
    throw new InvalidArgumentError(`--file ${path} can't be read: ${(error as Error).message}`);
  }
}

const UNITS: Readonly<Record<string, number>> = { s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000 };

/**
 * Parses a duration such as `90s`, `30m`, `24h` or `7d`; returns milliseconds.
 *
 * @throws InvalidArgumentError for any other string
 */
export function readDuration(text: string): number {
  const [, count, unit = ''] = /^(\d{1,6})([smhd])$/.exec(text) ?? [];
  const milliseconds = UNITS[unit];
  if (count === undefined || milliseconds === undefined) {
    throw new InvalidArgumentError('It must be a number with a unit: 90s, 30m, 24h or 7d.');
  }
  return Number(count) * milliseconds;
}

/**
 * Parses a number of seconds, or a duration that {@link readDuration} accepts; returns seconds.
 *
 * @throws InvalidArgumentError for any other string
 */
export function readSeconds(text: string): number {
  return /^\d+$/.test(text) ? Number(text) : readDuration(text) / 1_000;
}

/**
 * Parses a number.
 *
 * @throws InvalidArgumentError for any other string
 */
export function toNumber(text: string): number {
  const number = Number(text);
  if (text.trim() === '' || !Number.isFinite(number)) throw new InvalidArgumentError('It must be a number.');
  return number;
}
