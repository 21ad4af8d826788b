import { spawn, type ChildProcess } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { mkdir, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { CommandLineError } from '../dev/assembly-source.ts';
import { LOCAL_CONTEXT } from '../start-settings.ts';
import { importRecorder, readImportedFiles } from './imported-files.ts';

export interface RunAppOptions {
  /** The command that runs the CDK app, such as `node bin/app.ts`. */
  readonly command: string;
  /** Absolute path of the folder with the user's `cdk.json`, where the command runs. */
  readonly project: string;
  /** A new folder for the cloud assembly. */
  readonly assemblyDir: string;
  readonly environment: Readonly<Record<string, string | undefined>>;
  /**
   * The account and region passed to the app, for stacks with `env: {account: process.env.CDK_DEFAULT_ACCOUNT, …}`.
   *
   * @default - the embedded cloud on this machine
   */
  readonly target?: { readonly account: string; readonly region: string };
  /** A signal that stops the app and makes `runApp` fail. */
  readonly signal: AbortSignal;
}

const EMBEDDED_CLOUD = { account: '000000000000', region: 'us-east-1' };

/** The maximum length of a line of code in an error message, in characters. Longer lines are omitted. */
const LONGEST_LINE = 500;

/** The maximum number of lines that an error message quotes from the end of an app's standard error. */
const SHOWN_LINES = 40;

/**
 * Runs a CDK app like the CDK CLI: in a shell, in the folder of `cdk.json`, with the context from `cdk.json` and `cdk.context.json`.
 *
 * @returns absolute paths of the project's own files that the app imported
 * @throws CommandLineError if the program does not exist
 * @throws Error with the app's own error output, which names the file and the line
 */
export async function runApp(options: RunAppOptions): Promise<ReadonlySet<string>> {
  const { command, project, assemblyDir, environment, target, signal } = options;
  const { account, region } = target ?? EMBEDDED_CLOUD;
  await mkdir(assemblyDir, { recursive: true });
  // Passes the context in a file. If an app has many lookups, its context could be too large for an environment variable.
  const contextFile = path.join(assemblyDir, 'context.json');
  await writeFile(contextFile, JSON.stringify(contextOf(project, target ? {} : LOCAL_CONTEXT)));

  const importedFile = path.join(assemblyDir, 'imported.txt');

  signal.throwIfAborted();
  const app = spawn(command, {
    cwd: project,
    shell: true,
    stdio: ['ignore', 'ignore', 'pipe'],
    // The shell gets its own process group, so that it can be stopped together with its child processes.
    detached: true,
    env: {
      ...environment,
      // Skips the CDK's template validation, which takes seconds. Deployments still validate the template.
      CDK_VALIDATION: 'false',
      CDK_DEFAULT_ACCOUNT: account,
      CDK_DEFAULT_REGION: region,
      CDK_OUTDIR: assemblyDir,
      CDK_CONTEXT_JSON: '{}',
      CONTEXT_OVERFLOW_LOCATION_ENV: contextFile,
      NODE_OPTIONS: [environment.NODE_OPTIONS, importRecorder(importedFile)].filter(Boolean).join(' '),
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
  if (ended === undefined) return readImportedFiles(importedFile, project);
  const shown = shownOf(errors);
  const message = `The app \`${command}\` ${ended}${shown === '' ? ' and wrote no error.' : `:\n${shown}`}`;
  if (!isProgramMissing(ended, errors)) throw new Error(message);
  throw new CommandLineError(`${message}\nName the command that runs your CDK app: --app 'node bin/app.ts'`);
}

/**
 * Whether the app's program is missing. Either the shell did not find the program
 * (https://pubs.opengroup.org/onlinepubs/9799919799/utilities/V3_chap02.html, 2.8.2 "Exit Status for Commands"), or Node.js did not find
 * the main file. If Node.js did not find it, the error names the working folder as the importer.
 */
function isProgramMissing(ended: string, errors: string): boolean {
  return /exit code 12[67]$/.test(ended) || /Cannot find module '.*' imported from .*\/$/m.test(errors);
}

/**
 * Returns the part of an app's error output that explains the failure: for an error in the jobs file, its lines without the stack trace; for any
 * other error, the last lines of the output.
 */
function shownOf(errors: string): string {
  const [heading = '', ofJobsFile] = /^(?:\w*Error: )?(The jobs file .* can't be used:)$/m.exec(errors) ?? [];
  if (ofJobsFile !== undefined) {
    const start = errors.indexOf(heading) + heading.length - ofJobsFile.length;
    const stack = errors.indexOf('\n    at ', start);
    if (stack >= 0) return errors.slice(start, stack).trimEnd();
  }
  // Node.js prints the line of code that threw the error. In a minified package, that line is the whole module, so long lines are dropped.
  const lines = errors
    .split('\n')
    .filter((line) => !line.startsWith('Bundling asset') && line.length <= LONGEST_LINE);
  return lines.join('\n').trim().split('\n').slice(-SHOWN_LINES).join('\n');
}

/** Reads the user's `cdk.json`. Returns an empty object if the file does not exist. @throws Error if the file is not JSON */
export function readCdkJson(project: string): Record<string, unknown> {
  return readJson(path.join(project, 'cdk.json'));
}

/** Merges the context like the CDK CLI: `cdk.json` takes precedence over `cdk.context.json`. */
function contextOf(project: string, targetContext: object): object {
  return {
    ...readJson(path.join(project, 'cdk.context.json')),
    ...(readCdkJson(project).context as object | undefined),
    ...targetContext,
    'aws:cdk:disable-creation-stack-traces': true,
  };
}

function readJson(file: string): Record<string, unknown> {
  try {
    return JSON.parse(readFileSync(file, 'utf8')) as Record<string, unknown>;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return {};
    throw new Error(`${file} can't be read as JSON: ${(error as Error).message}`, { cause: error });
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
