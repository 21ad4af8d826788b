import { existsSync } from 'node:fs';
import { mkdir, rmdir, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { setTimeout } from 'node:timers/promises';

/** The period after which Linux renews a control group's CPU quota, in microseconds. */
const PERIOD_US = 20_000;

const ROOT = '/sys/fs/cgroup';

/** A Linux control group whose processes share a fraction of one core. */
export interface ProcessorShare extends AsyncDisposable {
  /** A command prefix that runs the rest of the command line in the group. */
  readonly command: readonly string[];
}

/**
 * Creates a control group. Supports cgroups v1 and v2.
 *
 * @param share the share of one core, above 0
 * @throws Error if this process may not create a control group; the message says what to do
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
      `Could not create a control group that limits CPU time in ${ROOT}: ${String(error)}. Run the benchmark on Linux, as root.`,
      { cause: error },
    );
  }
  return {
    command: ['/bin/sh', '-c', `echo $$ > ${path.join(folder, 'cgroup.procs')} && exec "$0" "$@"`],
    [Symbol.asyncDispose]: () => removeGroup(folder),
  };
}

/** Removes the group. Retries, because the kernel refuses to remove a group while one of its processes is still exiting. */
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
