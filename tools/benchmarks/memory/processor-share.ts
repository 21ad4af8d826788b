import { existsSync } from 'node:fs';
import { mkdir, rmdir, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { setTimeout } from 'node:timers/promises';

/** Linux counts the processor time of a control group anew after so many microseconds. */
const PERIOD_US = 20_000;

const ROOT = '/sys/fs/cgroup';

/** A control group of Linux whose processes together get a share of one core. */
export interface ProcessorShare extends AsyncDisposable {
  /** A command that runs another one in the group: to be put before it. */
  readonly command: readonly string[];
}

/**
 * Makes a control group, of version 1 or 2, whichever the machine has.
 *
 * @param share of one core, above 0
 * @throws Error if this process may not make one, with what to do
 */
export async function openProcessorShare(name: string, share: number): Promise<ProcessorShare> {
  const isFirstVersion = existsSync(path.join(ROOT, 'cpu/cpu.cfs_quota_us'));
  const folder = path.join(ROOT, isFirstVersion ? 'cpu' : '', `errand-${process.pid}-${name}`);
  const quota = Math.round(PERIOD_US * share);
  try {
    await mkdir(folder);
    if (isFirstVersion) {
      await writeFile(path.join(folder, 'cpu.cfs_period_us'), String(PERIOD_US));
      await writeFile(path.join(folder, 'cpu.cfs_quota_us'), String(quota));
    } else await writeFile(path.join(folder, 'cpu.max'), `${quota} ${PERIOD_US}`);
  } catch (error) {
    await rmdir(folder).catch(() => undefined);
    throw new Error(
      `A control group that limits processor time could not be made in ${ROOT}: ${String(error)}. Run the benchmark on Linux, as root.`,
      { cause: error },
    );
  }
  return {
    command: ['/bin/sh', '-c', `echo $$ > ${path.join(folder, 'cgroup.procs')} && exec "$0" "$@"`],
    [Symbol.asyncDispose]: () => removeGroup(folder),
  };
}

/** The kernel refuses to remove a group while one of its processes is being ended. */
async function removeGroup(folder: string): Promise<void> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      await rmdir(folder);
      return;
    } catch (error) {
      if (attempt === 20) throw error;
      await setTimeout(50);
    }
  }
}
