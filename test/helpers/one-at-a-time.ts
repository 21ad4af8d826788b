import { mkdir, rm } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';

/** Milliseconds between two looks at another worker's lock. */
const LOCK_POLL_MS = 50;

/** Runs some work while no other worker of this run does work of the same name. */
export async function oneAtATime(name: string, work: () => Promise<unknown>): Promise<void> {
  // In the run's own temporary folder, so a lock never outlives its run.
  const lock = path.join(os.tmpdir(), `errand-lock-${name}`);
  while (!(await madeFolder(lock))) await delay(LOCK_POLL_MS);
  try {
    await work();
  } finally {
    await rm(lock, { recursive: true });
  }
}

/** @returns false if there is such a folder already */
async function madeFolder(folder: string): Promise<boolean> {
  try {
    await mkdir(folder);
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false;
    throw error;
  }
}
