import { job } from 'errand/jobs';
import fc from 'fast-check';
import * as z from 'zod';
import { chosenBy } from '../helpers/pick.ts';
import { draftOf, sendingOf } from '../faults/rubbish/draft.ts';
import { exchange, type Answer, type Sending } from '../faults/rubbish/exchange.ts';
import { HTTP_MUTATIONS } from '../faults/rubbish/framing-mutations.ts';
import { faultOfRuntime, RUNTIME_CALLS, RUNTIME_MUTATIONS } from '../faults/rubbish/runtime-calls.ts';

// Jobs that call the Runtime API themselves, in addition to the runtime's calls. Any function's code can do this.

const URL = `http://${process.env.AWS_LAMBDA_RUNTIME_API ?? ''}`;

/** Generates rubbish calls, each with one to three mutations of a recorded call. */
const RUBBISH = chosenBy((pick) => {
  const call = pick.from(...RUNTIME_CALLS);
  const draft = draftOf(call);
  const mutations = [...RUNTIME_MUTATIONS, ...HTTP_MUTATIONS];
  const said = Array.from({ length: pick.between(1, 3) }, () => pick.from(...mutations)(draft, pick));
  return { name: `${call.name}: ${said.join('; ')}`, sending: sendingOf(draft) };
});

/** Sends rubbish, and returns the faults in the responses. */
export const rubbish = job('rubbish', {
  payload: z.object({ count: z.int(), seed: z.int() }),
  retry: { attempts: 1 },
  async run({ count, seed }) {
    const faults = new Map<string, string>();
    const sample = fc.sample(RUBBISH, { seed, numRuns: count });
    for (const { name, sending } of sample) {
      const fault = await exchange(URL, sending).then(
        (answer) => faultOfRuntime(sending, answer),
        (error: unknown) => String(error),
      );
      if (fault !== undefined) faults.set(fault, `${name.slice(0, 200)} ${fault}`);
    }
    return { sent: sample.length, faults: [...faults.values()].slice(0, 20) };
  },
});

function call(method: string, path: string, body = ''): Promise<Answer | undefined> {
  const target = `/2018-06-01/runtime${path}`;
  const draft = draftOf({ name: path, method, target, headers: [], body: Buffer.from(body) });
  return exchange(URL, sendingOf(draft) satisfies Sending);
}

async function currentInvocation(): Promise<string> {
  const answer = await call('GET', '/invocation/next');
  return answer?.headers['lambda-runtime-aws-request-id'] ?? '';
}

/** Requests its own invocation twice, and returns both request ids. */
export const asksAgain = job('asks-again', {
  payload: z.object({}),
  retry: { attempts: 1 },
  run: async () => [await currentInvocation(), await currentInvocation()],
});

/** Responds twice to its own invocation, and returns the statuses of both calls. */
export const responds = job('responds', {
  payload: z.object({ kind: z.enum(['response', 'error']), body: z.string(), times: z.int().default(1) }),
  retry: { attempts: 1 },
  async run({ kind, body, times }) {
    const requestId = await currentInvocation();
    const statuses: (number | undefined)[] = [];
    for (let sent = 0; sent < 2; sent += 1)
      statuses.push((await call('POST', `/invocation/${requestId}/${kind}`, body.repeat(times)))?.status);
    return statuses;
  },
});

/** Leaves code running that requests the next invocation until it gets one, as the runtime does. */
export const waitsForNext = job('waits-for-next', {
  payload: z.object({}),
  retry: { attempts: 1 },
  async run() {
    const own = await currentInvocation();
    void (async () => {
      while ((await currentInvocation()) === own);
    })();
    return 'waits';
  },
});
