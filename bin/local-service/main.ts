import { Command, Option } from 'commander';
import { join, relative, resolve } from 'node:path';
import { isLoopback } from 'errand-local/cross-site';
import { startEmbeddedCloud } from 'errand-local';
import { printFirstKey } from './first-key.ts';
import { createMessageReceiver } from './message-receiver.ts';
import { synthesize } from './synthesize.ts';

// `npm start`: synthesizes the stack and runs it on this machine until it is told to stop.

const { host: HTTP_HOST } = new Command('npm start --')
  .description('Run the service on this machine.')
  .addOption(
    new Option('--host <address>', 'the address that the HTTP API listens on; 0.0.0.0 for all')
      .env('ERRAND_HOST')
      .default('127.0.0.1'),
  )
  .parse()
  .opts<{ host: string }>();

const PROJECT_DIR = join(import.meta.dirname, '../..');
const DATA_DIR = resolve(variable('ERRAND_DATA_DIR') ?? join(PROJECT_DIR, '.errand'));
const DEFAULT_HTTP_PORT = 3000;
/** LocalStack's port, which tools know as that of an AWS emulator. */
const DEFAULT_AWS_PORT = 4566;

/** What the stack is synthesized with unless the environment says otherwise: a laptop lets its owner in. */
const LOCAL_SETTINGS = { AUTH: 'none', ALLOW_UNAUTHENTICATED: 'true' };

const OPEN_WARNING =
  `Warning: --host ${HTTP_HOST} opens the API to other machines, in plain HTTP; with AUTH=none (the default here) whoever ` +
  'reaches it may do everything. Uploads and the AWS endpoint stay on 127.0.0.1.';

/** How wide the names of the steps are printed. */
const STEP_WIDTH = 24;

// Whatever this process and its children write is for this user only.
process.umask(0o077);

const toldToStop = new AbortController();
const stop = () => {
  toldToStop.abort();
};
// npm passes a signal on that the terminal has sent already: a second one says nothing more than the first.
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, stop);
// Whoever read the output has left, as `head` does after ten lines.
process.stdout.on('error', stop);

try {
  await run(toldToStop.signal);
} catch (error) {
  if (!toldToStop.signal.aborted) {
    process.stderr.write(`${reasonOf(error)}\n`);
    process.exitCode = 1;
  }
}
process.exit();

/** Starts the cloud, and ends it once the signal is given. */
async function run(signal: AbortSignal): Promise<void> {
  const startedAt = performance.now();
  const startFailed = new AbortController();
  const cloud = await startEmbeddedCloud({
    assemblyDir: ({ awsEndpointUrl }) =>
      synthesizedStack(awsEndpointUrl, AbortSignal.any([signal, startFailed.signal])),
    dataDir: DATA_DIR,
    httpPort: portFrom('PORT', DEFAULT_HTTP_PORT),
    httpHost: HTTP_HOST,
    awsPort: portFrom('ERRAND_AWS_PORT', DEFAULT_AWS_PORT),
    faults: switchedOn('ERRAND_FAULTS'),
    views: { receiver: createMessageReceiver() },
    log: print,
    onStep: printStep,
  }).catch((error: unknown) => {
    startFailed.abort(); // the synth, where it is another part that failed
    throw error;
  });
  const { apiUrl, awsEndpointUrl } = cloud;
  const data = relative(process.cwd(), DATA_DIR) || '.';
  print(
    `Ready in ${seconds(performance.now() - startedAt)}: ${apiUrl} (AWS endpoint ${awsEndpointUrl}, data in ${data})`,
  );
  if (!isLoopback(HTTP_HOST)) print(OPEN_WARNING);

  const keyTable = cloud.outputs.KeyTableName;
  if (keyTable !== undefined) await printFirstKey(awsEndpointUrl, keyTable, print);

  await aborted(signal);
  print('Stopping');
  await cloud.end();
}

async function synthesizedStack(awsEndpointUrl: string, signal: AbortSignal): Promise<string> {
  const startedAt = performance.now();
  const assemblyDir = join(DATA_DIR, 'cdk.out');
  const environment = {
    ...LOCAL_SETTINGS,
    ...process.env,
    // Offline, messages go to the receiver that this process serves.
    MESSAGES_URL: variable('MESSAGES_URL') ?? `${awsEndpointUrl}/_errand/receiver`,
  };
  const { reused } = await synthesize({ projectDir: PROJECT_DIR, assemblyDir, environment, signal });
  printStep(reused ? 'stack (unchanged)' : 'stack (synthesized)', performance.now() - startedAt);
  return assemblyDir;
}

function portFrom(name: string, absent: number): number {
  const value = variable(name);
  if (value === undefined) return absent;
  const port = Number(value);
  if (Number.isInteger(port) && port >= 0 && port <= 65_535) return port;
  throw new Error(
    `${name} must be a port from 0 to 65535 (0 takes any free one), not ${JSON.stringify(value)}.`,
  );
}

function switchedOn(name: string): boolean {
  const value = variable(name) ?? '0';
  if (value === '0' || value === '1') return value === '1';
  throw new Error(`${name} must be 1 or 0, not ${JSON.stringify(value)}.`);
}

/** An environment variable; one that is set to nothing is not set. */
function variable(name: string): string | undefined {
  const value = process.env[name];
  return value === '' ? undefined : value;
}

/** One line. A system error inside the data folder, such as a file where a folder should be, gets its remedy. */
function reasonOf(error: unknown): string {
  const { message, code } = error as NodeJS.ErrnoException;
  if (code === undefined || !message.includes(DATA_DIR)) return message;
  return `The data folder ${DATA_DIR} cannot be used: ${message}. Delete it to start afresh, or set ERRAND_DATA_DIR to another.`;
}

function print(line: string): void {
  process.stdout.write(`${line}\n`);
}

function printStep(step: string, milliseconds: number): void {
  print(`  ${step.padEnd(STEP_WIDTH)}${seconds(milliseconds).padStart(7)}`);
}

function seconds(milliseconds: number): string {
  return `${(milliseconds / 1000).toFixed(1)} s`;
}

async function aborted(signal: AbortSignal): Promise<void> {
  if (signal.aborted) return;
  await new Promise((settle) => {
    signal.addEventListener('abort', settle, { once: true });
  });
}
