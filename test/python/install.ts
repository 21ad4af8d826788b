import { createHash } from 'node:crypto';
import { mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { run } from '../helpers/commands.ts';
import { PROJECT } from '../helpers/stack.ts';
import { needPackages } from '../helpers/system-packages.ts';
import { provideInstaller, type Interpreter } from './installer.ts';

const CACHE = path.join(PROJECT, 'node_modules/.cache/errand');

/** A Python interpreter with the installed packages. */
export interface Python {
  readonly command: string;
  /** The folder that contains the packages' commands. */
  readonly scripts: string;
  /** The environment variables that Python and the packages' commands need. */
  readonly environment: Readonly<Record<string, string>>;
}

/**
 * Installs a tool from PyPI under `node_modules/.cache`, unless an earlier run already has. Only the packages and versions in the
 * requirements are installed: in a virtual environment, or in a separate folder if Python has no `venv`.
 *
 * @param name the tool's name, used for its folder and in messages
 * @param requirements the file that pins the tool and all its dependencies
 * @param options.leastMinor the minimum minor version of Python 3 that the tool needs. @default 11
 * @throws Error if no suitable Python with `venv` or pip exists, or PyPI is unreachable
 */
export async function installFromPyPi(
  name: string,
  requirements: string,
  signal?: AbortSignal,
  { leastMinor = 11 }: { leastMinor?: number } = {},
): Promise<Python> {
  const python = await findPython({ name, leastMinor, signal });
  const pins = await readFile(requirements);
  const key = createHash('sha256').update(python.version).update(pins).digest('hex').slice(0, 12);
  const folder = path.join(CACHE, `${name}-${key}`);
  const installed = python.hasVenv ? inVenv(folder) : inFolder(folder, python.command);
  // The marker file is written last, so an interrupted installation never counts as complete.
  const whole = path.join(folder, 'whole');
  if ((await readFile(whole, 'utf8').catch(() => undefined)) === installed.scripts) return installed;

  process.stdout.write(`Installing ${name} into node_modules/.cache/errand\n`);
  await rm(folder, { recursive: true, force: true });
  await mkdir(folder, { recursive: true });
  try {
    const install = await provideInstaller(python, CACHE, signal);
    if (python.hasVenv)
      await run(python.command, ['-m', 'venv', '--without-pip', venvIn(folder)], process.env, signal);
    await install(
      { interpreter: installed.command, ...(!python.hasVenv && { folder: packagesIn(folder) }) },
      requirements,
    );
  } catch (cause) {
    throw new Error(`${name} could not be installed from PyPI: ${String(cause)}`, { cause });
  }
  await writeFile(whole, installed.scripts);
  return installed;
}

const venvIn = (folder: string): string => path.join(folder, 'venv');
const packagesIn = (folder: string): string => path.join(folder, 'packages');

function inVenv(folder: string): Python {
  const scripts = path.join(venvIn(folder), 'bin');
  return { command: path.join(scripts, 'python'), scripts, environment: {} };
}

function inFolder(folder: string, command: string): Python {
  const packages = packagesIn(folder);
  return {
    command,
    scripts: path.join(packages, 'bin'),
    environment: { PYTHONPATH: packages },
  };
}

interface FoundPython extends Interpreter {
  /** The version, such as `3.13`. A package compiled for one version does not work with another version. */
  readonly version: string;
}

/** A script that reports whether a Python interpreter has the modules that Debian packages separately. */
const ASK = `
import importlib.util, json, sys
has = lambda name: importlib.util.find_spec(name) is not None
print(json.dumps({'version': '%d.%d' % sys.version_info[:2], 'minor': sys.version_info[1], 'venv': has('ensurepip'), 'pip': has('pip')}))
`;

interface Parts {
  readonly version: string;
  /** The minor version of Python 3. */
  readonly minor: number;
  readonly venv: boolean;
  readonly pip: boolean;
}

/** The commands of Python versions newer than Debian 12's default `python3`. */
const NEWER_PYTHONS = ['python3.13', 'python3.12'];

/** Thrown when this machine's Python is too old for a tool. */
export class OldPythonError extends Error {}

/** Finds a suitable Python interpreter. @throws OldPythonError if none is new enough; Error if Python is not installed */
async function findPython({ name, leastMinor, signal }: Wanted): Promise<FoundPython> {
  await needPackages(`${name}, of PyPI,`, ['python3', 'python3-venv']);
  const seen: string[] = [];
  for (const command of ['python3', ...NEWER_PYTHONS, ...(await pythonsOfPyenv())]) {
    const parts = await partsOfPython(command, signal);
    if (parts && parts.minor >= leastMinor && (parts.venv || parts.pip)) {
      return { command, version: parts.version, hasVenv: parts.venv };
    }
    if (parts) seen.push(`${command} is ${parts.version}`);
  }
  throw new OldPythonError(
    `${name} needs Python 3.${leastMinor} or later with venv or pip: install one as python3 or ${NEWER_PYTHONS.join(' or ')}, ` +
      `or with pyenv. ${seen.length > 0 ? `Found: ${seen.join(', ')}.` : 'No working Python was found.'}`,
  );
}

interface Wanted {
  readonly name: string;
  readonly leastMinor: number;
  readonly signal?: AbortSignal | undefined;
}

/** Returns the Python interpreters that pyenv has installed, newest version first. */
async function pythonsOfPyenv(): Promise<string[]> {
  const root = path.join(process.env.PYENV_ROOT ?? path.join(os.homedir(), '.pyenv'), 'versions');
  const versions = (await readdir(root).catch(() => [])).filter((version) => version.startsWith('3.'));
  const newestFirst = versions.sort((a, b) => b.localeCompare(a, 'en', { numeric: true }));
  return newestFirst.map((version) => path.join(root, version, 'bin/python3'));
}

async function partsOfPython(command: string, signal?: AbortSignal): Promise<Parts | undefined> {
  const answer = await run(command, ['-c', ASK], process.env, signal).catch(() => undefined);
  return answer === undefined ? undefined : (JSON.parse(answer) as Parts);
}
