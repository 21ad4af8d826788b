import { mkdir, rm } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';

/** How often to check another worker's lock, in milliseconds. */
const LOCK_POLL_MS = 50;

/** Runs some work while no other worker of this run does work with the same name. */
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

/** @returns false if the folder already exists */
async function madeFolder(folder: string): Promise<boolean> {
  try {
    await mkdir(folder);
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false;
    throw error;
  }
}
