import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { mkdtemp, rename, rm, writeFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { createInterface } from 'node:readline';
import { needPackages } from '../../helpers/system-packages.ts';

/**
 * The clocks of a chaos run's cloud. `cloud` is the clock of the embedded cloud's own process and of the functions; `database` is PostgreSQL's clock.
 */
export const CLOCKS = ['cloud', 'database'] as const;
export type ClockName = (typeof CLOCKS)[number];

/** Clocks that can be moved while processes use them. Only the time of day moves, not the monotonic clock. */
export interface MovableClocks {
  /** The environment variables that make a process use a clock, keyed by clock. */
  readonly variables: Readonly<Record<ClockName, Readonly<Record<string, string>>>>;
  /** Sets a clock `seconds` seconds ahead of the real time. A negative number sets the clock behind. Takes effect immediately. */
  move(clock: ClockName, seconds: number): Promise<void>;
  /** Deletes the clocks. Call this after all processes that use the clocks have ended. */
  end(): Promise<void>;
}

/** The folders in which Debian installs libfaketime for the supported processors. */
const LIBRARIES = ['x86_64-linux-gnu', 'aarch64-linux-gnu'].map(
  (platform) => `/usr/lib/${platform}/faketime/libfaketime.so.1`,
);

/**
 * A shell script that keeps libfaketime's semaphore and shared memory until the script's input ends. By default, each process creates its own
 * semaphore and shared memory, which remain if the process is killed. A later process with the same process id then refuses to start.
 */
const KEEP_SHARED_MEMORY = `
echo "$FAKETIME_SHARED"
read -r end
set -- $FAKETIME_SHARED
rm -f "/dev/shm/sem.\${1#/}" "/dev/shm/\${2#/}"
`;

/**
 * Creates clocks that show the real time until they are moved. Processes read the clocks through libfaketime, which replaces the C library's time
 * functions.
 *
 * @throws Error if the package faketime is not installed
 */
export async function createMovableClocks(): Promise<MovableClocks> {
  await needPackages('A chaos run', ['faketime']);
  const library = LIBRARIES.find((file) => existsSync(file));
  if (library === undefined)
    throw new Error(`libfaketime is in none of these places: ${LIBRARIES.join(', ')}.`);
  const folder = await mkdtemp(path.join(os.tmpdir(), 'errand-clocks-'));
  const variablesOf = (clock: ClockName): Record<string, string> => ({
    LD_PRELOAD: library,
    FAKETIME_TIMESTAMP_FILE: path.join(folder, clock),
    // libfaketime reads the file each time that a process reads the clock; this takes 2 µs of CPU time.
    FAKETIME_NO_CACHE: '1',
    FAKETIME_DONT_FAKE_MONOTONIC: '1',
    // File timestamps don't move.
    NO_FAKE_STAT: '1',
  });
  const move = async (clock: ClockName, seconds: number): Promise<void> => {
    const file = path.join(folder, clock);
    // Replaces the file atomically, because a process must never read an incomplete file.
    await writeFile(`${file}.new`, `${seconds < 0 ? '' : '+'}${seconds}\n`);
    await rename(`${file}.new`, file);
  };
  for (const clock of CLOCKS) await move(clock, 0);

  const keeper = spawn('/bin/sh', ['-c', KEEP_SHARED_MEMORY], {
    env: { ...process.env, ...variablesOf('cloud') },
    stdio: ['pipe', 'pipe', 'inherit'],
    // A detached process does not receive Ctrl-C. The script ends when the chaos run closes the script's input.
    detached: true,
  });
  const ended = once(keeper, 'exit');
  const [shared] = (await once(createInterface({ input: keeper.stdout }), 'line')) as [string];
  const withSharedMemory = (clock: ClockName) => ({ ...variablesOf(clock), FAKETIME_SHARED: shared });
  return {
    variables: { cloud: withSharedMemory('cloud'), database: withSharedMemory('database') },
    move,
    async end() {
      keeper.stdin.end();
      await ended;
      await rm(folder, { recursive: true, force: true });
    },
  };
}
