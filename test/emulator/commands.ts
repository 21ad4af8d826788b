import { spawn } from 'node:child_process';
import { text } from 'node:stream/consumers';
import { PROJECT } from '../helpers/stack.ts';

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
