import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { text } from 'node:stream/consumers';
import { PROJECT } from './stack.ts';

/** How many characters of a command's output an error quotes, because a compilation writes megabytes. */
const MOST_SAID = 10_000;

/**
 * Runs a command in the project to its end.
 *
 * @returns its standard output
 * @throws Error with the end of its output, if its exit code is not 0
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
      // If no process started, no `close` follows. A process may take a moment to end after the signal.
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
    throw new Error(`${[command, ...words].join(' ')} ended with ${String(code)}:\n${said}`);
  }
  return output;
}

/**
 * Runs a command to its end, with visible output.
 *
 * @param cwd its working directory, if different
 * @returns the exit code, 127 if the command does not exist; and its standard output
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
