import { afterEach, describe, expect, it } from '@jest/globals';
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { startLambda } from '../../src/lambda/lambda.ts';
import { isAlive, lambdaUnderTest } from './lambda-under-test.ts';

const cleanUps: (() => unknown)[] = [];

afterEach(async () => {
  for (const cleanUp of cleanUps.splice(0).reverse()) await cleanUp();
});

async function gone(pid: number): Promise<void> {
  while (isAlive(pid)) await new Promise((resolve) => setTimeout(resolve, 5));
}

/** Starts a separate process that runs Lambda with one busy function. The test can kill this process. */
async function startParent(
  handler: string,
): Promise<{ parent: ChildProcess; dataDir: string; sandbox: number }> {
  const dir = await mkdtemp(path.join(tmpdir(), 'errand-lambda-parent-'));
  cleanUps.push(() => rm(dir, { recursive: true, force: true }));
  const dataDir = path.join(dir, 'data');
  await writeFile(path.join(dir, 'index.mjs'), `export const handler = () => { ${handler} };`);
  const module = path.resolve(import.meta.dirname, '../../src/lambda/lambda.ts');
  const script = `
    const { startLambda } = await import(${JSON.stringify(module)});
    const lambda = await startLambda({ dataDir: ${JSON.stringify(dataDir)}, log: (_, line) => console.log(line) });
    lambda.createFunction({ name: 'busy', codeDir: ${JSON.stringify(dir)}, handler: 'index.handler',
      timeoutSeconds: 60, memorySize: 128, environment: {} });
    await lambda.invoke('busy', '{}');`;
  const parent = spawn(process.execPath, ['--input-type=module', '-e', script], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  cleanUps.push(() => parent.kill('SIGKILL'));
  let output = '';
  for await (const chunk of parent.stdout) {
    output += String(chunk);
    const sandbox = /pid=(\d+)/.exec(output)?.[1];
    if (sandbox !== undefined) return { parent, dataDir, sandbox: Number(sandbox) };
  }
  throw new Error('the parent ended without running its function');
}

describe('sandboxes', () => {
  it('are gone after Lambda stops, even busy ones, and their callers get a response', async () => {
    const test = await lambdaUnderTest();
    const name = await test.define(`export const handler = () => { console.log('spinning'); for (;;); };`);
    const run = test.call(name);
    await test.logged('spinning');
    const pids = test.lambda.sandboxes().map(({ pid }) => pid);
    await test.end();

    expect(pids.filter(isAlive)).toEqual([]);
    expect(await run).toMatchObject({ value: { errorType: 'Runtime.ExitError' } });
  });

  it('are removed when they have been idle for a while', async () => {
    const test = await lambdaUnderTest({ idleTimeoutMs: 20 });
    cleanUps.push(() => test.end());
    const name = await test.define(`export const handler = () => process.pid;`);
    const { value: pid } = await test.call(name);
    await gone(pid as number);
    expect((await test.call(name)).functionError).toBeUndefined();
  });

  it('end together with the processes that they started', async () => {
    const test = await lambdaUnderTest();
    cleanUps.push(() => test.end());
    const name = await test.define(
      `import { spawn } from 'node:child_process';
       export const handler = () => spawn(process.execPath, ['-e', 'setInterval(() => {}, 1000)'], { stdio: 'ignore' }).pid;`,
    );
    const { value: pid } = await test.call(name);
    expect(isAlive(pid as number)).toBe(true);
    await test.lambda.end();
    await gone(pid as number);
  });

  it('end when their parent is killed', async () => {
    const { parent, sandbox } = await startParent(
      `console.log('pid=' + process.pid); return new Promise((resolve) => setTimeout(resolve, 60000));`,
    );
    parent.kill('SIGKILL');
    await gone(sandbox);
  });

  it('in a busy loop outlive a killed parent, until the next startup kills them', async () => {
    const { parent, dataDir, sandbox } = await startParent(`console.log('pid=' + process.pid); for (;;);`);
    parent.kill('SIGKILL');
    await once(parent, 'exit');
    expect(isAlive(sandbox)).toBe(true);

    const next = await startLambda({ dataDir, log: () => undefined });
    cleanUps.push(() => next.end());
    await gone(sandbox);
  });

  it('from an earlier run are left alone if their process ID now belongs to another process', async () => {
    const dataDir = await mkdtemp(path.join(tmpdir(), 'errand-lambda-'));
    const stranger = spawn(process.execPath, ['-e', 'setInterval(() => {}, 1000)'], { detached: true });
    cleanUps.push(
      () => rm(dataDir, { recursive: true, force: true }),
      () => stranger.kill('SIGKILL'),
    );
    await mkdir(path.join(dataDir, 'sandboxes'));
    await writeFile(path.join(dataDir, 'sandboxes', 'errand-sandbox-1'), `99999\n${stranger.pid ?? 0}\n12`);

    const lambda = await startLambda({ dataDir, log: () => undefined });
    await lambda.end();
    expect(isAlive(stranger.pid ?? 0)).toBe(true);
  });

  it('of a live process are left alone', async () => {
    const test = await lambdaUnderTest();
    cleanUps.push(() => test.end());
    const name = await test.define(`export const handler = () => process.pid;`);
    const { value: pid } = await test.call(name);
    const second = await startLambda({ dataDir: path.join(test.dir, 'data'), log: () => undefined });
    await second.end();
    expect(await test.call(name)).toEqual({ value: pid });
  });
});
