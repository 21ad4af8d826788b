import { execFile } from 'node:child_process';
import { appendFileSync } from 'node:fs';
import { mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { promisify } from 'node:util';
import { killGroup } from './sandbox.ts';

/**
 * Records this run's sandboxes on disk. A sandbox exits by itself if its parent dies, unless its function is in a busy loop. The next run
 * finds such a sandbox through these records.
 *
 * Each run has its own file, named after the token in its sandboxes' command lines. The file lists process IDs, one per line: the parent's
 * first, then those of the sandboxes.
 */
export interface SandboxRecords {
  /** Records a process. This is synchronous, so that the record exists no matter what happens next. */
  add(pid: number): void;
  /** Removes all records. Call this after the processes have exited. */
  clear(): Promise<void>;
}

/** Starts the records for a run. */
export async function startRecords(dir: string, token: string): Promise<SandboxRecords> {
  const file = path.join(dir, token);
  await mkdir(dir, { recursive: true });
  await writeFile(file, `${process.pid}\n`);
  return {
    add(pid) {
      appendFileSync(file, `${pid}\n`);
    },
    clear: () => rm(file, { force: true }),
  };
}

/**
 * Kills sandboxes from earlier runs, but no other processes. A process is killed only if its command line contains its run's token, and if its
 * original parent has exited.
 */
export async function killOrphans(dir: string): Promise<void> {
  for (const token of await readdir(dir).catch(() => [])) {
    const file = path.join(dir, token);
    const [parent, ...sandboxes] = (await readFile(file, 'utf8')).split('\n').map(Number);
    let parentLives = false;
    for (const pid of sandboxes.filter((each) => each > 1)) {
      const found = await findProcess(pid);
      if (!found?.command.includes(token)) continue;
      if (found.parent === parent) parentLives = true;
      else killGroup(pid);
    }
    if (!parentLives) await rm(file, { force: true });
  }
}

async function findProcess(pid: number): Promise<{ parent: number; command: string } | undefined> {
  try {
    if (process.platform === 'linux') {
      // Reads /proc, because a container may not include ps.
      const status = await readFile(`/proc/${pid}/status`, 'utf8');
      const command = await readFile(`/proc/${pid}/cmdline`, 'utf8');
      return { parent: Number(/^PPid:\s+(\d+)$/m.exec(status)?.[1]), command };
    }
    const { stdout } = await promisify(execFile)('ps', ['-o', 'ppid=,command=', '-p', String(pid)]);
    return { parent: Number.parseInt(stdout, 10), command: stdout };
  } catch {
    return undefined;
  }
}
