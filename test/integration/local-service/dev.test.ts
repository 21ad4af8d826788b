import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { createServer, type Server } from 'node:http';
import { once } from 'node:events';
import { rm } from 'node:fs/promises';
import type { AddressInfo } from 'node:net';
import path from 'node:path';
import { createErrand } from 'errand-client';
import {
  createDevProject,
  MAX_SAVE_SECONDS,
  type DevProcess,
  type DevProject,
} from '../../helpers/dev-project.ts';

const WORD = 'jobs/word.ts';

/** Returns a jobs file with one job. The job returns a word, and it can wait for the test or fail on demand. */
function jobsFile(more = ''): string {
  return `import { job } from 'errand/jobs';
import * as z from 'zod';
import { word } from './word.ts';

export const say = job('say', {
  payload: z.object({ gate: z.string().optional(), fails: z.boolean().optional() }),
  retry: { attempts: 1 },
  async run({ gate, fails }, { log }) {
    log.info('Saying.', { word });
    if (gate !== undefined) await fetch(gate);
    if (fails) throw new TypeError('lost for words');
    return word;
  },
});
${more}`;
}

const FAILING_LINE =
  jobsFile()
    .split('\n')
    .findIndex((line) => line.includes('lost for words')) + 1;

const words = (word: string): string => `export const word = ${JSON.stringify(word)};\n`;

