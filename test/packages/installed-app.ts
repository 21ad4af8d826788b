import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { cp, readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { createInterface } from 'node:readline';
import { text } from 'node:stream/consumers';
import { PROJECT } from '../helpers/stack.ts';

/** The app's other packages, in the same versions as in this repository. */
const OTHER_PACKAGES = [
  '@aws-sdk/client-s3',
  '@types/node',
  '@valibot/to-json-schema',
  'aws-cdk-lib',
  'constructs',
  'sharp',
  'typescript',
  'valibot',
  'zod',
];

/** Runs Node or an installed package's command, and returns its standard output. */
export type Run = (
  command: string,
  words: readonly string[],
  environment?: Readonly<Record<string, string>>,
) => Promise<string>;

/** A project in its own folder, with the packages under test installed. */
export interface InstalledApp {
  readonly run: Run;
  /** Starts the app in the embedded cloud. */
  start(): Promise<RunningApp>;
}

export interface RunningApp {
  readonly apiUrl: string;
  readonly awsEndpointUrl: string;
  readonly outputs: Readonly<Record<string, string>>;
  /** Stops the app and waits for it to exit. */
  end(): Promise<void>;
}

/** Copies `test/packages/app` to a folder outside the checkout, and installs the tarballs there. */
export async function installApp(
  folder: string,
  tarballs: Iterable<string>,
  signal: AbortSignal,
): Promise<InstalledApp> {
  await cp(path.join(import.meta.dirname, 'app'), folder, { recursive: true });
  await writeFile(path.join(folder, 'package.json'), JSON.stringify({ private: true, type: 'module' }));
  const { devDependencies } = JSON.parse(await readFile(path.join(PROJECT, 'package.json'), 'utf8')) as {
    devDependencies: Record<string, string>;
  };
  const others = OTHER_PACKAGES.map((name) => `${name}@${devDependencies[name] ?? ''}`);
  const run = runIn(folder, signal);
  await run('npm', ['install', '--no-audit', '--no-fund', ...tarballs, ...others]);
  return { run, start: () => startApp(folder, signal) };
}

/** Returns a function that runs commands in a folder. */
export function runIn(folder: string, signal: AbortSignal): Run {
  return async (command, words, environment = {}) => {
    const child = spawn(command, words, {
      cwd: folder,
      env: { ...environmentOf(folder), ...environment },
      stdio: ['ignore', 'pipe', 'pipe'],
      signal,
    });
    const [output, messages, [code]] = await Promise.all([
      text(child.stdout),
      text(child.stderr),
      once(child, 'close') as Promise<[number | null]>,
    ]);
    if (code === 0) return output;
    throw new Error(`${[command, ...words].join(' ')} exited with ${String(code)}:\n${output}${messages}`);
  };
}

/**
 * Returns this process's environment variables, without NODE_OPTIONS and the variables of npm, Errand and AWS. PATH begins with the
 * folder's commands.
 */
export function environmentOf(folder: string): NodeJS.ProcessEnv {
  const own = Object.entries(process.env).filter(
    ([name]) => !/^(npm_|ERRAND_|AWS_|NODE_OPTIONS$)/i.test(name),
  );
  const programs = [path.join(folder, 'node_modules/.bin'), path.dirname(process.execPath), process.env.PATH];
  return { ...Object.fromEntries(own), PATH: programs.join(path.delimiter) };
}

async function startApp(folder: string, signal: AbortSignal): Promise<RunningApp> {
  const child = spawn(process.execPath, ['start.ts'], {
    cwd: folder,
    env: environmentOf(folder),
    stdio: ['ignore', 'pipe', 'pipe'],
    signal,
  });
  let log = '';
  child.stderr.on('data', (chunk: Buffer) => {
    log += chunk.toString();
  });
  const [line] = (await Promise.race([
    once(createInterface(child.stdout), 'line'),
    once(child, 'close').then(() => []),
  ])) as string[];
  if (line === undefined) throw new Error(`The app ended before it was ready:\n${log}`);
  return {
    ...(JSON.parse(line) as Pick<RunningApp, 'apiUrl' | 'awsEndpointUrl' | 'outputs'>),
    async end() {
      const closed = once(child, 'close');
      child.kill('SIGTERM');
      await closed;
    },
  };
}
