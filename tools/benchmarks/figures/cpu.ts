import { mkdtemp, rm } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import type { Figure, RunOptions } from '../figure.ts';
import { synthesizeBundles, type BundleName } from '../lambda/bundles.ts';
import { startCannedAws } from '../lambda/canned-aws.ts';
import { runChild } from '../lambda/run-child.ts';
import { interleave } from '../rounds.ts';

const CHILD = path.resolve(import.meta.dirname, '../lambda/cpu-child.mjs');

/** Invocations before the measured ones, in which V8 compiles, and the measured ones. */
const WARM_UP = 1_000;
const MEASURED = 2_000;

/** What is measured: a case of lambda/events.mjs in a bundle, with as many jobs an invocation. */
const CASES = [
  { name: 'api', bundle: 'api', jobs: 1, what: 'processor time of an accepted job in the api', atMost: 1.5 },
  {
    name: 'worker',
    bundle: 'worker',
    jobs: 1,
    what: 'processor time of a no-op job in the worker',
    atMost: 1.2,
  },
  {
    name: 'worker-10',
    bundle: 'worker',
    jobs: 10,
    what: 'the same of one in a batch of ten',
    atMost: 0.3,
  },
] as const satisfies readonly { bundle: BundleName; [key: string]: unknown }[];

/**
 * The processor time, user and system, of one job in the warm, deployed bundles, against a canned AWS over plain HTTP in
 * another process. Milliseconds a job.
 */
export const cpu: Figure = {
  name: 'cpu',
  async measure(options) {
    const folder = await mkdtemp(path.join(os.tmpdir(), 'errand-cpu-'));
    const aws = await startCannedAws(undefined);
    try {
      const bundles = await synthesizeBundles(path.join(folder, 'assembly'));
      const subjects = CASES.map(({ name, bundle, jobs }) => {
        const { folder: code, environment } = bundles[bundle];
        const measure = async () => ({
          ms: (await timeOf([code, name], { ...environment, ...aws.environment }, options)) / jobs,
        });
        return [name, measure] as const;
      });
      const measured = await interleave(Object.fromEntries(subjects), options);
      return CASES.map(({ name, what, atMost }) => {
        const summary = measured.get(name)?.get('ms');
        if (!summary) throw new Error(`Not measured: ${name}.`);
        return { what, subject: 'Errand', unit: 'ms', target: { atMost }, summary };
      });
    } finally {
      await aws.end();
      await rm(folder, { recursive: true });
    }
  },
};

/** Milliseconds an invocation. */
async function timeOf(
  [code, name]: [string, string],
  env: Readonly<Record<string, string>>,
  { quick, signal }: RunOptions,
): Promise<number> {
  const invocations = [WARM_UP, MEASURED].map((times) => String(quick ? times / 20 : times));
  const { written } = await runChild([CHILD, code, name, ...invocations], env, signal);
  const { user, system } = JSON.parse(written) as { user: number; system: number };
  return user + system;
}
