import { readdir, readFile } from 'node:fs/promises';

/** The number of clock ticks per second, in which /proc counts CPU time: 100 on every architecture that Node supports (`getconf CLK_TCK`). */
const TICKS_A_SECOND = 100;

/** Returns the CPU seconds (user and system) that the given processes and their descendants have used so far. */
export async function cpuSeconds(roots: readonly number[]): Promise<number> {
  const ticks = (await membersOf(roots)).map(async (pid) => {
    const stat = await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => '');
    // The command is in parentheses and may contain any character. The fields after the command begin with the process's state. The 12th and 13th
    // of these fields are utime and stime. The next two fields are the corresponding times of terminated children.
    const fields = stat
      .slice(stat.lastIndexOf(')') + 2)
      .split(' ')
      .map(Number);
    return fields.slice(11, 15).reduce((sum, value) => sum + value, 0);
  });
  return (await Promise.all(ticks)).reduce((sum, value) => sum + value, 0) / TICKS_A_SECOND;
}

/** Returns the memory of the given processes and their descendants, in bytes. Shared memory is counted once (Pss). */
export async function memoryBytes(roots: readonly number[]): Promise<number> {
  const sizes = (await membersOf(roots)).map(async (pid) => {
    const rollup = await readFile(`/proc/${pid}/smaps_rollup`, 'utf8').catch(() => '');
    return Number(/^Pss:\s+(\d+) kB$/m.exec(rollup)?.[1] ?? 0) * 1024;
  });
  return (await Promise.all(sizes)).reduce((sum, value) => sum + value, 0);
}

/**
 * Searches the given processes and their descendants for a process with the word in its command line. Returns the first match, or undefined.
 */
export async function findProcess(roots: readonly number[], word: string): Promise<number | undefined> {
  for (const pid of await membersOf(roots)) {
    const commandLine = await readFile(`/proc/${pid}/cmdline`, 'utf8').catch(() => '');
    if (commandLine.includes(word)) return pid;
  }
  return undefined;
}

/** Returns a process's peak resident memory, in bytes. */
export async function peakMemoryBytes(pid: number): Promise<number> {
  const status = await readFile(`/proc/${pid}/status`, 'utf8');
  return Number(/^VmHWM:\s+(\d+) kB$/m.exec(status)?.[1]) * 1024;
}

async function membersOf(roots: readonly number[]): Promise<number[]> {
  const families = await Promise.all(roots.map((root) => familyOf(root)));
  return [...new Set(families.flat())];
}

/** Returns the process and its descendants. */
export async function familyOf(root: number): Promise<number[]> {
  if (process.platform !== 'linux') throw new Error('Processes are read from /proc, which needs Linux.');
  const parents = new Map<number, number>();
  for (const name of await readdir('/proc')) {
    if (!/^\d+$/.test(name)) continue;
    const stat = await readFile(`/proc/${name}/stat`, 'utf8').catch(() => '');
    // The command is in parentheses and may contain any character. The parent's id is the second field after the command.
    const [, parent] = stat
      .slice(stat.lastIndexOf(')') + 2)
      .split(' ')
      .map(Number);
    if (parent !== undefined) parents.set(Number(name), parent);
  }
  const family = [root];
  for (const member of family) {
    for (const [pid, parent] of parents) if (parent === member) family.push(pid);
  }
  return family;
}
