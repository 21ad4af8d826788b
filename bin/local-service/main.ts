import { Command, Option } from 'commander';
import { join, relative } from 'node:path';
import { startEmbeddedCloud } from 'errand-local';
import { printFirstKey } from './first-key.ts';
import { metricDescriptions } from './metric-descriptions.ts';
import { createJobLines } from './job-lines.ts';
import { createMessageReceiver } from './message-receiver.ts';
import { readStartSettings, synthEnvironment, warningAboutHost, withRemedy } from './start-settings.ts';
import { readyLines } from './ready-lines.ts';
import { stepLine } from './step-line.ts';
import { synthesize } from './synthesize.ts';
import { toldToStop } from './told-to-stop.ts';

// `npm start` synthesizes the stack and runs it on this machine until the process is told to stop.

const { host: HTTP_HOST, verbose: IS_VERBOSE = false } = new Command('npm start --')
  .description('Run the service on this machine.')
  .addOption(
    new Option('--host <address>', 'the address that the HTTP API listens on; 0.0.0.0 for all')
      .env('ERRAND_HOST')
      .default('127.0.0.1'),
  )
  .option('--verbose', 'show the access log of the API and everything that the functions log')
  .parse()
  .opts<{ host: string; verbose?: boolean }>();

const PROJECT_DIR = join(import.meta.dirname, '../..');

// Only this user can read the files that this process and its children write.
process.umask(0o077);

const stop = toldToStop();
try {
  await run(stop);
} catch (error) {
  if (!stop.aborted) {
    process.stderr.write(`${(error as Error).message}\n`);
    process.exitCode = 1;
  }
}
process.exit();

/** Starts the cloud, and stops it once the signal is aborted. */
async function run(signal: AbortSignal): Promise<void> {
  const startedAt = performance.now();
  const startFailed = new AbortController();
  const { dataDir, httpPort, awsPort, faults } = readStartSettings(process.env, PROJECT_DIR);
  const lines = createJobLines({
    print,
    isVerbose: IS_VERBOSE,
    folder: PROJECT_DIR,
  });
  const cloud = await startEmbeddedCloud({
    assemblyDir: ({ awsEndpointUrl }) =>
      synthesizedStack(dataDir, awsEndpointUrl, AbortSignal.any([signal, startFailed.signal])),
    dataDir,
    httpPort,
    httpHost: HTTP_HOST,
    awsPort,
    faults,
    views: { receiver: createMessageReceiver() },
    metricDescriptions,
    log: print,
    logFunction: lines.ofFunction,
    logAccess: lines.ofAccessLog,
    adjustFunction: lines.adjustFunction,
    onStep: (step, milliseconds) => {
      print(stepLine(step, milliseconds));
    },
  }).catch((error: unknown) => {
    startFailed.abort(); // stops the synth if another part failed
    throw withRemedy(error, dataDir);
  });
  const { apiUrl, awsEndpointUrl, functions } = cloud;
  const data = relative(process.cwd(), dataDir) || '.';
  const ready = { tookMs: performance.now() - startedAt, apiUrl, awsEndpointUrl, data, functions };
  for (const line of readyLines(ready)) print(line);
  const warning = warningAboutHost(HTTP_HOST);
  if (warning !== undefined) print(warning);

  const keyTable = cloud.outputs.KeyTableName;
  if (keyTable !== undefined) await printFirstKey(awsEndpointUrl, keyTable, print);

  await aborted(signal);
  print('Stopping');
  await cloud.end();
}

async function synthesizedStack(
  dataDir: string,
  awsEndpointUrl: string,
  signal: AbortSignal,
): Promise<string> {
  const startedAt = performance.now();
  const assemblyDir = join(dataDir, 'cdk.out');
  const environment = synthEnvironment(process.env, awsEndpointUrl);
  const { reused } = await synthesize({ projectDir: PROJECT_DIR, assemblyDir, environment, signal });
  print(stepLine(reused ? 'stack (unchanged)' : 'stack (synthesized)', performance.now() - startedAt));
  return assemblyDir;
}

function print(line: string): void {
  process.stdout.write(`${line}\n`);
}

async function aborted(signal: AbortSignal): Promise<void> {
  if (signal.aborted) return;
  await new Promise((settle) => {
    signal.addEventListener('abort', settle, { once: true });
  });
}
