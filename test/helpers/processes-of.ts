import { readdirSync, readFileSync } from 'node:fs';

/**
 * Returns the ids of all processes whose environment or command line contains a data folder, which are exactly the
 * processes of the embedded cloud that uses the folder. It works only on Linux, and returns nothing elsewhere.
 */
export function processesOf(folder: string): number[] {
  if (process.platform !== 'linux') return [];
  return readdirSync('/proc')
    .filter((entry) => /^\d+$/.test(entry) && Number(entry) !== process.pid)
    .filter((pid) => ['cmdline', 'environ'].some((file) => readProc(pid, file).includes(folder)))
    .map(Number);
}

function readProc(pid: string, file: string): string {
  try {
    return readFileSync(`/proc/${pid}/${file}`, 'utf8');
  } catch {
    return '';
  }
}
