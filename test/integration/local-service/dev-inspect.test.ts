import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { once } from 'node:events';
import { createServer } from 'node:net';
import path from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { createErrand } from 'errand-client';
import { attachDebugger } from '../../helpers/debugger.ts';
import { createDevProject, type DevProcess, type DevProject } from '../../helpers/dev-project.ts';
import { freePort } from '../../helpers/free-port.ts';

/** The timeout of the job and its function, in seconds. The debugger pauses the job for longer than the timeout. */
const TIMEOUT_SECONDS = 1;

const JOBS = `import { job } from 'errand/jobs';
import * as z from 'zod';

export const add = job('add', {
  payload: z.object({ a: z.number(), b: z.number() }),
  timeoutSeconds: ${TIMEOUT_SECONDS},
  async run({ a, b }) {
    debugger;
    return a + b;
  },
});
`;

/** A job in a second queue. The queue's debugger port is already in use. */
const DRAW = `
export const draw = job('draw', { payload: z.object({}), queue: 'images', run: () => 'drawn' });
`;

const DEBUGGER_LINE = JOBS.split('\n').findIndex((line) => line.includes('debugger')) + 1;

let project: DevProject;
let dev: DevProcess;
let port: number;

beforeAll(async () => {
  port = await freePort();
  project = await createDevProject();
  await project.write('jobs/index.ts', 'export const add = ;\n');
  dev = project.dev(['--inspect', String(port)], { JOB_TIMEOUT: String(TIMEOUT_SECONDS) });
});

afterAll(async () => {
  await dev.end();
  await project.remove();
});

it('errand dev --inspect waits for a save if the jobs file is broken at the start, or the stack refuses it', async () => {
  await dev.line(/jobs\/index\.ts:1:19/);
  await dev.line(/^Nothing runs yet/);
  await project.write('jobs/index.ts', JOBS.replace("'add'", "'sleep'"));
  await dev.line(/job "sleep": a built-in job has this name/);
  await dev.line(/^Nothing runs yet/);
  await project.write('jobs/index.ts', JOBS);
  expect(await dev.line(/^Debugger/)).toBe(`Debugger for the default queue: 127.0.0.1:${port}`);
  await dev.line(/^Ready in /);
});

it('errand dev --inspect lets a debugger stop in the project’s own file, for longer than every timeout', async () => {
  const attached = await attachDebugger(port);
  const run = await errandOf(dev).submit('add', { a: 1, b: 2 });
  expect(await attached.paused()).toEqual({
    file: path.join(project.folder, 'jobs/index.ts'),
    line: DEBUGGER_LINE,
  });
  await wait(TIMEOUT_SECONDS * 2_500);
  attached.resume();
  expect(await run.result()).toBe(3);
  attached.detach();
});

it('errand dev --inspect reports a queue without a debugger if its port is taken, and still runs the queue’s jobs', async () => {
  const other = createServer()
    .listen(port + 1, '127.0.0.1')
    .unref();
  // If listening fails, another process already uses the port, so the test works anyway.
  await once(other, 'listening').catch(() => undefined);
  await project.write('jobs/index.ts', JOBS + DRAW);
  await dev.line(/^Deployed in /);
  expect(await (await errandOf(dev).submit('draw', {})).result()).toBe('drawn');
  const said = `port ${port + 1} of the images queue can't be used (address already in use): the queue's jobs run without a debugger`;
  // The message about the port may be printed before or after the job returns its result.
  while (!dev.output().includes(said)) await dev.line(/./);
  expect(dev.output()).toContain(said);
  other.close();
});

/** Returns a client for the API at the URL that `errand dev` printed. */
function errandOf(running: DevProcess): ReturnType<typeof createErrand> {
  const ready = running
    .output()
    .split('\n')
    .findLast((line) => line.startsWith('Ready'));
  return createErrand({ url: /http:\S+/.exec(ready ?? '')?.[0] ?? '' });
}
