import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { text } from 'node:stream/consumers';
import type { Catalogue } from '../../lambdas/job/catalogue.ts';
import { JobsFileError } from './jobs-file-error.ts';
import type { Answer } from './read-definitions.ts';

/**
 * The time in milliseconds after which the process is killed if the jobs file blocks the event loop. A jobs file that gets stuck in a top-level
 * await fails earlier, after 10 s (lib/jobs/read-definitions.ts).
 */
const KILLED_AFTER_MS = 15_000;

/** The program next to this file: TypeScript in a checkout, JavaScript in the package. */
const PROGRAM = path.join(import.meta.dirname, `read-definitions${path.extname(import.meta.filename)}`);

export interface ReadCatalogueOptions {
  /** The jobs file's path, for error messages. */
  readonly jobsFile: string;
  /** The path of the jobs file's bundle for this machine: `index.mjs`. */
  readonly bundle: string;
  /** The environment variables of the queues that will run the jobs. */
  readonly environment: Readonly<Record<string, string>>;
}

/**
 * Imports a jobs file once, in a separate process, and returns the job types that it exports.
 *
 * @throws JobsFileError with each reason why the file can't be used, or with the stack of an error that the file threw
 */
export function readCatalogue(options: ReadCatalogueOptions): Catalogue {
  const folder = mkdtempSync(path.join(tmpdir(), 'errand-catalogue-'));
  try {
    const answerFile = path.join(folder, 'answer.json');
    const { status, signal, stderr, error } = spawnSync(process.execPath, wordsOf(options, answerFile), {
      ...processOptions(options),
      encoding: 'utf8',
      timeout: KILLED_AFTER_MS,
      killSignal: 'SIGKILL',
    });
    if (error && signal !== 'SIGKILL') throw error;
    return catalogueOf({ status, signal, stderr }, answerFile, options);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/**
 * Like {@link readCatalogue}, but without blocking this process.
 *
 * @throws JobsFileError
 */
export async function readCatalogueMeanwhile(options: ReadCatalogueOptions): Promise<Catalogue> {
  const folder = mkdtempSync(path.join(tmpdir(), 'errand-catalogue-'));
  try {
    const answerFile = path.join(folder, 'answer.json');
    const child = spawn(process.execPath, wordsOf(options, answerFile), {
      ...processOptions(options),
      stdio: ['ignore', 'ignore', 'pipe'],
      timeout: KILLED_AFTER_MS,
      killSignal: 'SIGKILL',
    });
    const closed = once(child, 'close') as Promise<[number | null, NodeJS.Signals | null]>;
    const [stderr, [status, signal]] = await Promise.all([text(child.stderr), closed]);
    return catalogueOf({ status, signal, stderr }, answerFile, options);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

function wordsOf({ bundle }: ReadCatalogueOptions, answerFile: string): string[] {
  return ['--enable-source-maps', PROGRAM, bundle, answerFile];
}

function processOptions({ environment }: ReadCatalogueOptions): { env: NodeJS.ProcessEnv } {
  return { env: { ...process.env, ...environment } };
}

/** How the process ended. */
interface Ended {
  readonly status: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly stderr: string;
}

function catalogueOf(
  { status, signal, stderr }: Ended,
  answerFile: string,
  { jobsFile }: ReadCatalogueOptions,
): Catalogue {
  if (signal === 'SIGKILL') {
    throw new JobsFileError(jobsFile, [`importing it took longer than ${KILLED_AFTER_MS / 1000} seconds`]);
  }
  const answer = status === 0 ? readAnswer(answerFile) : undefined;
  if (!answer) throw new JobsFileError(jobsFile, ['importing it failed:', ...ownLines(stderr)]);
  if ('problems' in answer) throw new JobsFileError(jobsFile, answer.problems);
  return answer.catalogue;
}

/** Returns the error output without the stack frames of Node and of this program, and without Node's last lines. */
function ownLines(stderr: string): string[] {
  return stderr
    .trimEnd()
    .split('\n')
    .filter((line) => !/^ +at .*(node:internal|\/read-definitions\.[jt]s)/.test(line))
    .filter((line) => line.trim() !== '' && !/^Node\.js v\d/.test(line));
}

/** Reads the program's output. Returns undefined if the jobs file ended the process before the program wrote its output. */
function readAnswer(file: string): Answer | undefined {
  try {
    return JSON.parse(readFileSync(file, 'utf8')) as Answer;
  } catch {
    return undefined;
  }
}
