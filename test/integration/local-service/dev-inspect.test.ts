import { afterAll, beforeAll, expect, it } from '@jest/globals';
import path from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { createErrand } from 'errand-client';
import { attachDebugger } from '../../helpers/debugger.ts';
import { createDevProject, type DevProcess, type DevProject } from '../../helpers/dev-project.ts';
import { freePort } from '../../helpers/free-port.ts';

/** The timeout of the job and of its function, in seconds: the debugger holds the job for longer. */
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

it('waits for a save if the jobs file is broken at the start, or the stack refuses it', async () => {
  await dev.line(/jobs\/index\.ts:1:19/);
  await dev.line(/^Nothing runs yet/);
  await project.write('jobs/index.ts', JOBS.replace("'add'", "'sleep'"));
  await dev.line(/job "sleep": there is a built-in job of this name/);
  await dev.line(/^Nothing runs yet/);
  await project.write('jobs/index.ts', JOBS);
  expect(await dev.line(/^Debugger/)).toBe(`Debugger of the queue default: 127.0.0.1:${port}`);
  await dev.line(/^Ready in /);
});

it('lets a debugger stop in the project’s own file, for longer than every timeout', async () => {
  const [url = ''] =
    /http:\S+/.exec(
      dev
        .output()
        .split('\n')
        .findLast((line) => line.startsWith('Ready')) ?? '',
    ) ?? [];
  const attached = await attachDebugger(port);
  const run = await createErrand({ url }).submit('add', { a: 1, b: 2 });
  expect(await attached.paused()).toEqual({
    file: path.join(project.folder, 'jobs/index.ts'),
    line: DEBUGGER_LINE,
  });
  await wait(TIMEOUT_SECONDS * 2_500);
  attached.resume();
  expect(await run.result()).toBe(3);
  attached.detach();
});
