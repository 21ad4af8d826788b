import { spawn } from 'node:child_process';
import { once } from 'node:events';
import path from 'node:path';

const FOLDER = path.resolve(import.meta.dirname, '../peers');

export interface PeerProcess {
  readonly pid: number;
  /** The match of the `ready` regular expression in the program's output. */
  readonly said: RegExpExecArray;
  end(): Promise<void>;
}

/**
 * Starts a program in the peers' folder, and waits until it prints that it is ready.
 *
 * @throws Error with the program's output if the program ends before it is ready
 */
export async function startPeerProcess(
  [program, ...args]: readonly [string, ...string[]],
  { env, ready, signal }: { env: NodeJS.ProcessEnv; ready: RegExp; signal: AbortSignal },
): Promise<PeerProcess> {
  signal.throwIfAborted();
  const child = spawn(program, args, {
    cwd: FOLDER,
    env: { PATH: process.env.PATH, ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const stop = (): void => {
    child.kill('SIGKILL'); // a clean shutdown is unnecessary, because the data is no longer needed
  };
  signal.addEventListener('abort', stop, { once: true });
  const exited = once(child, 'exit');
  let printed = '';
  const said = await new Promise<RegExpExecArray>((resolve, reject) => {
    const hear = (chunk: Buffer): void => {
      printed = (printed + chunk.toString()).slice(-4_000);
      const match = ready.exec(printed);
      if (match) resolve(match);
    };
    child.stdout.on('data', hear);
    child.stderr.on('data', hear);
    const fail = (): void => {
      reject(new Error(`${program} ${args.join(' ')} exited before it was ready:\n${printed}`));
    };
    exited.then(fail, reject);
  });
  return {
    pid: child.pid ?? 0,
    said,
    async end() {
      signal.removeEventListener('abort', stop);
      stop();
      await exited;
    },
  };
}
