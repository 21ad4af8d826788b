import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { ApiClient } from '../helpers/api-client.ts';
import { startCloud, type Cloud } from '../helpers/cloud.ts';
import { headerFor } from '../helpers/keys.ts';
import { startReceiver, type Receiver } from '../helpers/webhook-receiver.ts';
import { API_KEY_PATHS } from './deaths/api-key-paths.ts';
import { Ends } from './deaths/audit.ts';
import type { Scene } from './deaths/path.ts';
import { casesOf, countsOf, perform, recordCalls } from './deaths/walk.ts';

// Tests crashes during changes to API keys. The tests work like those in deaths.test.ts, but the deployment uses API keys.

let cloud: Cloud;
let receiver: Receiver;
let scene: Scene;

beforeAll(async () => {
  receiver = await startReceiver((_request, response) => {
    response.end();
  });
  const started = await startCloud({ AUTH: 'api-key' }, { faults: true });
  const { authorization } = await headerFor(started, 'default');
  const api = new ApiClient(started.api.url, (request) => {
    request.headers.set('authorization', authorization);
    return fetch(request);
  });
  cloud = { ...started, api };
  scene = { cloud, receiver, ends: new Ends(cloud) };
}, 120_000);

afterAll(async () => {
  await cloud.end();
  await receiver.end();
});

describe('the list of AWS calls at which a process can die', () => {
  it.each(API_KEY_PATHS.map((path) => [path.title, path] as const))(
    'is complete for %s',
    async (_title, path) => {
      expect(await recordCalls(scene, path)).toEqual(countsOf(path));
    },
  );
});

describe('nothing is lost, and no wrong caller gets access, after', () => {
  const cases = API_KEY_PATHS.flatMap(casesOf).map((each) => [each.title, each] as const);

  it.each(cases)(
    '%s',
    async (_title, each) => {
      await perform(scene, each);
    },
    60_000,
  );
});
