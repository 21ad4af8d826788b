import { mkdir, rm } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';

/** Milliseconds between two checks of another worker's lock. */
const LOCK_POLL_MS = 50;

/** Runs some work while no other worker of this Jest run does work with the same name. */
export async function oneAtATime(name: string, work: () => Promise<unknown>): Promise<void> {
  // The lock is in the run's own temporary folder, so it can't outlive the run.
  const lock = path.join(os.tmpdir(), `errand-lock-${name}`);
  while (!(await madeFolder(lock))) await delay(LOCK_POLL_MS);
  try {
    await work();
  } finally {
    await rm(lock, { recursive: true });
  }
}

/**
 * Creates a folder.
 *
 * @returns false if the folder already exists
 */
async function madeFolder(folder: string): Promise<boolean> {
  try {
    await mkdir(folder);
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false;
    throw error;
  }
}
