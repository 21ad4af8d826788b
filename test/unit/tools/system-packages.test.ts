import { afterEach, describe, expect, it } from '@jest/globals';
import { mkdtemp, readFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { PROJECT } from '../../helpers/stack.ts';
import { needPackages, readSystemPackages } from '../../helpers/system-packages.ts';

const PATH = process.env.PATH;

afterEach(() => {
  process.env.PATH = PATH;
});

describe('the system packages of the tests', () => {
  it('are all listed in docs/testing.md', async () => {
    const page = await readFile(path.join(PROJECT, 'docs/testing.md'), 'utf8');
    const packages = await readSystemPackages();
    expect(packages.length).toBeGreaterThan(0);
    for (const { name } of packages) expect(page).toContain(`\`${name}\``);
  });

  it('are listed in the error if the machine lacks their commands', async () => {
    process.env.PATH = await mkdtemp(path.join(os.tmpdir(), 'errand-empty-'));
    await expect(needPackages('The compiler test', ['g++', 'xz-utils'])).rejects.toThrow(
      'The compiler test needs these Debian packages: g++, xz-utils. Run `sudo apt-get install g++ xz-utils`, or install',
    );
  });

  it('must all be known, or the error names the unknown one', async () => {
    await expect(needPackages('This test', ['git', 'gti'])).rejects.toThrow(
      'test/system-packages.txt does not list gti.',
    );
  });

  it('cause no error if they are installed', async () => {
    await expect(needPackages('This test', ['git'])).resolves.toBeUndefined();
  });
});
