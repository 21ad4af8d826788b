import { setTimeout as wait } from 'node:timers/promises';
import type { Cloud } from '../helpers/cloud.ts';

/** The number of deployments in a run. Fewer than KEEP_VERSIONS, so that the version of every order is kept. */
const DEPLOYMENTS = 3;

/** The time between two deployments, in milliseconds. */
const PAUSE_MS = 10_000;

/** How much the worker's memory exceeds its default after the nth deployment, in MB: any change creates a version. */
const MEMORY = 1024;

/**
 * Deploys the stack a few times while jobs run, each time with a changed worker, so that orders continue in earlier versions. A
 * deployment that fails because of the faults is rolled back and repeated.
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
