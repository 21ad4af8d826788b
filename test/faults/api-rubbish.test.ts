import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { setTimeout as wait } from 'node:timers/promises';
import { createErrand, type Errand } from 'errand-client';
import { startCloud, type Cloud } from '../helpers/cloud.ts';
import { expectHarmless } from '../helpers/harmless.ts';
import { headerFor } from '../helpers/keys.ts';
import { documentedOperations } from '../helpers/openapi.ts';
import { requestOf } from '../helpers/openapi-requests.ts';
import { chosenBy } from '../helpers/pick.ts';
import { API_MUTATIONS, garbled } from './rubbish/api-mutations.ts';
import { draftOf, headerOf, sendingOf, type Draft } from './rubbish/draft.ts';
import { exchange, type Answer } from './rubbish/exchange.ts';
import type { RecordedCall } from './rubbish/recorder.ts';

/**
 * The tests build requests from the OpenAPI document's examples, mutate the requests, and send them to the API.
 *
 * `ERRAND_API_RUBBISH` sets the number of requests without API keys. The tests with API keys send the same number of requests.
 * `ERRAND_API_RUBBISH_SEED` selects other mutations.
 */
const { ERRAND_API_RUBBISH: count = '400', ERRAND_API_RUBBISH_SEED: seed = '20261129' } = process.env;

/** Paths that need no credentials. */
const PUBLIC = /^\/(docs|console|approvals|health-alive)(\/|\?|$)/;

