import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { text } from 'node:stream/consumers';
import { PROJECT } from './stack.ts';

/** The maximum length of a command's output in an error message, in characters. The output is truncated, because a compiler can write megabytes. */
const MOST_SAID = 10_000;

/**
 * Runs a command in the project's root and waits until the command ends.
 *
 * @returns the command's standard output
 * @throws Error with the last part of the output, if the exit code is not 0
 */
export async function run(
  command: string,
  words: readonly string[],
  environment: NodeJS.ProcessEnv,
  signal?: AbortSignal,
): Promise<string> {
  const child = spawn(command, words, {
    cwd: PROJECT,
    env: environment,
    stdio: ['ignore', 'pipe', 'pipe'],
    ...(signal && { signal }),
  });
  const ended = new Promise<number | null>((resolve, reject) => {
    let failure: Error | undefined;
    child.once('error', (error) => {
      failure = error;
      // If no process was started, `close` is never emitted. If the process was aborted, wait for `close`, because the process may take a moment to
      // end.
      if (child.pid === undefined) reject(error);
    });
    child.once('close', (code) => {
      if (failure) reject(failure);
      else resolve(code);
    });
  });
  const [output, messages, code] = await Promise.all([text(child.stdout), text(child.stderr), ended]);
  if (code !== 0) {
    const said = (output + messages).slice(-MOST_SAID);
    throw new Error(`${[command, ...words].join(' ')} exited with ${String(code)}:\n${said}`);
  }
  return output;
}

/**
 * Runs a command, shows its output, and waits until the command ends.
 *
 * @param cwd the working directory; defaults to this process's
 * @returns standard output and the exit code, which is 127 if the command does not exist
 */
export async function runVisibly(
  command: string,
  words: readonly string[],
  environment: NodeJS.ProcessEnv,
  cwd?: string,
): Promise<{ code: number; output: string }> {
  const child = spawn(command, words, { stdio: ['ignore', 'pipe', 'inherit'], env: environment, cwd });
  child.stdout.pipe(process.stdout, { end: false });
  const closed = once(child, 'close') as Promise<[number | null]>;
  try {
    const [output, [code]] = await Promise.all([text(child.stdout), closed]);
    return { code: code ?? 1, output };
  } catch {
    return { code: 127, output: '' };
  }
}
