import { cp, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { runVisibly } from '../helpers/commands.ts';
import { startEmbeddedStack } from '../helpers/embedded-stack.ts';
import { PROJECT } from '../helpers/stack.ts';
import { startReceiver } from '../helpers/webhook-receiver.ts';
import { installFromPyPi, type Python } from '../python/install.ts';

// Runs `npm run test:python-client`. openapi-python-client generates a client from the OpenAPI document of a running service with a user's jobs. mypy
// checks the client, and a program submits every job type with it. The exit code is 1
// for a finding, and 2 if the test could not run.

/** Thrown when the generated client is wrong. */
class Finding extends Error {}

const FOLDER = import.meta.dirname;
const SETTINGS = { JOBS: 'test/function-jobs/jobs.ts', JOB_TIMEOUT: '20' };

try {
  const python = await installFromPyPi('openapi-python-client', path.join(FOLDER, 'requirements.txt'));
  const dir = await mkdtemp(path.join(os.tmpdir(), 'errand-python-client-'));
  const receiver = await startReceiver((_request, response) => response.end('{}'));
  const settings = {
    ...SETTINGS,
    WEBHOOK_ALLOWED_HOSTS: receiver.origin,
    MESSAGES_URL: `${receiver.origin}/messages`,
  };
  const stack = await startEmbeddedStack(settings, { app: 'test/function-jobs/app.ts' });
  try {
    await generate(python, stack.apiUrl, dir);
    await cp(path.join(FOLDER, 'use_client.py'), path.join(dir, 'use_client.py'));
    await writeFile(path.join(dir, 'documented.py'), await documentedExample());
    const sources = ['use_client.py', 'documented.py', 'errand_api'];
    await step(python, dir, 'mypy', ['--config-file', path.join(FOLDER, 'mypy.ini'), ...sources]);
    await step(python, dir, 'python', ['use_client.py', stack.apiUrl, receiver.origin]);
    await runDocumented(python, dir, stack.apiUrl);
  } finally {
    await stack.end();
    await receiver.end();
    await rm(dir, { recursive: true, force: true });
  }
} catch (error) {
  process.stderr.write(`${(error as Error).message}\n`);
  process.exitCode = error instanceof Finding ? 1 : 2;
}

/** Generates the client. @throws Finding if the generator warns, which it does if it omits part of the document */
async function generate(python: Python, apiUrl: string, dir: string): Promise<void> {
  const response = await fetch(new URL('/openapi.json', apiUrl));
  await writeFile(path.join(dir, 'openapi.json'), await response.text());
  const words = ['generate', '--path', 'openapi.json', '--meta', 'none', '--output-path', 'errand_api'];
  const output = await step(python, dir, 'openapi-python-client', words);
  if (/warning/i.test(output)) throw new Finding('The generator warned: see above.');
}

/** Returns the example program for the client from docs/how-to/other-languages.md. */
async function documentedExample(): Promise<string> {
  const page = await readFile(path.join(PROJECT, 'docs/how-to/other-languages.md'), 'utf8');
  const [, code] = /```python\n(import os\n.*?)```/s.exec(page) ?? [];
  if (code === undefined) throw new Error('docs/how-to/other-languages.md has no example of the client.');
  return code;
}

async function runDocumented(python: Python, dir: string, apiUrl: string): Promise<void> {
  const given = { ERRAND_URL: apiUrl, ERRAND_API_KEY: 'none' };
  const output = await step(python, dir, 'python', ['documented.py'], given);
  const expected = "success {'mean': 3, 'largest': 6}";
  if (output.trim() !== expected)
    throw new Finding(`The documented example should print ${expected}: see above.`);
}

/**
 * Runs Python, or a command from the installed packages.
 *
 * @returns standard output
 * @throws Finding if the exit code is not 0
 */
async function step(
  python: Python,
  dir: string,
  command: string,
  words: readonly string[],
  given: Readonly<Record<string, string>> = {},
): Promise<string> {
  const program = command === 'python' ? python.command : path.join(python.scripts, command);
  const { code, output } = await runVisibly(
    program,
    words,
    {
      ...process.env,
      ...python.environment,
      ...given,
      // The generator formats the code with `ruff`, which is one of its dependencies.
      PATH: `${python.scripts}:${process.env.PATH ?? ''}`,
      PYTHONDONTWRITEBYTECODE: '1',
    },
    dir,
  );
  if (code !== 0) throw new Finding(`${[command, ...words].join(' ')} exited with ${code}: see above.`);
  return output;
}
