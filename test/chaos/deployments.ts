import { setTimeout as wait } from 'node:timers/promises';
import type { Cloud } from '../helpers/cloud.ts';

/** Deployments of a run. Fewer than KEEP_VERSIONS, so that the version of every order is kept. */
const DEPLOYMENTS = 3;

/** The time between two deployments, in milliseconds. */
const PAUSE_MS = 10_000;

/** What the memory of the worker is beyond its default after the nth deployment, in MB: any change makes a version. */
const MEMORY = 1024;

/**
 * Deploys the stack a few times while jobs run, each time with another worker, so that orders go on in versions that are no longer the
 * current one. A deployment that the faults break is rolled back, and made again.
 *
 * @returns how many deployments succeeded
 */
export async function deployAgainAndAgain(
  cloud: Cloud,
  settings: Readonly<Record<string, string>>,
  signal: AbortSignal,
): Promise<number> {
  let deployed = 0;
  while (deployed < DEPLOYMENTS) {
    try {
      await wait(PAUSE_MS, undefined, { signal });
    } catch {
      break;
    }
    try {
      const memory = String(MEMORY + deployed + 1);
      await cloud.redeploy({ ...settings, JOB_MEMORY: memory });
      deployed += 1;
    } catch {
      // Its custom resources call AWS too.
    }
  }
  return deployed;
}
