import { mkdir, readdir, rm } from 'node:fs/promises';
import path from 'node:path';
import type { EmbeddedCloud } from 'errand-local';
import { createJobLines } from '../job-lines.ts';
import { metricDescriptions } from '../metric-descriptions.ts';
import { createMessageReceiver } from '../message-receiver.ts';
import { readStartSettings, warningAboutHost, withRemedy } from '../start-settings.ts';
import { readyLines } from '../ready-lines.ts';
import { stepLine } from '../step-line.ts';
import type { AssemblySource } from './assembly-source.ts';
import { createDebuggerPorts, requireFreePort } from './debugger-ports.ts';
import { importErrandLocal } from './installed-packages.ts';
import { createLiveStack, type LiveStack } from './live-stack.ts';

export interface DevOptions {
  readonly source: AssemblySource;
  /** Absolute path of the project's folder. */
  readonly project: string;
  readonly environment: Readonly<Record<string, string | undefined>>;
  /** The address on which the HTTP API listens. */
  readonly host: string;
  readonly isVerbose: boolean;
  /** The first debugger port. If undefined, there are no debuggers. */
  readonly inspectPort: number | undefined;
  readonly print: (line: string) => void;
  /** Prints the first API key for a stack with AUTH=api-key. */
  readonly printFirstKey: (awsEndpointUrl: string, tableName: string) => Promise<void>;
  readonly signal: AbortSignal;
}

/**
 * Runs a project's stack on this machine, and applies every change to its jobs file, until the signal is aborted.
 *
 * @throws Error that says in one line what is missing or wrong. A problem that the user can fix by saving a file is printed instead.
 */
export async function runDev(options: DevOptions): Promise<void> {
  const { project, print, inspectPort } = options;
  const settings = readStartSettings(options.environment, project);
  const errandLocal = await importErrandLocal(project);
  if (inspectPort !== undefined) await requireFreePort(inspectPort);
  const folders = path.join(settings.dataDir, 'dev');
  const folder = path.join(folders, String(process.pid));
  await mkdir(folder, { recursive: true }).catch((error: unknown) => {
    throw withRemedy(error, settings.dataDir);
  });

  const stack = createLiveStack({
    ...options,
    folder,
    paths: inspectPort === undefined ? 'project' : 'file',
  });
  try {
    const cloud = await startGood(options, settings, errandLocal, stack);
    if (!cloud) return;
    try {
      await removeOthers(folders, folder);
      await stack.follow(cloud);
      print('Stopping');
    } finally {
      await cloud.end();
    }
  } finally {
    await stack.end();
    await rm(folder, { recursive: true, force: true });
  }
}

/**
 * Removes folders that earlier runs left behind. No other run can be using these folders, because this run holds the data folder's lock.
 */
async function removeOthers(folders: string, own: string): Promise<void> {
  for (const name of await readdir(folders)) {
    const folder = path.join(folders, name);
    if (folder !== own) await rm(folder, { recursive: true, force: true });
  }
}

type Settings = ReturnType<typeof readStartSettings>;
type ErrandLocal = typeof import('errand-local');

/** Starts the cloud once the project's code is valid. @returns undefined if the signal was aborted first */
async function startGood(
  options: DevOptions,
  settings: Settings,
  errandLocal: ErrandLocal,
  stack: LiveStack,
): Promise<EmbeddedCloud | undefined> {
  const isStopped = (): boolean => options.signal.aborted;
  for (;;) {
    if (!(await stack.prepare())) return undefined;
    try {
      return await startCloud(options, settings, errandLocal, stack);
    } catch (error) {
      if (isStopped()) return undefined;
      if (!(await stack.mended(error))) throw withRemedy(error, settings.dataDir);
    }
  }
}

async function startCloud(
  options: DevOptions,
  { dataDir, httpPort, awsPort, faults }: Settings,
  { startEmbeddedCloud }: ErrandLocal,
  stack: LiveStack,
): Promise<EmbeddedCloud> {
  const { host, print, isVerbose, project, inspectPort, signal } = options;
  const startedAt = performance.now();
  const ports = inspectPort === undefined ? undefined : createDebuggerPorts(inspectPort, print);
  const lines = createJobLines({ print, isVerbose, folder: project });
  const startFailed = new AbortController();
  const cloud = await startEmbeddedCloud({
    assemblyDir: async ({ awsEndpointUrl }) => {
      const assemblyDir = path.join(dataDir, 'cdk.out');
      const stopped = AbortSignal.any([signal, startFailed.signal]);
      const synthAt = performance.now();
      const { reused } = await stack.synthesize(awsEndpointUrl, assemblyDir, stopped);
      print(stepLine(reused ? 'stack (unchanged)' : 'stack (synthesized)', performance.now() - synthAt));
      return assemblyDir;
    },
    dataDir,
    httpPort,
    httpHost: host,
    awsPort,
    faults,
    views: { receiver: createMessageReceiver() },
    metricDescriptions,
    log: print,
    logFunction(name, line) {
      if (!ports?.readLogLine(line)) lines.ofFunction(name, line);
    },
    logAccess: lines.ofAccessLog,
    adjustFunction(configuration) {
      const queue = configuration.environment.QUEUE_NAME;
      const adjusted = lines.adjustFunction(configuration);
      if (!ports || queue === undefined) return adjusted;
      // Only one process can listen on a debugger port, so each worker runs only one invocation at a time.
      return { ...adjusted, inspectPort: ports.portOf(queue), reservedConcurrency: 1 };
    },
    // Each worker with a debugger reserves one execution, so the quota is raised: a small account's quota would not allow these reservations.
    ...(ports && { accountConcurrency: 1000 }),
    onStep: (step, milliseconds) => {
      print(stepLine(step, milliseconds));
    },
  }).catch((error: unknown) => {
    startFailed.abort(); // stops the synth if another part failed
    throw error;
  });
  stack.started(cloud);
  const { apiUrl, awsEndpointUrl, outputs, functions } = cloud;
  const data = path.relative(process.cwd(), dataDir) || '.';
  const ready = { tookMs: performance.now() - startedAt, apiUrl, awsEndpointUrl, data, functions };
  for (const line of readyLines(ready)) print(line);
  const warning = warningAboutHost(host);
  if (warning !== undefined) print(warning);
  if (outputs.KeyTableName !== undefined) await options.printFirstKey(awsEndpointUrl, outputs.KeyTableName);
  return cloud;
}
