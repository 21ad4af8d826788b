import { setTimeout as wait } from 'node:timers/promises';
import type { Cloud } from '../helpers/cloud.ts';

/** The number of deployments in a run. The number is less than KEEP_VERSIONS, so that the worker version of every order is kept. */
const DEPLOYMENTS = 3;

/** The time between two deployments, in milliseconds. */
const PAUSE_MS = 10_000;

/** The worker's initial memory, in MB. Each deployment adds 1 MB, because Lambda publishes a new version only if the function has changed. */
const MEMORY = 1024;

/**
 * Deploys the stack several times while jobs run. The worker changes each time, so orders must continue in earlier versions. A deployment that fails
 * because of the faults is rolled back and retried.
 *
 * @returns the number of successful deployments
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
      // Ignores the error: faults can make a deployment fail, because its custom resources also call AWS.
    }
  }
  return deployed;
}
