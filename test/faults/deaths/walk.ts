import { expect } from '@jest/globals';
import { callsOf, resetAwsCalls } from '../../helpers/embedded.ts';
import { armFaults, disarmFault, strikesOf } from '../../helpers/faults.ts';
import { deathsOf, ruleOf, type Path, type Scene, type Step } from './path.ts';

/**
 * The maximum number of walks until the fault fires. EventBridge starts a sweep every minute. If the sweep does the work first, the fault does not
 * fire, and the walk is repeated.
 */
const MOST_WALKS = 3;

/** One walk to run: a path, the call at which to inject a fault, and the kind of fault. */
export interface Case {
  readonly title: string;
  readonly path: Path;
  readonly step: Step;
  readonly death: string;
}

export function casesOf(path: Path): Case[] {
  return path.steps.flatMap((step) =>
    deathsOf(path, step).map((death) => ({
      title: `${path.title}, ${death} its ${step.service} ${step.action} ${step.nth}`,
      path,
      step,
      death,
    })),
  );
}

/** Walks a path without injecting a fault. @returns the number of the function's calls per AWS action, as counted by the AWS endpoint */
export async function recordCalls(scene: Scene, path: Path): Promise<Record<string, number>> {
  const { cloud } = scene;
  const walk = await path.begin(scene);
  await resetAwsCalls(cloud);
  await walk.attempt();
  const calls = await callsOf(cloud, cloud.output(path.actor));
  await walk.recover();
  return calls;
}

/** Returns a path's expected calls, in the same form as {@link recordCalls}. */
export function countsOf({ steps }: Path): Record<string, number> {
  return Object.fromEntries(steps.map(({ service, action, nth }) => [`${service} ${action}`, nth]));
}

/**
 * Repeats the walk until the fault has fired.
 *
 * @param sweeps the sweeps to pause if they would disturb the walk
 */
export async function perform(
  scene: Scene,
  { path, step, death }: Case,
  sweeps?: { stop(): Promise<void>; continue(): void },
): Promise<void> {
  const { cloud } = scene;
  for (let walks = 0; walks < MOST_WALKS; walks += 1) {
    if (path.isSweptToo) await sweeps?.stop();
    const walk = await path.begin(scene);
    const [id = ''] = await armFaults(cloud, { ...ruleOf(path, step, death, walk, cloud) });
    const status = await walk.attempt().finally(() => sweeps?.continue());
    const struck = (await strikesOf(cloud)).get(id) ?? 0;
    await disarmFault(cloud, id);
    if (struck > 0 && death === 'refused at' && step.refused !== undefined) expect(status).toBe(step.refused);
    await walk.recover();
    if (struck > 0) return;
  }
  throw new Error('The fault never fired, so this walk proves nothing.');
}
