import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';

const PROJECT = path.resolve(import.meta.dirname, '..');

/** A service started like `npm start`, in a separate process that a test or a benchmark can measure and kill. */
export interface ServiceProcess {
  readonly pid: number;
  readonly url: string;
  readonly awsEndpointUrl: string;
  /** Everything that the process has printed. */
  output(): string;
  /** Sends the signal and waits until the process has ended. */
  end(signal: NodeJS.Signals): Promise<{ code: number | null; signal: NodeJS.Signals | null }>;
}

const ENVIRONMENT = {
  PATH: process.env.PATH,
  HOME: os.homedir(),
  // Only tests set this variable.
  NODE_COMPILE_CACHE: process.env.NODE_COMPILE_CACHE,
  PORT: '0',
  ERRAND_AWS_PORT: '0',
  // The default URL contains the port, which differs from start to start. With a fixed URL, later starts can reuse the synthesized stack.
  MESSAGES_URL: 'http://127.0.0.1:9/messages',
  // Skips the CDK's template validation, which takes 3 s of CPU time. test/infrastructure/app.test.ts runs it.
  CDK_VALIDATION: 'false',
};

/** Matches the last line printed at startup. */
const READY = /Ready in .*: (http:\S+) \(AWS endpoint (http:[^,\s]+)/;

/**
 * Starts the service, and waits until it is ready.
 *
 * @param project the folder of the version to start
 * @throws Error with the service's output if the service ends before it is ready
 */
export async function startService(
  environment: Record<string, string>,
  project: string = PROJECT,
): Promise<ServiceProcess> {
  const child = spawn(process.execPath, await startArguments(project), {
    cwd: project,
    env: { ...ENVIRONMENT, ...environment },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let printed = '';
  const ready = await new Promise<RegExpExecArray>((resolve, reject) => {
    const hear = (chunk: Buffer): void => {
      printed += chunk.toString();
      const match = READY.exec(printed);
      if (match) resolve(match);
    };
    child.stdout.on('data', hear);
    child.stderr.on('data', hear);
    child.once('exit', (code) => {
      reject(new Error(`The service exited with ${String(code)} before it was ready:\n${printed}`));
    });
  });
  return {
    pid: pidOf(child),
    url: ready[1] ?? '',
    awsEndpointUrl: ready[2] ?? '',
    output: () => printed,
    async end(signal) {
      // The process may have ended already, because Ctrl-C in a terminal also reaches child processes.
      if (child.exitCode === null && child.signalCode === null) {
        const exited = once(child, 'exit');
        child.kill(signal);
        await exited;
      }
      return { code: child.exitCode, signal: child.signalCode };
    },
  };
}

/** Runs a service that is expected to fail at startup, and returns its output. */
export async function failedStart(
  environment: Record<string, string>,
): Promise<{ code: number | null; stderr: string }> {
  const child = spawn(process.execPath, await startArguments(PROJECT), {
    cwd: PROJECT,
    env: { ...ENVIRONMENT, ...environment },
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  let stderr = '';
  child.stderr.on('data', (chunk: Buffer) => {
    stderr += chunk.toString();
  });
  const [code] = (await once(child, 'close')) as [number | null];
  return { code, stderr };
}

/** Returns the arguments that `npm start` passes to Node. The arguments depend on the version, because the program's file has moved. */
async function startArguments(project: string): Promise<string[]> {
  const { scripts } = JSON.parse(await readFile(path.join(project, 'package.json'), 'utf8')) as {
    scripts: { start: string };
  };
  const [program, ...words] = scripts.start.split(' ');
  if (program !== 'node') throw new Error(`npm start of ${project} does not run node: ${scripts.start}`);
  return words;
}

function pidOf(child: ChildProcess): number {
  if (child.pid === undefined) throw new Error('The service has no process.');
  return child.pid;
}
