import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { mkdir, readFile, rm, stat } from 'node:fs/promises';
import path from 'node:path';

const CACHE = path.resolve(import.meta.dirname, '../../node_modules/.cache/errand');

/**
 * Installs a tool from PyPI into a virtual environment below `node_modules/.cache`, unless an earlier run did: each package in the
 * version of the requirements, and nothing that they do not name.
 *
 * @param name of the tool, for its folder and for messages
 * @param requirements the file that pins the tool and all that it needs
 * @returns the folder of its commands
 * @throws Error where there is no Python, or PyPI is out of reach
 */
export async function installFromPyPi(name: string, requirements: string): Promise<string> {
  const key = createHash('sha256')
    .update(await readFile(requirements))
    .digest('hex')
    .slice(0, 12);
  const folder = path.join(CACHE, `${name}-${key}`);
  // Made last: what was interrupted is never taken for whole.
  const whole = path.join(folder, 'whole');
  const isThere = await stat(whole).then(
    () => true,
    () => false,
  );
  const binaries = path.join(folder, 'bin');
  if (isThere) return binaries;
  process.stdout.write(`Installing ${name} into node_modules/.cache/errand\n`);
  await rm(folder, { recursive: true, force: true });
  await mkdir(folder, { recursive: true });
  if ((await run('python3', ['-m', 'venv', folder])) !== 0) {
    throw new Error(`\`python3 -m venv\` failed: ${name} needs Python 3.10 or later with venv.`);
  }
  const pip = ['-m', 'pip', 'install', '--quiet', '--disable-pip-version-check', '--no-deps'];
  if ((await run(path.join(binaries, 'python'), [...pip, '-r', requirements])) !== 0) {
    throw new Error(`${name} could not be installed from PyPI: see above.`);
  }
  await mkdir(whole);
  return binaries;
}

/**
 * Runs a command to its end, with this process's output.
 *
 * @returns the exit code; 127 where there is no such command
 */
export async function run(
  command: string,
  args: readonly string[],
  env: NodeJS.ProcessEnv = process.env,
  cwd?: string,
): Promise<number> {
  const child = spawn(command, args, { stdio: ['ignore', 'inherit', 'inherit'], env, cwd });
  try {
    const [code] = (await once(child, 'exit')) as [number | null];
    return code ?? 1;
  } catch {
    return 127;
  }
}
