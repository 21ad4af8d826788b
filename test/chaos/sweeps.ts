import { setTimeout as wait } from 'node:timers/promises';
import type { Cloud } from '../helpers/cloud.ts';
import { invoke } from '../helpers/embedded.ts';

/** EventBridge runs the sweeper once a minute; in a run, such a minute takes this many milliseconds. */
const SWEEP_EVERY_MS = 1_000;

/** Invokes the sweeper repeatedly, also under faults, until the signal is aborted. */
export async function sweepAgainAndAgain(cloud: Cloud, signal: AbortSignal): Promise<void> {
  while (!signal.aborted) {
    // A sweep that fails is followed by the next one.
    await invoke(cloud, cloud.output('SweeperFunctionName')).catch(() => undefined);
    await wait(SWEEP_EVERY_MS, undefined, { signal }).catch(() => undefined);
  }
}
