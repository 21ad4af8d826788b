import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { text } from 'node:stream/consumers';
import { PROJECT } from './stack.ts';

/**
 * Runs a command in the project to its end.
 *
 * @returns what it wrote to its standard output
 * @throws Error with everything that it wrote, where it ends with something else than 0
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
    child.once('error', reject);
    child.once('close', resolve);
  });
  const [output, messages, code] = await Promise.all([text(child.stdout), text(child.stderr), ended]);
  if (code !== 0) {
    throw new Error(`${[command, ...words].join(' ')} ended with ${String(code)}:\n${messages}${output}`);
  }
  return output;
}

/**
 * Runs a command to its end, with this process's output.
 *
 * @param cwd where it runs, if not where this process does
 * @returns the exit code; 127 where there is no such command
 */
export async function runVisibly(
  command: string,
  words: readonly string[],
  environment: NodeJS.ProcessEnv,
  cwd?: string,
): Promise<number> {
  const child = spawn(command, words, { stdio: ['ignore', 'inherit', 'inherit'], env: environment, cwd });
  try {
    const [code] = (await once(child, 'exit')) as [number | null];
    return code ?? 1;
  } catch {
    return 127;
  }
}
