import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createHash } from 'node:crypto';
import { mkdir, mkdtemp, readFile, rm, stat } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { parseArgs } from 'node:util';
import { startService } from '../helpers/service-process.ts';

// `npm run test:fuzz`: Schemathesis makes requests from the OpenAPI document, good ones and bad ones, sends them to the embedded
// cloud and holds every answer to the document. Ends with 1 for a finding, 2 where it could not run.

const USAGE = `npm run test:fuzz -- [--seconds 30] [--seed 1]

  --seconds  how long to send requests
  --seed     which requests; 0 takes another seed in each run`;

const FOLDER = import.meta.dirname;
const CACHE = path.resolve(FOLDER, '../../node_modules/.cache/errand');

try {
  const { seconds, seed } = readSettings();
  const schemathesis = await install();
  const dataDir = await mkdtemp(path.join(os.tmpdir(), 'errand-fuzz-'));
  const service = await startService({ ERRAND_DATA_DIR: dataDir });
  try {
    process.stdout.write(`Seed ${seed}: npm run test:fuzz -- --seconds ${seconds} --seed ${seed}\n`);
    process.exitCode = await fuzz(schemathesis, { url: service.url, seconds, seed, dataDir });
    const alive = await fetch(`${service.url}/health-check`);
    if (!alive.ok) throw new Error(`Afterwards the service answers ${alive.status}: ${await alive.text()}`);
  } finally {
    await service.end('SIGTERM');
    await rm(dataDir, { recursive: true, force: true });
  }
} catch (error) {
  process.stderr.write(`${(error as Error).message}\n`);
  process.exitCode = 2;
}

interface Fuzzing {
  url: string;
  seconds: number;
  seed: number;
  /** Where Schemathesis may leave its own files. */
  dataDir: string;
}

async function fuzz(schemathesis: string, { url, seconds, seed, dataDir }: Fuzzing): Promise<number> {
  return run(
    schemathesis,
    [
      ...['--config-file', path.join(FOLDER, 'schemathesis.toml')],
      ...['run', `${url}/openapi.json`],
      ...['--checks', 'all'],
      ...['--seed', String(seed)],
      ...['--max-examples', '20'],
      ...['--max-time', String(seconds)],
      ...['--request-timeout', '30', '--max-response-time', '10'],
      ...['--generation-database', 'none'],
      '--no-color',
    ],
    { ...process.env, SCHEMATHESIS_HOOKS: path.join(FOLDER, 'hooks.py'), PYTHONDONTWRITEBYTECODE: '1' },
    dataDir,
  );
}

/**
 * Installs Schemathesis and what it needs, each in the version of `requirements.txt`, unless an earlier run did.
 *
 * @returns its command
 * @throws Error where there is no Python, or PyPI is out of reach
 */
async function install(): Promise<string> {
  const requirements = path.join(FOLDER, 'requirements.txt');
  const key = createHash('sha256')
    .update(await readFile(requirements))
    .digest('hex')
    .slice(0, 12);
  const folder = path.join(CACHE, `schemathesis-${key}`);
  const whole = path.join(folder, 'whole');
  const isThere = await stat(whole).then(
    () => true,
    () => false,
  );
  const binaries = path.join(folder, 'bin');
  if (!isThere) {
    process.stdout.write('Installing Schemathesis into node_modules/.cache/errand\n');
    await rm(folder, { recursive: true, force: true });
    await mkdir(folder, { recursive: true });
    if ((await run('python3', ['-m', 'venv', folder], process.env)) !== 0) {
      throw new Error('`python3 -m venv` failed: the fuzzer needs Python 3.10 or later with venv.');
    }
    const pip = ['-m', 'pip', 'install', '--quiet', '--disable-pip-version-check', '--no-deps'];
    if ((await run(path.join(binaries, 'python'), [...pip, '-r', requirements], process.env)) !== 0) {
      throw new Error('Schemathesis could not be installed from PyPI: see above.');
    }
    await mkdir(whole);
  }
  return path.join(binaries, 'schemathesis');
}

/** @returns the exit code; 127 where there is no such command */
async function run(
  command: string,
  args: readonly string[],
  env: NodeJS.ProcessEnv,
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

/** @throws Error with the usage for an argument that is none */
function readSettings(): { seconds: number; seed: number } {
  const { values } = parseArgs({
    options: { seconds: { type: 'string', default: '30' }, seed: { type: 'string', default: '1' } },
  });
  const [seconds, seed] = [Number(values.seconds), Number(values.seed)];
  if (!Number.isInteger(seconds) || seconds < 1 || !Number.isInteger(seed) || seed < 0)
    throw new Error(USAGE);
  return { seconds, seed: seed === 0 ? Math.floor(Math.random() * 2 ** 32) : seed };
}
