import { setTimeout as wait } from 'node:timers/promises';
import type { Cloud } from '../helpers/cloud.ts';
import { invoke } from '../helpers/embedded.ts';

/** The time between two sweeps, in milliseconds. EventBridge invokes the sweeper only once a minute. */
const SWEEP_EVERY_MS = 1_000;

/** Invokes the sweeper repeatedly, even while faults are injected, until the signal is aborted. */
export async function sweepAgainAndAgain(cloud: Cloud, signal: AbortSignal): Promise<void> {
  while (!signal.aborted) {
    // A failure is ignored, because the next sweep does the failed sweep's work.
    await invoke(cloud, cloud.output('SweeperFunctionName')).catch(() => undefined);
    await wait(SWEEP_EVERY_MS, undefined, { signal }).catch(() => undefined);
  }
}
