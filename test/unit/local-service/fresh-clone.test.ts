import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { spawnSync } from 'node:child_process';
import { cp, mkdtemp, rm } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { PROJECT } from '../../helpers/stack.ts';

// A clone in which `npm ci` has not run.

let clone: string;

beforeAll(async () => {
  clone = await mkdtemp(path.join(os.tmpdir(), 'errand-clone-'));
  for (const name of ['package.json', '.npmrc', 'bin']) {
    await cp(path.join(PROJECT, name), path.join(clone, name), { recursive: true });
  }
});

afterAll(async () => {
  await rm(clone, { recursive: true, force: true });
});

function run(program: string, ...words: string[]) {
  const { status, stderr } = spawnSync(program, words, {
    cwd: clone,
    env: { PATH: process.env.PATH, npm_config_update_notifier: 'false' },
    encoding: 'utf8',
  });
  return { status, stderr };
}

it('npm start says to run npm ci first', () => {
  expect(run('npm', 'start')).toEqual({
    status: 1,
    stderr: 'The packages are not installed: run "npm ci" first.\n',
  });
});

it('errand says to run npm ci first', () => {
  expect(run(process.execPath, 'bin/command-line/errand.js', 'list')).toEqual({
    status: 2,
    stderr: 'error: the packages of this checkout are not installed: run "npm ci" first\n',
  });
});
