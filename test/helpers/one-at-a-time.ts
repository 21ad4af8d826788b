import { mkdir, rm } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';

/** The interval at which a waiting worker checks the lock, in milliseconds. */
const LOCK_POLL_MS = 50;

/** Runs a function while holding a named lock, so that only one Jest worker of this run executes the function at a time. */
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
