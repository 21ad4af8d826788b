import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, readFile, rename, rm } from 'node:fs/promises';
import path from 'node:path';
import { run } from '../helpers/commands.ts';

const REQUIREMENTS = path.join(import.meta.dirname, 'requirements.txt');

/** A Python interpreter. */
export interface Interpreter {
  readonly command: string;
  /** Whether the interpreter can create virtual environments that contain pip. Otherwise, it has pip itself. */
  readonly hasVenv: boolean;
}

/** Where to install packages: for an interpreter, either in its virtual environment or in a separate folder. */
export interface Place {
  readonly interpreter: string;
  readonly folder?: string;
}

/** Installs all packages in a requirements file, without packages that the file does not name. */
export type Install = (place: Place, requirements: string) => Promise<unknown>;

// `--no-compile` is faster, because files that are never imported are not compiled. uv compiles no files by default.
const PIP = ['-m', 'pip', '--quiet', '--disable-pip-version-check'];
const PIP_INSTALL = ['install', '--no-compile'];

/**
 * Installs uv, unless an earlier run already has. To install LocalStack, uv takes 8 s of processor time, and pip takes 22 s. uv ignores
 * `pip.conf`, where a package index may be configured. So pip installs what uv cannot install.
 *
 * @param cache the folder that contains uv and its downloads
 * @throws Error if PyPI is unreachable
 */
export async function provideInstaller(
  python: Interpreter,
  cache: string,
  signal: AbortSignal | undefined,
): Promise<Install> {
  const call = (command: string, words: readonly string[]): Promise<string> =>
    run(command, words, process.env, signal);
  const pin = (await readFile(REQUIREMENTS, 'utf8')).trim();
  const folder = path.join(cache, pin.replace('==', '-'));
  const pipIn = (venv: string): string => (python.hasVenv ? path.join(venv, 'bin/python') : python.command);
  if (!existsSync(folder)) {
    await mkdir(cache, { recursive: true });
    // The folder gets its name when it is complete, because several commands may install uv at the same time.
    const unfinished = await mkdtemp(path.join(cache, 'installing-'));
    try {
      if (python.hasVenv) await call(python.command, ['-m', 'venv', unfinished]);
      const target = python.hasVenv ? [] : ['--target', unfinished];
      await call(pipIn(unfinished), [...PIP, ...PIP_INSTALL, ...target, '-r', REQUIREMENTS]);
      await rename(unfinished, folder).catch((error: unknown) => {
        if (!existsSync(folder)) throw error;
      });
    } finally {
      await rm(unfinished, { recursive: true, force: true });
    }
  }
  return async (place, requirements) => {
    const target = place.folder === undefined ? [] : ['--target', place.folder];
    const words = [...target, '--no-deps', '-r', requirements];
    const uv = ['pip', 'install', '--quiet', '--cache-dir', path.join(cache, 'uv-downloads')];
    await call(path.join(folder, 'bin/uv'), [...uv, '--python', place.interpreter, ...words]).catch(
      (error: unknown) => {
        signal?.throwIfAborted();
        console.log(`pip installs the packages, because uv failed: ${String(error)}`);
        return call(pipIn(folder), [...PIP, '--python', place.interpreter, ...PIP_INSTALL, ...words]);
      },
    );
  };
}