/** Keeps requests open until they are released. */
class Gate {
  readonly #server: Server = createServer((_request, response) => {
    this.#waiting.resolve(() => response.end('{}'));
  });
  #waiting = Promise.withResolvers<() => void>();

  async open(): Promise<string> {
    this.#server.listen(0, '127.0.0.1');
    await once(this.#server, 'listening');
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  /** Resolves when a job is waiting, with a function that lets the job continue. */
  async arrival(): Promise<() => void> {
    const letGo = await this.#waiting.promise;
    this.#waiting = Promise.withResolvers();
    return letGo;
  }

  close(): void {
    this.#server.closeAllConnections();
    this.#server.close();
  }
}

describe('errand dev', () => {
  const gate = new Gate();
  let gateUrl: string;
  let project: DevProject;
  let dev: DevProcess;
  let errand: ReturnType<typeof createErrand>;

  async function result(payload: object = {}, type = 'say'): Promise<unknown> {
    return (await errand.submit(type, payload)).result();
  }

  beforeAll(async () => {
    gateUrl = await gate.open();
    project = await createDevProject();
    await project.write(WORD, words('one'));
    await project.write('jobs/index.ts', jobsFile());
    dev = project.dev();
    const ready = await dev.line(/^Ready in /);
    await dev.line(/^Console: http:\S+\/console$/);
    await dev.line(/^API documentation: http:\S+\/docs$/);
    errand = createErrand({ url: /http:\S+/.exec(ready)?.[0] ?? '' });
  });

  afterAll(async () => {
    await dev.end();
    gate.close();
    await project.remove();
  });

  it('shows a line for each stage of a job, with its handler’s log', async () => {
    const run = await errand.submit('say', {});
    expect(await run.result()).toBe('one');
    const id = run.jobId.slice(-8);
    expect(await dev.line(/accepted/)).toMatch(
      new RegExp(`${id} accepted  say \\(default\\)  id ${run.jobId}$`),
    );
    expect(await dev.line(/started/)).toMatch(new RegExp(`${id} started   say \\(default\\)  attempt 1$`));
    expect(await dev.line(/ log /)).toMatch(new RegExp(`${id} log       Saying. word=one$`));
    expect(await dev.line(/succeeded/)).toMatch(new RegExp(`${id} succeeded say \\(default\\)  in \\d+ ms$`));
    expect(dev.output()).not.toContain('AccessLogs');
    expect(dev.output()).not.toContain('The attempt ended.');
  });

  it('applies a save', async () => {
    const savedAt = performance.now();
    await project.write(WORD, words('two'));
    await dev.line(/^Swapped in /);
    const milliseconds = performance.now() - savedAt;
    expect(await result()).toBe('two');
    expect(milliseconds / 1000).toBeLessThan(MAX_SAVE_SECONDS);
  });

  it('lets a running job finish with the code it started with', async () => {
    const before = await errand.submit('say', { gate: gateUrl });
    const letGo = await gate.arrival();
    await project.replace(WORD, words('three'));
    await dev.line(/^Swapped in /);
    expect(await result()).toBe('three');
    letGo();
    expect(await before.result()).toBe('two');
  });

  it('applies the last of many saves', async () => {
    for (let save = 0; save <= 20; save += 1) {
      const text = words(`save ${save}`);
      await (save % 2 === 0 ? project.write(WORD, text) : project.replace(WORD, text));
      if (save % 7 === 6) await dev.line(/^Swapped in /);
    }
    while ((await result()) !== 'save 20') await dev.line(/^Swapped in /);
  });

  it('shows the project’s line in which an attempt failed', async () => {
    await expect(result({ fails: true })).rejects.toThrow('lost for words');
    expect(await dev.line(/ failed /)).toMatch(/attempt 1 after \d+ ms: TypeError: lost for words$/);
    expect(await dev.line(/at /)).toMatch(new RegExp(`jobs/index.ts:${FAILING_LINE}:\\d+\\)`));
  });

  it.each([
    ['a syntax error', () => project.write(WORD, 'export const word = ;\n'), /jobs\/word\.ts:1:20/],
    [
      'an import that cannot be resolved',
      () => project.write('jobs/index.ts', jobsFile("import './parts/missing.ts';")),
      /jobs\/index\.ts:15:7/,
    ],
    [
      'an error at import',
      () => project.write(WORD, `${words('x')}throw new Error('no');\n`),
      /word\.ts:2:7/,
    ],
    [
      'two jobs with the same name',
      () =>
        project.write(
          'jobs/index.ts',
          jobsFile("export const other = job('say', { payload: z.string(), run() {} });"),
        ),
      /jobs\/index\.ts:15:22/,
    ],
    [
      'a job that runs in a function',
      () =>
        project.write(
          'jobs/index.ts',
          `import { functionJob } from 'errand/jobs';\n${jobsFile("export const other = functionJob('other', { payload: z.object({}) });")}`,
        ),
      /job "other": it runs in a Lambda function that your own CDK app provides: run the app with errand dev --app$/,
    ],
    [
      'a payload that JSON Schema cannot express',
      () =>
        project.write(
          'jobs/index.ts',
          jobsFile(
            "export const other = job('other', { payload: z.map(z.string(), z.string()), run() {} });",
          ),
        ),
      /jobs\/index\.ts:15:22/,
    ],
  ])('keeps the last good code when a save has %s', async (_what, save, place) => {
    await save();
    await dev.line(place);
    await dev.line(/^The last good code keeps running/);
    expect(await result()).toBe('save 20');
    await project.write('jobs/index.ts', jobsFile());
    await project.write(WORD, words('save 20'));
    await dev.line(/is the same as before|^Swapped in /);
  });

  it('applies a missing file as soon as it exists', async () => {
    await project.write('jobs/index.ts', jobsFile("import './parts/missing.ts';"));
    await dev.line(/Could not resolve/);
    await dev.line(/^The last good code keeps running/);
    await project.write('jobs/parts/missing.ts', 'export {};\n');
    await dev.line(/^Swapped in |is the same as before/);
    await project.write('jobs/index.ts', jobsFile());
    await rm(path.join(project.folder, 'jobs/parts'), { recursive: true });
    await dev.line(/^Swapped in |is the same as before/);
  });

  it('deploys a new queue with its defaults, while a job continues', async () => {
    const running = await errand.submit('say', { gate: gateUrl });
    const letGo = await gate.arrival();
    await project.write(
      'jobs/index.ts',
      jobsFile(
        "export const draw = job('draw', { payload: z.object({}), queue: 'images', run: () => 'drawn' });",
      ),
    );
    await dev.line(/^The change affects the stack/);
    expect(await dev.line(/^Queue "images"/)).toContain('it has the default options');
    await dev.line(/^Deployed in \d/);
    expect(await result({}, 'draw')).toBe('drawn');
    letGo();
    expect(await running.result()).toBe('save 20');
  });
});

describe('errand dev without its prerequisites', () => {
  it('explains how to install errand-local', async () => {
    const project = await createDevProject(['aws-cdk-lib', 'constructs', 'zod']);
    await project.write('jobs/index.ts', 'export {};');
    const dev = project.dev();
    expect(await dev.line(/errand-local/)).toMatch(/does not have: npm i -D errand-local$/);
    expect(await dev.exited).toBe(2);
    await project.remove();
  });

  it('explains what to do if the data folder is a file', async () => {
    const project = await createDevProject();
    await project.write('jobs/index.ts', 'export {};');
    await project.write('data', '');
    const dev = project.dev([], { ERRAND_DATA_DIR: 'data' });
    expect(await dev.line(/./)).toMatch(
      /^error: The data folder .*data cannot be used: ENOTDIR.* Delete it to start afresh, or set ERRAND_DATA_DIR to another folder\.$/,
    );
    expect(await dev.exited).toBe(2);
    await project.remove();
  });

  it('names the flag for a jobs file that does not exist', async () => {
    const project = await createDevProject();
    const dev = project.dev(['--jobs', 'jobs/mine.ts']);
    expect(await dev.line(/./)).toMatch(
      /the jobs file jobs\/mine.ts does not exist: name yours with --jobs, or create one with `npx errand init`/,
    );
    expect(await dev.exited).toBe(2);
    await project.remove();
  });
});
