import { spawn, type ChildProcess } from 'node:child_process';
import { mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

export interface RunAppOptions {
  /** The command that runs the CDK app, such as `node bin/app.ts`. */
  readonly command: string;
  /** The folder of the user's `cdk.json`, where the command runs. */
  readonly projectDir: string;
  /** The folder for the cloud assembly. What is in it is deleted. */
  readonly assemblyDir: string;
  readonly environment: NodeJS.ProcessEnv;
  /** Ends the app, and `runApp` with an error. */
  readonly signal: AbortSignal;
}

/** The embedded cloud's account and region, for stacks with `env: {account: process.env.CDK_DEFAULT_ACCOUNT, …}`. */
const DEFAULT_PLACE = { CDK_DEFAULT_ACCOUNT: '000000000000', CDK_DEFAULT_REGION: 'us-east-1' };

/** The last lines of an app's standard error that an error shows. */
const SHOWN_LINES = 40;

/**
 * Runs a CDK app as the CDK CLI does: by a shell, in the folder of `cdk.json`, with the context of `cdk.json` and `cdk.context.json`.
 *
 * @throws Error with the app's own error output, which names the file and the line
 */
export async function runApp(options: RunAppOptions): Promise<void> {
  const { command, projectDir, assemblyDir, environment, signal } = options;
  signal.throwIfAborted();
  await rm(assemblyDir, { recursive: true, force: true });
  await mkdir(assemblyDir, { recursive: true });
  // A variable can't hold the context of an app with many lookups.
  const contextFile = join(assemblyDir, 'context.json');
  await writeFile(contextFile, JSON.stringify(await contextOf(projectDir)));

  const app = spawn(command, {
    cwd: projectDir,
    shell: true,
    stdio: ['ignore', 'ignore', 'pipe'],
    // A process group, which ends with all that the shell started.
    detached: true,
    env: {
      ...environment,
      ...DEFAULT_PLACE,
      CDK_OUTDIR: assemblyDir,
      CDK_CONTEXT_JSON: '{}',
      CONTEXT_OVERFLOW_LOCATION_ENV: contextFile,
    },
  });
  const kill = (): void => {
    killGroup(app);
  };
  signal.addEventListener('abort', kill, { once: true });
  let errors = '';
  app.stderr.setEncoding('utf8').on('data', (text: string) => {
    errors += text;
  });
  const ended = await new Promise<string | undefined>((settle, failed) => {
    app.once('error', failed).once('close', (code, by) => {
      settle(
        code === 0
          ? undefined
          : code === null
            ? `was ended by ${by ?? 'a signal'}`
            : `ended with exit code ${code}`,
      );
    });
  }).finally(() => {
    signal.removeEventListener('abort', kill);
  });
  signal.throwIfAborted();
  if (ended === undefined) return;
  const lines = errors.split('\n').filter((line) => !line.startsWith('Bundling asset'));
  const shown = lines.join('\n').trim().split('\n').slice(-SHOWN_LINES).join('\n');
  throw new Error(`The app \`${command}\` ${ended}${shown === '' ? ' and wrote no error.' : `:\n${shown}`}`);
}

/** The command in the `app` of a project's `cdk.json`; undefined if there is none. */
export async function appOfProject(projectDir: string): Promise<string | undefined> {
  const { app } = await readJson(join(projectDir, 'cdk.json'));
  return typeof app === 'string' ? app : undefined;
}

/** In the order of the CDK CLI, in which `cdk.json` wins. */
async function contextOf(projectDir: string): Promise<object> {
  const { context } = await readJson(join(projectDir, 'cdk.json'));
  return {
    ...(await readJson(join(projectDir, 'cdk.context.json'))),
    ...(context as object | undefined),
    // Functions run on this machine, with its builds of native packages.
    'errand:run-on-host': true,
    'aws:cdk:enable-path-metadata': false,
    'aws:cdk:disable-stack-trace': true,
    'aws:cdk:disable-creation-stack-traces': true,
  };
}

async function readJson(file: string): Promise<Record<string, unknown>> {
  const text = await readFile(file, 'utf8').catch((error: unknown) => {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return '{}';
    throw error;
  });
  try {
    return JSON.parse(text) as Record<string, unknown>;
  } catch (error) {
    throw new Error(`${file} is not JSON: ${(error as Error).message}`, { cause: error });
  }
}

function killGroup({ pid }: ChildProcess): void {
  if (pid === undefined) return;
  try {
    process.kill(-pid, 'SIGKILL');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
  }
}
