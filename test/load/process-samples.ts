import { readdir, readFile, readlink } from 'node:fs/promises';
import { familyOf } from '../../tools/benchmarks/processes.ts';

/** One process at one moment. */
export interface ProcessSample {
  readonly pid: number;
  /** The process's name, such as `postgres` or a function's name. */
  readonly group: string;
  /** The resident memory, excluding shared memory, so that Postgres's shared buffers are not counted once per process. */
  readonly bytes: number;
  readonly descriptors: number;
  readonly sockets: number;
}

/** All processes of the service at one moment. */
export type Sample = readonly ProcessSample[];

/**
 * Reads a process and all its descendants from /proc.
 *
 * @param nameOf returns a process's name, given its id and command line
 */
export async function sampleProcesses(
  root: number,
  nameOf: (pid: number, commandLine: string) => string,
): Promise<Sample> {
  const samples = await Promise.all(
    (await familyOf(root)).map(async (pid): Promise<ProcessSample[]> => {
      try {
        const status = await readFile(`/proc/${pid}/status`, 'utf8');
        const commandLine = (await readFile(`/proc/${pid}/cmdline`, 'utf8')).replaceAll('\0', ' ');
        const targets = await Promise.all(
          (await readdir(`/proc/${pid}/fd`)).map((name) =>
            readlink(`/proc/${pid}/fd/${name}`).catch(() => ''),
          ),
        );
        const open = targets.filter((target) => target !== '');
        return [
          {
            pid,
            group: nameOf(pid, commandLine),
            bytes: kibibytes(status, 'RssAnon') * 1024 + kibibytes(status, 'RssFile') * 1024,
            descriptors: open.length,
            sockets: open.filter((target) => target.startsWith('socket:')).length,
          },
        ];
      } catch {
        return []; // The process has ended in the meantime.
      }
    }),
  );
  return samples.flat();
}

function kibibytes(status: string, field: string): number {
  return Number(new RegExp(`^${field}:\\s+(\\d+) kB$`, 'm').exec(status)?.[1] ?? 0);
}
