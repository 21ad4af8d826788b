import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { PROJECT, synthEnvironment } from './stack.ts';

/** `npm start` as a process of its own, so that a test can kill it. */
export interface ServiceProcess {
  readonly pid: number;
  readonly url: string;
  readonly awsEndpointUrl: string;
  /** Everything that it printed. */
  output(): string;
  /** Sends the signal and waits for the process's end. */
  end(signal: NodeJS.Signals): Promise<{ code: number | null; signal: NodeJS.Signals | null }>;
}

/**
 * Every start takes other ports, and the address of the embedded receiver has one in it: with that default each start would
 * synthesize the stack anew.
 */
const ENVIRONMENT = { PORT: '0', ERRAND_AWS_PORT: '0', MESSAGES_URL: 'http://127.0.0.1:9/messages' };

/** What the last line of the start says. */
const READY = /Ready in .*: (http:\S+) \(AWS endpoint (http:[^,\s]+)/;

/**
 * Starts the service and waits until it says that it is ready.
 * @throws Error with what it printed, where it ended instead
 */
export async function startService(environment: Record<string, string>): Promise<ServiceProcess> {
  const child = spawn(process.execPath, ['local/main.ts'], {
    cwd: PROJECT,
    env: { ...synthEnvironment({}), ...ENVIRONMENT, ...environment },
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
      reject(new Error(`The service ended with ${String(code)} before it was ready:\n${printed}`));
    });
  });
  return {
    pid: pidOf(child),
    url: ready[1] ?? '',
    awsEndpointUrl: ready[2] ?? '',
    output: () => printed,
    async end(signal) {
      const exited = once(child, 'exit') as Promise<[number | null, NodeJS.Signals | null]>;
      child.kill(signal);
      const [code, endedBy] = await exited;
      return { code, signal: endedBy };
    },
  };
}

/** Runs the service where it can't start, and returns what it says. */
export async function failedStart(
  environment: Record<string, string>,
): Promise<{ code: number | null; stderr: string }> {
  const child = spawn(process.execPath, ['local/main.ts'], {
    cwd: PROJECT,
    env: { ...synthEnvironment({}), ...ENVIRONMENT, ...environment },
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  let stderr = '';
  child.stderr.on('data', (chunk: Buffer) => {
    stderr += chunk.toString();
  });
  const [code] = (await once(child, 'close')) as [number | null];
  return { code, stderr };
}

function pidOf(child: ChildProcess): number {
  if (child.pid === undefined) throw new Error('The service has no process.');
  return child.pid;
}
