import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdir, readdir, readFile, rm } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import { digestOfJobsFile } from '#jobs-digest';
import { closeTree } from 'errand-local/data-folder/private-folder';
import { assemblyRecord } from './assembly-record.ts';
import { LOCAL_CONTEXT } from './start-settings.ts';

export interface SynthesizeOptions {
  /** The folder that contains `cdk.json`, `bin/` and the rest of the CDK app. */
  readonly projectDir: string;
  /**
   * The folder in which the app runs. The path in the `JOBS` setting is relative to this folder.
   *
   * @default - projectDir
   */
  readonly workingDir?: string;
  /** The folder that keeps the cloud assembly between runs. */
  readonly assemblyDir: string;
  /** The CDK app's whole environment, including its settings. */
  readonly environment: NodeJS.ProcessEnv;
  /**
   * The CDK app's path, relative to the project folder. The other files in the app's folder count as inputs too, because the app may read
   * them.
   *
   * @default bin/errand.ts
   */
  readonly app?: string;
  /** A signal that stops the app and makes the synth fail. */
  readonly signal: AbortSignal;
}

/** Files in the project folder that a synth reads. Missing files are ignored. */
const SOURCES = [
  'bin',
  'lib',
  'lambdas',
  'functions',
  'migrations',
  'packages/client/src',
  'packages/console/index.html',
  'packages/console/src',
  'tools/build',
  'cdk.json',
  'cdk.context.json',
  'package-lock.json',
  'tsconfig.json',
];

/**
 * Environment variables that a synth never reads. The values of these variables differ between terminals or between runs of npm. All other variables
 * count as inputs, because only the app knows which names are settings. A variable that is missing from this list can only cause an unnecessary
 * synth.
 */
const NOT_READ = [
  /^(npm_|ERRAND_|XDG_|SSH_|TERM|VSCODE_|DBUS_|KITTY_|ITERM|WT_|GPG_|LC_|LESS)/,
  /^(_|PORT|PWD|OLDPWD|INIT_CWD|SHLVL|NODE|COLOR|COLORTERM|EDITOR|WINDOWID|DISPLAY|LS_COLORS|HISTFILE|TMPDIR|COLUMNS|LINES)$/,
];

/**
 * The maximum length of the app's last output line in an error, in characters. An error quotes the last line only if no other line gives the reason.
 */
const MAX_REASON_LENGTH = 500;

/**
 * Synthesizes the CDK app as the CDK CLI does, by running it with `CDK_OUTDIR`. Skips the synth if neither the app's inputs nor its output
 * have changed since the last synth.
 *
 * @returns whether the last assembly was reused
 * @throws Error with the app's own message from its standard error
 */
export async function synthesize(options: SynthesizeOptions): Promise<{ readonly reused: boolean }> {
  const { projectDir, workingDir = projectDir, assemblyDir } = options;
  // The record is stored in the project, because anyone who can change the record there can also change the project's code.
  const record = assemblyRecord(assemblyDir, join(workingDir, 'node_modules/.cache/errand/assemblies'));
  const fingerprint = await fingerprintOf(options);
  if (await record.isGood(fingerprint)) return { reused: true };

  await rm(assemblyDir, { recursive: true, force: true });
  await mkdir(assemblyDir, { recursive: true });
  await runApp(options);
  // Makes the folder private again, because the CDK makes the bundles' folders readable by every user.
  await closeTree(assemblyDir);
  await record.note(fingerprint);
  return { reused: false };
}

async function fingerprintOf({
  projectDir,
  workingDir = projectDir,
  environment,
  app,
}: SynthesizeOptions): Promise<string> {
  const hash = createHash('sha256').update(process.version);
  for (const source of [...SOURCES, ...(app === undefined ? [] : [dirname(app)])]) {
    for (const path of await filesBelow(join(projectDir, source))) {
      hash
        .update(`${path}\0`)
        .update(await readFile(path))
        .update('\0');
    }
  }
  // If the jobs file can't be bundled, its digest is empty, and the synth reports the error.
  if (environment.JOBS) hash.update(await digestOfJobsFile(resolve(workingDir, environment.JOBS)));
  for (const name of Object.keys(environment).sort()) {
    if (!NOT_READ.some((pattern) => pattern.test(name))) hash.update(`${name}=${environment[name] ?? ''}\0`);
  }
  return hash.digest('hex');
}

/** Lists all files in a folder in a fixed order. If the path is a file, lists only that file. */
async function filesBelow(path: string): Promise<string[]> {
  const entries = await readdir(path, { recursive: true, withFileTypes: true }).catch((error: unknown) => {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'ENOTDIR') return undefined;
    if (code === 'ENOENT') return [];
    throw error;
  });
  if (!entries) return [path];
  const files = entries.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name));
  return files.sort();
}

/** Returns the path of Errand's own CDK app, which is compiled in an installed package. */
function errandApp(projectDir: string): string {
  const app = ['bin/errand.ts', 'bin/errand.js'].find((file) => existsSync(join(projectDir, file)));
  if (app === undefined)
    throw new Error(`The errand package in ${projectDir} is incomplete: install it again.`);
  return app;
}

/** Runs the app in a separate process. The app's output is shown only if the app fails. */
async function runApp({
  projectDir,
  workingDir = projectDir,
  assemblyDir,
  environment,
  app: file,
  signal,
}: SynthesizeOptions): Promise<void> {
  const { context = {} } = JSON.parse(await readFile(join(projectDir, 'cdk.json'), 'utf8')) as {
    context?: object;
  };
  const app = spawn(process.execPath, [join(projectDir, file ?? errandApp(projectDir))], {
    cwd: workingDir,
    stdio: ['ignore', 'ignore', 'pipe'],
    signal,
    env: {
      ...environment,
      CDK_OUTDIR: assemblyDir,
      CDK_CONTEXT_JSON: JSON.stringify({ ...context, ...LOCAL_CONTEXT }),
    },
  });
  let said = '';
  app.stderr.setEncoding('utf8').on('data', (text: string) => {
    said += text;
  });
  const code = await new Promise<number | null>((exited, failed) => {
    app.once('error', failed).once('close', exited);
  });
  if (code !== 0) throw new Error(`The stack cannot be synthesized: ${reasonIn(said)}`);
}

/**
 * Extracts the reason from the app's output: all lines about the jobs file, otherwise the message of the error that ended the app,
 * otherwise the app's last line.
 */
function reasonIn(said: string): string {
  const aboutJobsFile = said.search(/^The jobs file .* can't be used:$/m);
  if (aboutJobsFile >= 0) return said.slice(aboutJobsFile).trimEnd();
  const lines = said
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => line !== '' && !line.startsWith('Bundling asset'));
  const message = lines.findLast((line) => /^(\w*Error|✘ \[ERROR\])[:\s]/.test(line));
  return (message ?? lines.at(-1) ?? 'the app ended without a message').slice(0, MAX_REASON_LENGTH);
}
