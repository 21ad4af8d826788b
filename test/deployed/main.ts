import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { parseArgs } from 'node:util';
import { PROJECT } from '../helpers/stack.ts';
import { TARGET_VARIABLE, type DeploymentTarget } from '../helpers/target.ts';
import { SUITE } from './suite.ts';

const USAGE = 'npm run test:deployed -- --url https://… [--key …]';

/** Reads the target from the arguments. @throws Error that names an invalid argument */
async function readTarget(words: string[]): Promise<DeploymentTarget> {
  const { values } = parseArgs({
    args: words,
    options: { url: { type: 'string' }, key: { type: 'string' } },
  });
  const { url, key: apiKey } = values;
  if (url === undefined || !URL.canParse(url) || !/^https?:/i.test(url)) {
    throw new Error(`--url is ${url === undefined ? 'missing' : `"${url}"`}. Use the stack's ApiUrl output.`);
  }
  const target = { kind: 'deployment' as const, url: url.replace(/\/+$/, ''), ...(apiKey && { apiKey }) };
  const { status } = await fetch(`${target.url}/v1/jobs?limit=1`, {
    ...(apiKey && { headers: { authorization: `Bearer ${apiKey}` } }),
  }).catch((error: unknown) => {
    throw new Error(`${target.url} can't be reached: ${String((error as Error).cause ?? error)}`);
  });
  if (status === 401 || status === 403) {
    throw new Error(
      `${target.url} responded with ${status}. Pass a valid --key. A stack with AUTH=iam accepts only signed requests, ` +
        'which these tests do not send.',
    );
  }
  if (status !== 200)
    throw new Error(`${target.url}/v1/jobs responded with ${status}. Is --url a stack's ApiUrl output?`);
  return target;
}

try {
  const target = await readTarget(process.argv.slice(2));
  const jest = [
    '--experimental-vm-modules',
    '--disable-warning=ExperimentalWarning',
    'node_modules/jest/bin/jest.js',
  ];
  const child = spawn(process.execPath, [...jest, '--verbose', ...SUITE], {
    cwd: PROJECT,
    stdio: 'inherit',
    env: { ...process.env, [TARGET_VARIABLE]: JSON.stringify(target) },
  });
  const [code] = (await once(child, 'exit')) as [number | null];
  process.exitCode = code ?? 1;
} catch (error) {
  console.error(`${(error as Error).message}\n${USAGE}`);
  process.exitCode = 2;
}
