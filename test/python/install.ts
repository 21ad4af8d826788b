import { createHash } from 'node:crypto';
import { mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { run } from '../helpers/commands.ts';
import { PROJECT } from '../helpers/stack.ts';
import { needPackages } from '../helpers/system-packages.ts';

const CACHE = path.join(PROJECT, 'node_modules/.cache/errand');

/** A Python that finds what was installed for it. */
export interface Python {
  readonly command: string;
  /** The folder of the commands that its packages bring. */
  readonly scripts: string;
  /** What Python, and those commands, need in their environment. */
  readonly environment: Readonly<Record<string, string>>;
}

/**
 * Installs a tool from PyPI below `node_modules/.cache`, unless an earlier run did: each package in the version of the requirements,
 * and nothing that they do not name. It goes into a virtual environment, or into a folder of its own where Python has no `venv`.
 *
 * @param name of the tool, for its folder and for messages
 * @param requirements the file that pins the tool and all that it needs
 * @throws Error where there is no Python of 3.11 or later with `venv` or pip, or PyPI is out of reach
 */
export async function installFromPyPi(
  name: string,
  requirements: string,
  signal?: AbortSignal,
): Promise<Python> {
  const python = await findPython(name, signal);
  const pins = await readFile(requirements);
  const key = createHash('sha256').update(python.version).update(pins).digest('hex').slice(0, 12);
  const folder = path.join(CACHE, `${name}-${key}`);
  const installed = python.hasVenv ? inVenv(folder) : inFolder(folder);
  // Written last: what was interrupted is never taken for whole.
  const whole = path.join(folder, 'whole');
  if ((await readFile(whole, 'utf8').catch(() => undefined)) === installed.scripts) return installed;

  process.stdout.write(`Installing ${name} into node_modules/.cache/errand\n`);
  await rm(folder, { recursive: true, force: true });
  await mkdir(folder, { recursive: true });
  // What is never imported need not be compiled.
  const install = ['-m', 'pip', 'install', '--quiet', '--disable-pip-version-check', '--no-compile'];
  const where = python.hasVenv ? [] : ['--target', packagesIn(folder)];
  try {
    if (python.hasVenv) await run('python3', ['-m', 'venv', venvIn(folder)], process.env, signal);
    const words = [...install, ...where, '--no-deps', '-r', requirements];
    await run(installed.command, words, process.env, signal);
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

function inFolder(folder: string): Python {
  const packages = packagesIn(folder);
  return {
    command: 'python3',
    scripts: path.join(packages, 'bin'),
    environment: { PYTHONPATH: packages },
  };
}

interface FoundPython {
  /** Such as `3.13`: what is compiled for one is none of another's. */
  readonly version: string;
  readonly hasVenv: boolean;
}

/** Which of its parts a Python has, as Debian takes it apart. */
const ASK = `
import importlib.util, json, sys
has = lambda name: importlib.util.find_spec(name) is not None
print(json.dumps({'version': '%d.%d' % sys.version_info[:2], 'recent': sys.version_info >= (3, 11), 'venv': has('ensurepip'), 'pip': has('pip')}))
`;

interface Parts {
  readonly version: string;
  readonly recent: boolean;
  readonly venv: boolean;
  readonly pip: boolean;
}

/** @throws Error where the Python that is there will not do */
async function findPython(name: string, signal?: AbortSignal): Promise<FoundPython> {
  await needPackages(`${name}, of PyPI,`, ['python3', 'python3-venv']);
  const parts = await partsOfPython(signal);
  if (!parts?.recent || !(parts.venv || parts.pip)) {
    throw new Error(
      `${name} needs python3 of version 3.11 or later with venv or pip; ` +
        (parts ? `the one that is found is ${parts.version}.` : 'the one that is found does not run.'),
    );
  }
  return { version: parts.version, hasVenv: parts.venv };
}

async function partsOfPython(signal?: AbortSignal): Promise<Parts | undefined> {
  const answer = await run('python3', ['-c', ASK], process.env, signal).catch(() => undefined);
  return answer === undefined ? undefined : (JSON.parse(answer) as Parts);
}
