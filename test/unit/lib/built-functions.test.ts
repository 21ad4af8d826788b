import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { spawnSync } from 'node:child_process';
import { cp, mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { PROJECT } from '../../helpers/stack.ts';

/** A replacement for the checkout's build script. The script counts its runs, and copies `lambdas/sweeper.ts` as the built function. */
const BUILD_SCRIPT = `
  import { appendFileSync, cpSync, mkdirSync } from 'node:fs';
  appendFileSync('runs', 'x');
  mkdirSync(process.argv[2] + '/functions', { recursive: true });
  cpSync('lambdas/sweeper.ts', process.argv[2] + '/functions/sweeper');
`;

let checkout: string;

const write = (file: string, content: string) => writeFile(path.join(checkout, file), content);

/** Reads the built sweeper in a new process, and returns the sweeper's code or the process's error. */
async function builtSweeper(): Promise<{ built: string; stderr: string; folder: string }> {
  const module = path.join(checkout, 'lib/built-functions.ts');
  const script = `const { builtFunction } = await import(${JSON.stringify(module)}); process.stdout.write(builtFunction('sweeper'));`;
  const { stdout, stderr } = spawnSync(process.execPath, ['--input-type=module', '--eval', script], {
    encoding: 'utf8',
  });
  const built = stdout === '' ? '' : await readFile(stdout, 'utf8').catch(() => '');
  return { built, stderr, folder: stdout };
}

const runs = async () => (await readFile(path.join(checkout, 'runs'), 'utf8')).length;

beforeEach(async () => {
  checkout = await mkdtemp(path.join(tmpdir(), 'errand-checkout-'));
  for (const folder of [
    'lib/jobs',
    'lambdas',
    'migrations',
    'tools/build',
    'node_modules',
    'packages/client/src',
    'packages/console/src',
  ])
    await mkdir(path.join(checkout, folder), { recursive: true });
  for (const file of ['built-functions.ts', 'package-root.ts'])
    await cp(path.join(PROJECT, 'lib', file), path.join(checkout, 'lib', file));
  await write('tools/build/functions-of-checkout.ts', BUILD_SCRIPT);
  await write('lambdas/sweeper.ts', 'first');
  await write('packages/console/index.html', '');
  await write('package.json', '{"type":"module"}');
  await write('package-lock.json', '{}');
});

afterEach(() => rm(checkout, { recursive: true, force: true }));

describe('the functions of a checkout', () => {
  it('are built once, and again when a source has changed', async () => {
    expect((await builtSweeper()).built).toBe('first');
    expect((await builtSweeper()).built).toBe('first');
    expect(await runs()).toBe(1);

    await write('lambdas/sweeper.ts', 'second');
    expect((await builtSweeper()).built).toBe('second');
    await write('lambdas/sweeper.ts', 'first');
    expect((await builtSweeper()).built).toBe('first');
    expect(await runs()).toBe(2);
  });

  it('are built again when another version of a package is installed', async () => {
    await builtSweeper();
    await write('package-lock.json', '{"lockfileVersion":3}');
    await builtSweeper();
    expect(await runs()).toBe(2);
  });

  it('occupy at most the space of five builds', async () => {
    for (const source of ['1', '2', '3', '4', '5', '6']) {
      await write('lambdas/sweeper.ts', source);
      await builtSweeper();
    }
    expect(await readdir(path.join(checkout, 'node_modules/.cache/errand/functions'))).toHaveLength(5);
    expect((await builtSweeper()).built).toBe('6');
    expect(await runs()).toBe(6);
  });

  it('are not used from a failed build, whose reason is reported', async () => {
    await write(
      'tools/build/functions-of-checkout.ts',
      `${BUILD_SCRIPT}; throw new Error('a syntax error');`,
    );
    const { stderr } = await builtSweeper();
    expect(stderr).toContain("The Lambda functions can't be built: ");
    expect(stderr).toContain('a syntax error');
    await write('tools/build/functions-of-checkout.ts', BUILD_SCRIPT);
    expect((await builtSweeper()).built).toBe('first');
    expect(await readdir(path.join(checkout, 'node_modules/.cache/errand/functions'))).toHaveLength(1);
  });
});

it('an installed package uses the functions that were built with it', async () => {
  await rm(path.join(checkout, 'tools'), { recursive: true });
  expect((await builtSweeper()).folder).toBe(path.join(checkout, 'dist/functions/sweeper'));
});
