import { mkdtemp, rm } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { parseArgs } from 'node:util';
import { startService } from '../../tools/service-process.ts';
import { runVisibly } from '../helpers/commands.ts';
import { installFromPyPi, type Python } from '../python/install.ts';

// Runs `npm run test:fuzz`. Schemathesis generates valid and invalid requests from the OpenAPI document, sends them to the embedded cloud, and checks
// every response against the document. The exit code is 1 if Schemathesis finds a problem, and 2 if the test could not run.

const USAGE = `npm run test:fuzz -- [--seconds 30] [--seed 1]

  --seconds  how long to send requests
  --seed     which requests; 0 takes another seed in each run`;

const FOLDER = import.meta.dirname;

try {
  const { seconds, seed } = readSettings();
  const python = await installFromPyPi('schemathesis', path.join(FOLDER, 'requirements.txt'));
  const dataDir = await mkdtemp(path.join(os.tmpdir(), 'errand-fuzz-'));
  const service = await startService({ ERRAND_DATA_DIR: dataDir });
  try {
    process.stdout.write(`Seed ${seed}: npm run test:fuzz -- --seconds ${seconds} --seed ${seed}\n`);
    const { code, output } = await fuzz(python, { url: service.url, seconds, seed, dataDir });
    process.exitCode = code;
    const alive = await fetch(`${service.url}/health-check`);
    if (!alive.ok)
      throw new Error(`Afterwards, the service responds with ${alive.status}: ${await alive.text()}`);
    process.stdout.write(`schemathesis: ${countsIn(output)} (test cases)\n`);
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
  /** The folder for Schemathesis's files. */
  dataDir: string;
}

function fuzz(python: Python, { url, seconds, seed, dataDir }: Fuzzing): ReturnType<typeof runVisibly> {
  return runVisibly(
    path.join(python.scripts, 'schemathesis'),
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
    {
      ...process.env,
      ...python.environment,
      SCHEMATHESIS_HOOKS: path.join(FOLDER, 'hooks.py'),
      PYTHONDONTWRITEBYTECODE: '1',
    },
    dataDir,
  );
}

/**
 * Returns the number of test cases by result, such as `307 passed, 0 failed`. Schemathesis's own summary line does not count test cases.
 */
function countsIn(output: string): string {
  const [, said = ''] = /^Test cases:\n +(.*)$/m.exec(output) ?? [];
  const numberOf = (what: string): string => new RegExp(`(\\d+) ${what}`).exec(said)?.[1] ?? '0';
  return `${numberOf('passed')} passed, ${numberOf('found')} failed`;
}

/** Parses the arguments. @throws Error with the usage if an argument is invalid */
function readSettings(): { seconds: number; seed: number } {
  const { values } = parseArgs({
    options: { seconds: { type: 'string', default: '30' }, seed: { type: 'string', default: '1' } },
  });
  const [seconds, seed] = [Number(values.seconds), Number(values.seed)];
  if (!Number.isInteger(seconds) || seconds < 1 || !Number.isInteger(seed) || seed < 0)
    throw new Error(USAGE);
  return { seconds, seed: seed === 0 ? Math.floor(Math.random() * 2 ** 32) : seed };
}
