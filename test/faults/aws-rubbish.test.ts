import { afterAll, beforeAll, describe, expect, it, jest } from '@jest/globals';
import fc from 'fast-check';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { startCloud, type Cloud } from '../helpers/cloud.ts';
import { chosenBy } from '../helpers/pick.ts';
import { BODY_MUTATIONS } from './rubbish/body-mutations.ts';
import { dataCalls } from './rubbish/data-calls.ts';
import { draftOf, sendingOf, type Mutation } from './rubbish/draft.ts';
import { exchange, type Sending } from './rubbish/exchange.ts';
import { FRAMING_MUTATIONS } from './rubbish/framing-mutations.ts';
import { headMutations } from './rubbish/head-mutations.ts';
import { monitoringCalls } from './rubbish/monitoring-calls.ts';
import { record, type RecordedCall } from './rubbish/recorder.ts';
import { createScratch } from './rubbish/scratch.ts';
import { serviceCalls } from './rubbish/service-calls.ts';
import { faultOf } from './rubbish/verdict.ts';

/**
 * The tests mutate the SDKs' requests and send them to the AWS endpoint.
 *
 * `ERRAND_AWS_RUBBISH` sets the number of requests. `ERRAND_AWS_RUBBISH_SEED` selects other mutations.
 */
const { ERRAND_AWS_RUBBISH: count = '1000', ERRAND_AWS_RUBBISH_SEED: seed = '20261129' } = process.env;

/** The maximum number of faults in a failure message. */
const MAX_SHOWN = 20;
/** The maximum heap growth during the last two thirds of the requests, in bytes. */
const MAX_GROWTH = 48 * 1024 * 1024;

/** The test's timeout, which grows with the number of requests. */
const PATIENCE_MS = 120_000 + 200 * Number(count);

let cloud: Cloud;
let recorded: RecordedCall[];

beforeAll(async () => {
  // Silences the CBOR decoder's warnings about large numbers.
  jest.spyOn(console, 'warn').mockImplementation(() => undefined);
  cloud = await startCloud({ JOB_TIMEOUT: '20' });
  const scratch = await createScratch(cloud);
  recorded = await record({ ...dataCalls(scratch), ...serviceCalls(scratch), ...monitoringCalls() });
}, 120_000);

afterAll(async () => {
  await cloud.end();
});

/** Generates rubbish requests, each with one to three mutations of a recorded request. */
function anyRubbish(): fc.Arbitrary<{ name: string; sending: Sending }> {
  const callers = [cloud.output('ApiFunctionName'), cloud.output('WorkerFunctionName'), 'rubbish'];
  const mutations: Mutation[] = [...BODY_MUTATIONS, ...headMutations(callers), ...FRAMING_MUTATIONS];
  return chosenBy((pick) => {
    const call = pick.from(...recorded);
    const draft = draftOf(call);
    const chosen = Array.from({ length: pick.between(1, 3) }, () => pick.from(...mutations));
    const said = chosen.map((mutate) => mutate(draft, pick));
    return { name: `${call.name}: ${said.join('; ')}`, sending: sendingOf(draft) };
  });
}

const collectGarbage = ((): (() => void) => {
  setFlagsFromString('--expose-gc');
  return runInNewContext('gc') as () => void;
})();

function heapUsed(): number {
  collectGarbage();
  return process.memoryUsage().heapUsed;
}

async function expectWorkingCloud(): Promise<void> {
  const { job_id: jobId } = await cloud.api.submit({ payload: { seconds: 0 } });
  expect((await cloud.api.finished(jobId, 30_000)).status).toBe('success');
}

describe('the AWS endpoint', () => {
  it('accepts the SDKs’ unmodified requests', async () => {
    const faults: string[] = [];
    for (const call of recorded) {
      const answer = await exchange(cloud.awsEndpointUrl, sendingOf(draftOf(call)));
      const fault = answer ? faultOf(answer) : 'has no response';
      if (fault !== undefined) faults.push(`${call.name} ${fault}`);
    }
    expect(faults).toEqual([]);
  });

  it(
    'responds to rubbish with well-formed errors, and works afterwards',
    async () => {
      const faults = new Map<string, string>();
      const numRuns = Number(count);
      let heapBefore = 0;
      let sent = 0;
      for (const { name, sending } of fc.sample(anyRubbish(), { seed: Number(seed), numRuns })) {
        const started = performance.now();
        const answer = await exchange(cloud.awsEndpointUrl, sending).catch((error: unknown) => String(error));
        sent += 1;
        if (sent === Math.floor(numRuns / 3)) heapBefore = heapUsed();
        const isConnect = sending.pieces[0]?.toString('latin1', 0, 7) === 'CONNECT';
        const fault =
          answer === undefined
            ? sending.isUnfinished || isConnect
              ? undefined
              : 'has no response'
            : typeof answer === 'string'
              ? answer
              : faultOf(answer);
        const milliseconds = Math.round(performance.now() - started);
        if (fault === undefined) continue;
        const body = typeof answer === 'object' ? answer.body.toString().slice(0, 300) : '';
        const logged =
          /failed in [^]*/
            .exec(cloud.logs.at(-1) ?? '')?.[0]
            .split('\n', 3)
            .join('\n') ?? '';
        faults.set(
          `${fault} ${logged}`,
          `${name.slice(0, 200)}: ${fault} (${milliseconds} ms)\n  ${body}\n  ${logged}`,
        );
      }
      expect([...faults.values()].slice(0, MAX_SHOWN).join('\n')).toBe('');
      expect(heapUsed() - heapBefore).toBeLessThan(MAX_GROWTH);
      await expectWorkingCloud();
    },
    PATIENCE_MS,
  );
});
