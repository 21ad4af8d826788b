import { readdirSync, readFileSync } from 'node:fs';

/**
 * Returns the process ids of the embedded cloud with this data folder. The processes are recognized by the folder's path in their environment or
 * command line. On systems other than Linux, the function returns an empty array.
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
