import { expect, it } from '@jest/globals';
import { spawnSync } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { PROJECT } from '../../helpers/stack.ts';

/** Runs the program behind `npx errand`. */
function errand(...words: string[]) {
  const { status, stdout, stderr } = spawnSync(
    process.execPath,
    [path.join(PROJECT, 'bin/command-line/errand.js'), ...words],
    { encoding: 'utf8' },
  );
  return { status, stdout, stderr };
}

it('npx errand --version prints the version of the package', async () => {
  const { version } = JSON.parse(await readFile(path.join(PROJECT, 'package.json'), 'utf8')) as {
    version: string;
  };
  expect(errand('--version')).toEqual({ status: 0, stdout: `${version}\n`, stderr: '' });
});

it('npx errand ends with the exit code of the command', () => {
  expect(errand('get')).toMatchObject({
    status: 2,
    stderr: expect.stringContaining("missing required argument 'job_id'") as unknown,
  });
});
