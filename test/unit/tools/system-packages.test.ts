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
  it('are each named in docs/testing.md', async () => {
    const page = await readFile(path.join(PROJECT, 'docs/testing.md'), 'utf8');
    const packages = await readSystemPackages();
    expect(packages.length).toBeGreaterThan(0);
    for (const { name } of packages) expect(page).toContain(`\`${name}\``);
  });

  it('are named by the error of what needs them, if the machine has none of their commands', async () => {
    process.env.PATH = await mkdtemp(path.join(os.tmpdir(), 'errand-empty-'));
    await expect(needPackages('The compiler test', ['g++', 'xz-utils'])).rejects.toThrow(
      'The compiler test needs what Debian has in g++, xz-utils: run `sudo apt-get install g++ xz-utils`, or install',
    );
  });

  it('are all listed, or the error says which one is not', async () => {
    await expect(needPackages('This test', ['git', 'gti'])).rejects.toThrow(
      'test/system-packages.txt does not list gti.',
    );
  });

  it('are no trouble if they are there', async () => {
    await expect(needPackages('This test', ['git'])).resolves.toBeUndefined();
  });
});