describe.each(['none', 'api-key'])('the API with AUTH=%s', (auth) => {
  let cloud: Cloud;
  let errand: Errand;
  let authorization: string | undefined;
  let calls: RecordedCall[];

  beforeAll(async () => {
    // Some rubbish requests may submit jobs. The short timeout keeps those jobs from delaying the test's last job.
    cloud = await startCloud({
      AUTH: auth,
      JOBS: 'test/jobs-files/steps.ts',
      JOB_TIMEOUT: '5',
      VISIBILITY_TIMEOUT: '10',
    });
    authorization = auth === 'none' ? undefined : (await headerFor(cloud, 'first')).authorization;
    errand = createErrand({
      url: cloud.api.url,
      ...(authorization && { apiKey: authorization.replace('Bearer ', '') }),
    });
    calls = await callsToAll();
  }, 120_000);

  afterAll(async () => {
    await cloud.end();
  });

  /** Submits a job that waits for approval, and returns its unused approval link. */
  async function newLink(): Promise<{ jobId: string; link: string }> {
    const { jobId } = await errand.submit('publish', { question: 'Publish?', timeoutSeconds: 3600 });
    for (;;) {
      const { waiting_for: waits, progress } = await errand.get(jobId);
      if (waits !== null && progress?.note) return { jobId, link: progress.note };
      await wait(50);
    }
  }

  /** Records one request per operation. The requests refer to existing jobs, keys and files. */
  async function callsToAll(): Promise<RecordedCall[]> {
    const { jobId } = await errand.submit('decide', {});
    const { link } = await newLink();
    const key = await cloud.api.call<{ key_id?: string }>(
      'POST',
      '/v1/api-keys',
      { name: 'victim', scopes: ['read'] },
      authorization === undefined ? {} : { authorization },
    );
    const values = {
      job_id: jobId,
      queue: 'default',
      type: 'sleep',
      token: link.split('/').at(-1) ?? '',
      ...(key.body.key_id !== undefined && { key_id: key.body.key_id }),
    };
    return documentedOperations().map((described): RecordedCall => {
      const isSignal = described.path.includes('/signals/');
      const { method, path, body } = requestOf(described, {
        ...values,
        ...(isSignal && { name: 'decision' }),
      });
      return {
        name: described.operation.operationId,
        method,
        target: path,
        headers: [
          ...(authorization === undefined ? [] : [['authorization', authorization] as const]),
          ...(body === undefined ? [] : [['content-type', 'application/json'] as const]),
        ],
        body: Buffer.from(body === undefined ? '' : JSON.stringify(body)),
      };
    });
  }

  /** Sends a request, and fails unless the response is harmless. */
  async function send(name: string, draft: Draft): Promise<Answer | undefined> {
    const sending = sendingOf(draft);
    const answer = await exchange(cloud.api.url, sending).catch((error: unknown) => {
      throw new Error(`${name}: ${String(error)}`);
    });
    if (answer) expectHarmless({ ...answer, body: answer.body.toString() }, name);
    else if (!sending.isUnfinished) throw new Error(`${name} has no response.`);
    return answer;
  }

  it(
    'handles rubbish without harm, refuses requests without a key, and still runs jobs afterwards',
    async () => {
      const rubbish = chosenBy((pick) => {
        const call = pick.from(...calls);
        const draft = draftOf(call);
        const times = pick.between(1, 3);
        const said = Array.from({ length: times }, () => pick.from(...API_MUTATIONS)(draft, pick));
        return { name: `${call.name}: ${said.join('; ')}`, draft };
      });
      for (const { name, draft } of fc.sample(rubbish, { seed: Number(seed), numRuns: Number(count) })) {
        const answer = await send(name, draft);
        const hasKey =
          authorization === undefined || (headerOf(draft, 'authorization') ?? '').includes(authorization);
        if (hasKey || PUBLIC.test(draft.target) || draft.method === 'OPTIONS') continue;
        expect({ name, letIn: answer !== undefined && answer.status < 400 }).toEqual({ name, letIn: false });
      }
      const headers: Record<string, string> = authorization === undefined ? {} : { authorization };
      for (const path of ['/v1/queues/default/resume', '/v1/job-types/sleep/resume'])
        expect((await cloud.api.call('PUT', path, undefined, headers)).status).toBe(200);
      const { jobId } = await errand.submit('sleep', { seconds: 0 }, { priority: 0 });
      expect(await errand.wait(jobId)).toMatchObject({ status: 'success' });
    },
    120_000 + 500 * Number(count),
  );

  it('refuses changed approval links, and links made of two others', async () => {
    const [first, second] = [await newLink(), await newLink()];
    const [token = '', other = ''] = [first.link, second.link].map((each) => each.split('/').at(-1));
    const [bytes, otherBytes] = [token, other].map((each) => Buffer.from(each, 'base64url'));
    if (!bytes || !otherBytes) throw new Error('There are no links.');
    const MAC_BYTES = 32;
    const mixed = Buffer.concat([bytes.subarray(0, -MAC_BYTES), otherBytes.subarray(-MAC_BYTES)]).toString(
      'base64url',
    );
    // Bytes 17 to 22 hold the link's expiry time.
    const later = Buffer.from(bytes).fill(0xff, 17, 23).toString('base64url');
    const changes = chosenBy((pick) => garbled(token, pick));
    const padded = [
      `${token}=`,
      `${token}%3D`,
      token.replaceAll('_', '/'),
      token.toLowerCase(),
      '',
      'A',
      'A'.repeat(9000),
    ];
    const tokens = [mixed, later, ...padded, ...fc.sample(changes, { seed: Number(seed), numRuns: 30 })];
    const working = [token, other];
    for (const each of new Set(tokens.filter((candidate) => !working.includes(candidate)))) {
      for (const [method, query] of [
        ['GET', ''],
        ['POST', '?answer=approve'],
      ] as const) {
        const call = {
          name: 'approval',
          method,
          target: `/approvals/${each}${query}`,
          headers: [],
          body: Buffer.alloc(0),
        };
        const answer = await send(`${method} ${call.target}`, draftOf(call));
        expect({ each, isRefused: [400, 401, 404, 410].includes(answer?.status ?? 0) }).toEqual({
          each,
          isRefused: true,
        });
      }
    }
    for (const { jobId } of [first, second]) expect((await errand.get(jobId)).waiting_for).not.toBeNull();
  });
});
