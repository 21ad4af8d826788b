import { spawn } from 'node:child_process';
import { once } from 'node:events';
import type { Readable } from 'node:stream';
import { text } from 'node:stream/consumers';

/** The result of running a Node process. */
export interface ChildRun {
  /** The process's output on file descriptor 3. */
  readonly written: string;
  /** Milliseconds from the process's start to its exit. */
  readonly wall: number;
}

/**
 * Runs a script to completion, with its errors visible and its output hidden.
 *
 * @param script the file and its arguments
 * @param within a command that starts the process, for example with a limited share of the CPU
 * @throws Error if the script exits with a code other than 0, or if the signal ends it
 */
export async function runChild(
  script: readonly string[],
  env: Readonly<Record<string, string>>,
  signal: AbortSignal,
  within: readonly string[] = [],
): Promise<ChildRun> {
  const startedAt = performance.now();
  const [command = process.execPath, ...parameters] = [...within, process.execPath, ...script];
  const child = spawn(command, parameters, {
    env,
    stdio: ['ignore', 'ignore', 'inherit', 'pipe'],
    signal,
  });
  const [written, wall, [code]] = await Promise.all([
    text(child.stdio[3] as Readable),
    once(child, 'exit').then(() => performance.now() - startedAt),
    once(child, 'close') as Promise<[number | null]>,
  ]);
  if (code !== 0) throw new Error(`${script.join(' ')} exited with code ${String(code)}.`);
  return { written, wall };
}
