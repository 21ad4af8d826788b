import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { mkdir, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { freePort } from '../../../../test/helpers/free-port.ts';
import { lambdaUnderTest, type LambdaUnderTest } from './lambda-under-test.ts';

let test: LambdaUnderTest;

beforeAll(async () => {
  test = await lambdaUnderTest();
});

afterAll(() => test.end());

/** Returns the source of a handler that writes a log line when it starts, waits for a file, and then returns a word. */
const waiting = (word: string, goOn: string): string => `
import { existsSync } from 'node:fs';
import { setTimeout as wait } from 'node:timers/promises';
export const handler = async () => {
  console.log('runs ${word}');
  while (!existsSync(${JSON.stringify(goOn)})) await wait(5);
  return '${word}';
};`;

const saying = (word: string): string => `export const handler = async () => '${word}';`;

/** Replaces a function's code. */
async function update(name: string, source: string, folder: string): Promise<{ drained: Promise<void> }> {
  const codeDir = path.join(test.dir, folder);
  await mkdir(codeDir);
  await writeFile(path.join(codeDir, 'index.mjs'), source);
  return { drained: test.lambda.updateFunction({ ...test.lambda.configuration(name), codeDir }) };
}

describe('a function whose code is replaced', () => {
  it('runs new invocations with the new code, and lets current ones finish with the old code', async () => {
    const goOn = path.join(test.dir, 'go-on');
    const name = await test.define(waiting('old', goOn));
    const before = test.call(name);
    await test.logged('runs old');
    const { drained } = await update(name, saying('new'), 'replaced-1');
    expect(await test.call(name)).toEqual({ value: 'new' });
    await writeFile(goOn, '');
    expect(await before).toEqual({ value: 'old' });
    await drained;
    expect(test.lambda.sandboxes().filter((each) => each.function === name)).toHaveLength(1);
  });

  it('does not use idle sandboxes with the old code', async () => {
    const name = await test.define(saying('old'));
    await test.call(name);
    await (
      await update(name, saying('new'), 'replaced-2')
    ).drained;
    expect(await test.call(name)).toEqual({ value: 'new' });
  });

  it('does not fail invocations that are waiting for a sandbox with the old code', async () => {
    const name = await test.define(saying('old'));
    const called = test.call(name);
    await update(name, saying('new'), 'replaced-3');
    expect(await called).toEqual({ value: 'new' });
  });

  it('starts a sandbox before the next invocation, if the function was in use', async () => {
    const name = await test.define(saying('old'));
    await test.call(name);
    await update(name, `console.log('warm and ready'); ${saying('new')}`, 'replaced-5');
    await test.logged('warm and ready');
  });

  it('is unchanged if the new code lacks its handler', async () => {
    const name = await test.define(saying('old'));
    const configuration = { ...test.lambda.configuration(name), codeDir: path.join(test.dir, 'nowhere') };
    expect(() => test.lambda.updateFunction(configuration)).toThrow(`Lambda function ${name}: no bundle`);
    expect(await test.call(name)).toEqual({ value: 'old' });
  });
});

describe('a function with a debugger', () => {
  it('keeps one sandbox, which listens on the debug port and ignores the timeout', async () => {
    const inspectPort = await freePort();
    const name = await test.define(
      `export const handler = async () => { await new Promise((done) => setTimeout(done, 1200)); return process.pid; };`,
      { inspectPort, timeoutSeconds: 1 },
    );
    const first = await test.call(name);
    const listed = (await (await fetch(`http://127.0.0.1:${inspectPort}/json/list`)).json()) as unknown[];
    expect(listed).toHaveLength(1);
    expect(await test.call(name)).toEqual(first);
  });

  it('runs the new code on the same port', async () => {
    const inspectPort = await freePort();
    const name = await test.define(saying('old'), { inspectPort });
    expect(await test.call(name)).toEqual({ value: 'old' });
    await update(name, saying('new'), 'replaced-4');
    expect(await test.call(name)).toEqual({ value: 'new' });
    expect((await fetch(`http://127.0.0.1:${inspectPort}/json/version`)).status).toBe(200);
  });
});

describe('a function that logs JSON', () => {
  it('drops lines below its log level, which is INFO by default', async () => {
    const source = `export const handler = async () => { console.debug('detail of the level'); console.info('last of the level'); };`;
    const quiet = await test.define(source, { logFormat: 'JSON' });
    await test.call(quiet);
    await test.logged('last of the level');
    const detailed = await test.define(source, { logFormat: 'JSON', logLevel: 'DEBUG' });
    await test.call(detailed);
    expect(await test.logged('detail of the level')).toContain('"level":"DEBUG"');
  });
});
