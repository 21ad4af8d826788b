import { once } from 'node:events';
import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { installMiniStack } from '../emulator/ministack.ts';
import { judge, strayDifferences } from './contract.ts';
import { differences } from './differences.ts';
import { suites } from './suites/suites.ts';
import { apiBundle } from './ric/api-bundle.ts';
import { installRic } from './ric/install-ric.ts';
import { serveWithRic } from './ric/serve.ts';
import { startErrand } from './targets/errand.ts';
import { startMiniStackTarget } from './targets/ministack.ts';
import { installMoto, startMoto } from './targets/moto.ts';
import type { Target } from './targets/target.ts';
import type { World } from './world.ts';

const interrupted = new AbortController();
for (const name of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
  process.on(name, () => {
    interrupted.abort(new Error(`${name}: ended before the cases did.`));
  });
}

async function aborted(): Promise<never> {
  const { signal } = interrupted;
  if (!signal.aborted) await once(signal, 'abort');
  throw signal.reason;
}

/** Prints how long a step took. */
async function step<Result>(name: string, work: Promise<Result>): Promise<Result> {
  const startedAt = performance.now();
  const result = await Promise.race([work, aborted()]);
  console.log(`${name.padEnd(32)}${((performance.now() - startedAt) / 1000).toFixed(1).padStart(6)} s`);
  return result;
}

/** Runs every case that a target can be asked, several at a time. @returns what is not as it should be */
async function runCases(world: World): Promise<string[]> {
  const asked = suites
    .filter(({ protocol }) => world.speaks.includes(protocol))
    .flatMap((suite) => suite.cases.map((contract) => ({ suite, contract })));
  const complaints: string[] = [];
  const next = asked.values();
  const worker = async (): Promise<void> => {
    for (const { suite, contract } of next) {
      const complaint = await judge(suite, contract, world, differences);
      if (complaint !== undefined) {
        complaints.push(`${world.target}, ${suite.protocol}: ${contract.name}\n${complaint}`);
      }
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, worker));
  console.log(`${world.target}: ${asked.length} cases, ${complaints.length} not as they should be`);
  return complaints;
}

/** Most of a case is waiting. */
const AT_ONCE = 4;

const ends: (() => Promise<unknown>)[] = [];

/** Starts a target in a folder of its own; it is ended even if the signal to end came before it was up. */
async function begin(name: string, starting: Promise<Target>): Promise<Target> {
  ends.push(() =>
    starting.then(
      (target) => target.end(),
      () => undefined,
    ),
  );
  return step(name, starting);
}

try {
  const { signal } = interrupted;
  const dir = await mkdtemp(path.join(os.tmpdir(), 'errand-contract-'));
  ends.push(() => rm(dir, { recursive: true, force: true }));
  const folder = async (name: string): Promise<string> => {
    await mkdir(path.join(dir, name));
    return path.join(dir, name);
  };
  const ministack = await step('MiniStack (installed)', installMiniStack(signal));
  const moto = await step('moto (installed)', installMoto(signal));
  const ric = await step('aws-lambda-ric (installed)', installRic(signal));
  const targets = await Promise.all([
    begin('embedded cloud', startErrand()),
    begin('MiniStack', startMiniStackTarget(ministack, await folder('ministack'))),
    begin('moto', startMoto(moto, await folder('moto'))),
  ]);
  const judged = await step('cases', Promise.all(targets.map(({ world }) => runCases(world))));
  const complaints = judged.flat();
  const bundle = await step('cdk synth', apiBundle(signal));
  complaints.push(...(await step('aws-lambda-ric', serveWithRic(ric, bundle))));
  for (const stray of strayDifferences(differences, suites)) {
    complaints.push(`${stray.target}, ${stray.protocol}: ${stray.case}\nNo case, or no difference to it.`);
  }
  for (const complaint of complaints) console.error(`\n${complaint}`);
  process.exitCode = complaints.length === 0 ? 0 : 1;
} catch (error) {
  console.error(String(error));
  process.exitCode = 1;
} finally {
  for (const end of ends.reverse()) {
    await end().catch((error: unknown) => {
      console.error(String(error));
      process.exitCode = 1;
    });
  }
}
