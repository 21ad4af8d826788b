import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { environmentOf } from './installed-app.ts';

/** How long to wait for a line of output, in milliseconds. */
const LINE_MS = 120_000;

/** The project's running `npm run dev`. */
export interface Dev {
  /** The number of lines printed so far. */
  readonly lineCount: number;
  /** Resolves with the next matching line. `from` is the number of lines to skip. */
  nextLine(pattern: RegExp, from?: number): Promise<string>;
  end(): Promise<void>;
}

/** Starts `npm run dev`, and waits until it is ready. */
export async function startDev(
  folder: string,
  ports: Record<string, string>,
  signal: AbortSignal,
): Promise<Dev> {
  // npm runs in its own process group, so that the test can also end npm's child processes.
  const child = spawn('npm', ['run', 'dev'], {
    cwd: folder,
    env: { ...environmentOf(folder), ...ports },
    stdio: ['ignore', 'pipe', 'pipe'],
    detached: true,
  });
  const lines: string[] = [];
  const log = (): string => lines.join('\n');
  const waiting = new Set<{ pattern: RegExp; found: (line: string) => void }>();
  for (const output of [child.stdout, child.stderr]) {
    createInterface(output).on('line', (line) => {
      lines.push(line);
      for (const each of waiting) {
        if (!each.pattern.test(line)) continue;
        waiting.delete(each);
        each.found(line);
      }
    });
  }
  const closed = once(child, 'close').then(() => {
    throw new Error(`npm run dev ended:\n${log()}`);
  });
  closed.catch(() => undefined);
  const dev: Dev = {
    get lineCount() {
      return lines.length;
    },
    nextLine(pattern, from = lines.length) {
      const printed = lines.slice(from).find((line) => pattern.test(line));
      if (printed !== undefined) return Promise.resolve(printed);
      const line = new Promise<string>((found) => waiting.add({ pattern, found }));
      const timeout = AbortSignal.any([signal, AbortSignal.timeout(LINE_MS)]);
      const late = once(timeout, 'abort').then(() => {
        throw new Error(`npm run dev printed no line ${String(pattern)}:\n${log()}`);
      });
      return Promise.race([line, closed, late]);
    },
    async end() {
      const isRunning = child.exitCode === null && child.signalCode === null;
      if (child.pid !== undefined && isRunning) process.kill(-child.pid, 'SIGTERM');
      await closed.catch(() => undefined);
    },
  };
  try {
    await dev.nextLine(/^Ready in /);
    return dev;
  } catch (error) {
    await dev.end();
    throw error;
  }
}
