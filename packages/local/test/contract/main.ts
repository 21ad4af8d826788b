import { mkdir } from 'node:fs/promises';
import path from 'node:path';
import { installLocalStack } from '../../../../test/emulator/localstack.ts';
import { installMiniStack } from '../../../../test/emulator/ministack.ts';
import { runSteps } from '../../../../test/helpers/command-steps.ts';
import { installFromPyPi } from '../../../../test/python/install.ts';
import { judge, strayDifferences } from './contract.ts';
import { differences } from './differences.ts';
import { apiBundle } from './ric/api-bundle.ts';
import { installRic } from './ric/install-ric.ts';
import { serveWithNode, serveWithPython } from './ric/serve.ts';
import { suites } from './suites/suites.ts';
import { startErrand } from './targets/errand.ts';
import { startLocalStackTarget } from './targets/localstack.ts';
import { startMiniStackTarget } from './targets/ministack.ts';
import { installMoto, startMoto } from './targets/moto.ts';
import type { World } from './world.ts';

/** The results of several cases. */
interface Judged {
  readonly cases: number;
  /** Descriptions of the failures, at most one per case. */
  readonly complaints: readonly string[];
}

/** The number of cases that run concurrently. A case spends most of its time waiting for responses. */
const AT_ONCE = 4;

/** Runs all cases that a target supports, several at a time. */
async function runCases(world: World): Promise<Judged> {
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
  return { cases: asked.length, complaints };
}

/** Returns one failed case for each entry in the list of differences that names an unknown case, or expects the same result as AWS. */
function judgeList(): Judged {
  const complaints = strayDifferences(differences, suites).map(
    (stray) => `${stray.target}, ${stray.protocol}: ${stray.case}\nNo case, or no difference to it.`,
  );
  return { cases: Math.max(1, complaints.length), complaints };
}

async function judgeClient(serving: Promise<string | undefined>): Promise<Judged> {
  const complaint = await serving;
  return { cases: 1, complaints: complaint === undefined ? [] : [complaint] };
}

await runSteps('contract', async ({ signal, dir, step, begin }) => {
  const folder = async (name: string): Promise<string> => {
    await mkdir(path.join(dir, name));
    return path.join(dir, name);
  };
  // The client is installed in the background while the cases run, because compiling it takes long, and the cases don't use it.
  const ric = step('aws-lambda-ric (installed)', installRic(signal));
  ric.catch(() => undefined);
  const ricRequirements = path.join(import.meta.dirname, 'ric/requirements.txt');
  const [ministack, moto, localstack, pythonRic] = await Promise.all([
    step('MiniStack (installed)', installMiniStack(signal)),
    step('moto (installed)', installMoto(signal)),
    step('LocalStack (installed)', installLocalStack(signal)),
    step('awslambdaric (installed)', installFromPyPi('awslambdaric', ricRequirements, signal)),
  ]);
  const targets = await Promise.all([
    begin('embedded cloud', startErrand()),
    begin('MiniStack', startMiniStackTarget(ministack, await folder('ministack'))),
    begin('moto', startMoto(moto, await folder('moto'))),
    ...(localstack
      ? [begin('LocalStack', startLocalStackTarget(localstack, await folder('localstack')))]
      : []),
  ]);
  const judged = await step('cases', Promise.all(targets.map(({ world }) => runCases(world))));
  const bundle = await step('cdk synth', apiBundle(signal));
  judged.push(
    judgeList(),
    await step('aws-lambda-ric', judgeClient(ric.then((main) => serveWithNode(main, bundle)))),
    await step('awslambdaric', judgeClient(serveWithPython(pythonRic))),
  );
  const complaints = judged.flatMap((each) => each.complaints);
  for (const complaint of complaints) console.error(`\n${complaint}`);
  const cases = judged.reduce((sum, each) => sum + each.cases, 0);
  console.log(`${cases - complaints.length} passed, ${complaints.length} failed, 0 skipped`);
  return complaints.length === 0 ? 0 : 1;
});
