import { describe, expect, it } from '@jest/globals';
import { execFile } from 'node:child_process';
import { mkdtemp, writeFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';
import { PROJECT } from '../helpers/stack.ts';

// Tests `npm run bench -- --against` end to end. The test creates commits based on HEAD, and stores them in a separate object folder, so that they
// don't change the repository.

/** The test's timeout, in milliseconds. The timeout is long enough for two synths on a machine that also runs other tests. */
const TIMEOUT_MS = 180_000;

describe('npm run bench -- --against', () => {
  it(
    'compares the working tree with a commit without benchmarks',
    async () => {
      const commit = await commitWith({
        remove: ['tools/benchmarks', 'test'],
        write: await padded('lambdas/api/handler.ts', 'lambdas/worker/handler.ts'),
      });
      const { code, output } = await bench(commit, '--only', 'bundles');
      expect(output).toMatch(/^bundle of the api, read at its start \(KB\) .* 0\.\d+ +exact +better$/m);
      expect(output).toMatch(/^bundle of the worker, read at its start \(KB\) .* 0\.\d+ +exact +better$/m);
      expect(output).toContain('\nVerdict: 2 better\n');
      expect(code).toBe(0);
    },
    TIMEOUT_MS,
  );

  it(
    'reports a version that does not build, and why',
    async () => {
      const commit = await commitWith({
        write: { 'bin/errand.ts': "throw new Error('This version is broken.');\n" },
      });
      const { code, output } = await bench(commit, '--only', 'bundles');
      expect(code).toBe(1);
      expect(output).toMatch(
        /Not measured: bundles, [0-9a-f]+: The stack cannot be synthesized: Error: This version is broken\./,
      );
      expect(output).toContain('Verdict: 1 not measured');
    },
    TIMEOUT_MS,
  );

  it('refuses a commit that does not exist', async () => {
    const { code, errors } = await bench('no-such-branch', '--only', 'bundles');
    expect(code).toBe(2);
    expect(errors).toMatch(
      /^--against: git does not know the commit "no-such-branch"\. Use a hash, .* \(fatal: .*\)$/m,
    );
  });
});

/** Returns the files' contents in HEAD, each with an additional 100 KB that a bundler must keep. */
async function padded(...files: string[]): Promise<Record<string, string>> {
  const padding = `console.debug(${JSON.stringify('x'.repeat(100_000))});\n`;
  const texts = files.map(async (file) => [file, `${await git('show', `HEAD:${file}`)}\n${padding}`]);
  return Object.fromEntries(await Promise.all(texts)) as Record<string, string>;
}

interface Change {
  readonly write: Readonly<Record<string, string>>;
  readonly remove?: readonly string[];
}

let objects: string | undefined;

/** Returns the environment variables that make Git write new objects to a separate folder, but also read the repository's objects. */
async function gitEnvironment(): Promise<NodeJS.ProcessEnv> {
  objects ??= await mkdtemp(path.join(os.tmpdir(), 'errand-objects-'));
  const { stdout } = await promisify(execFile)(
    'git',
    ['rev-parse', '--path-format=absolute', '--git-common-dir'],
    {
      cwd: PROJECT,
    },
  );
  return {
    ...process.env,
    GIT_OBJECT_DIRECTORY: objects,
    GIT_ALTERNATE_OBJECT_DIRECTORIES: path.join(stdout.trim(), 'objects'),
    GIT_INDEX_FILE: path.join(objects, 'index'),
    GIT_AUTHOR_NAME: 'test',
    GIT_AUTHOR_EMAIL: 'test@example.com',
    GIT_COMMITTER_NAME: 'test',
    GIT_COMMITTER_EMAIL: 'test@example.com',
  };
}

async function git(...words: string[]): Promise<string> {
  const { stdout } = await promisify(execFile)('git', words, { cwd: PROJECT, env: await gitEnvironment() });
  return stdout.trim();
}

/** Creates a commit that changes HEAD's files. The commit does not belong to any branch. */
async function commitWith({ write, remove = [] }: Change): Promise<string> {
  await git('read-tree', 'HEAD');
  for (const folder of remove) await git('rm', '-r', '-q', '--cached', folder);
  for (const [file, text] of Object.entries(write)) {
    const source = path.join((await gitEnvironment()).GIT_OBJECT_DIRECTORY ?? '', 'source');
    await writeFile(source, text);
    const blob = await git('hash-object', '-w', source);
    await git('update-index', '--cacheinfo', `100644,${blob},${file}`);
  }
  return git('commit-tree', await git('write-tree'), '-p', 'HEAD', '-m', 'Another version');
}

async function bench(commit: string, ...words: string[]) {
  const env = await gitEnvironment();
  delete env.GIT_INDEX_FILE;
  try {
    const args = [
      '-C',
      'errand-source',
      'tools/benchmarks/main.ts',
      '--against',
      commit,
      '--quick',
      ...words,
    ];
    const { stdout, stderr } = await promisify(execFile)(process.execPath, args, { cwd: PROJECT, env });
    return { code: 0, output: stdout, errors: stderr };
  } catch (error) {
    const { code, stdout, stderr } = error as { code: number; stdout: string; stderr: string };
    return { code, output: stdout, errors: stderr };
  }
}
