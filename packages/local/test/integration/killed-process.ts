import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { createInterface } from 'node:readline';

/**
 * Runs a script from this folder in a new process. Once the script has written its first line, kills the process with SIGKILL, so that the script
 * can't clean up.
 * @returns the first line, parsed as JSON
 */
export async function killAfterFirstLine<Line>(script: string, ...args: string[]): Promise<Line> {
  const child = spawn(process.execPath, [join(import.meta.dirname, script), ...args], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const exit = once(child, 'exit');
  const [line] = (await Promise.race([
    once(createInterface(child.stdout), 'line'),
    exit.then(() => Promise.reject(new Error(`${script} ended before it wrote a line.`))),
  ])) as [string];
  child.kill('SIGKILL');
  await exit;
  return JSON.parse(line) as Line;
}
