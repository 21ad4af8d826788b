import { execFile } from 'node:child_process';
import { appendFileSync } from 'node:fs';
import { mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { promisify } from 'node:util';
import { killGroup } from './sandbox.ts';

/**
 * Records this run's sandboxes on disk. If its parent dies, a sandbox exits by itself, unless its function is in a busy loop. The next run uses these
 * records to find and kill the sandboxes that did not exit.
 *
 * Each run has its own file, named after the token in its sandboxes' command lines. The file lists process IDs, one per line: the parent's
 * ID, and then the sandboxes' IDs.
 */
export interface SandboxRecords {
  /** Records a process. Writes synchronously, so that the record exists even if this process is killed immediately afterward. */
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
 * Kills sandboxes left over from earlier runs. The system may have reused a recorded process ID, so a process is killed only if its command line
 * contains the run's token and its original parent has exited.
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
      // Reads /proc, because a container might not include ps.
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
