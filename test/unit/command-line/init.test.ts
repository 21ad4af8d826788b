import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { requireNode } from '../../../bin/command-line/init/init-command.ts';
import { packageManagerOf } from '../../../bin/command-line/init/package-manager.ts';
import { runCommand } from '../../../bin/command-line/program.ts';

const FILES = [
  '.gitignore',
  'bin/app.ts',
  'cdk.json',
  'jobs/greet.test.ts',
  'jobs/index.ts',
  'tsconfig.json',
];

let folder: string;

beforeEach(async () => {
  folder = await mkdtemp(path.join(os.tmpdir(), 'errand-init-'));
});

afterEach(async () => {
  await rm(folder, { recursive: true });
});

/** Runs `errand init` in the folder, without installing packages. */
async function init(...words: string[]) {
  const ended = { code: 0, output: '', messages: '' };
  await runCommand(['init', folder, '--no-install', ...words], {
    environment: { npm_config_user_agent: 'pnpm/10.5.2 npm/? node/v24.0.0 linux x64' },
    output: (text) => (ended.output += `${text}\n`),
    messages: { write: (text) => (ended.messages += text) },
    readInput: () => Promise.resolve(''),
    setExitCode: (code) => (ended.code = code),
  });
  return ended;
}

async function files(): Promise<string[]> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  return entries
    .filter((entry) => entry.isFile())
    .map((entry) => path.relative(folder, path.join(entry.parentPath, entry.name)))
    .sort();
}

async function write(name: string, content: string): Promise<void> {
  await mkdir(path.dirname(path.join(folder, name)), { recursive: true });
  await writeFile(path.join(folder, name), content);
}

async function read(name: string): Promise<string> {
  return readFile(path.join(folder, name), 'utf8');
}

describe('errand init', () => {
  it('writes a project into an empty folder, and says what to do next', async () => {
    const { code, output, messages } = await init();
    expect({ code, messages }).toEqual({ code: 0, messages: '' });
    expect(await files()).toEqual([...FILES, 'package.json'].sort());
    expect(JSON.parse(await read('package.json'))).toMatchObject({
      name: path.basename(folder).toLowerCase(),
      private: true,
      type: 'module',
      engines: { node: '>=24' },
      scripts: { dev: 'errand dev', test: 'node --test', synth: 'cdk synth', deploy: 'cdk deploy' },
    });
    expect(output).toContain('package.json.');
    expect(output).toContain('pnpm install');
    expect(output).toContain(`pnpm exec errand submit greet '{"name":"Ada"}' --wait`);
  });

  it('uses compatible versions', async () => {
    await init();
    const errand = JSON.parse(await readFile('package.json', 'utf8')) as {
      version: string;
      devDependencies: Record<string, string>;
      peerDependencies: Record<string, string>;
    };
    expect(JSON.parse(await read('package.json'))).toMatchObject({
      dependencies: {
        errand: `^${errand.version}`,
        'errand-client': `^${errand.version}`,
        zod: errand.devDependencies.zod,
      },
      devDependencies: {
        'errand-local': `^${errand.version}`,
        // The CDK CLI package's tag "latest" points to a different program.
        'aws-cdk': '2.1148.1',
        'aws-cdk-lib': errand.peerDependencies['aws-cdk-lib'],
      },
    });
  });

  it('creates the folder', async () => {
    const { code } = await init();
    expect(code).toBe(0);
    await rm(folder, { recursive: true });
    expect((await init()).code).toBe(0);
    expect(await files()).toContain('jobs/index.ts');
  });

  it('refuses to overwrite files, names all of them, and writes nothing', async () => {
    await write('jobs/index.ts', 'mine');
    await write('.gitignore', 'mine');
    const { code, output, messages } = await init();
    expect({ code, output }).toEqual({ code: 2, output: '' });
    expect(messages).toContain(`${folder} already has jobs/index.ts, .gitignore; nothing was written.`);
    expect(await files()).toEqual(['.gitignore', 'jobs/index.ts']);
  });

  it('keeps existing files with --skip-existing, and writes the others', async () => {
    await write('.gitignore', 'mine');
    const { code } = await init('--skip-existing');
    expect(code).toBe(0);
    expect(await read('.gitignore')).toBe('mine');
    expect(await files()).toEqual([...FILES, 'package.json'].sort());
  });

  it('adds only what is missing to a package.json', async () => {
    const existing = {
      name: 'shop',
      scripts: { test: 'vitest', build: 'tsc -b' },
      dependencies: {
        errand: 'file:../errand-0.1.0.tgz',
        'errand-client': 'file:../errand-client-0.1.0.tgz',
        zod: '^4.5.0',
      },
      devDependencies: { 'errand-local': 'file:../errand-local-0.1.0.tgz', typescript: '^5.9.0' },
      peerDependencies: { 'aws-cdk-lib': '^2.280.0' },
    };
    await write('package.json', JSON.stringify(existing));
    const { output } = await init();
    const packageJson = JSON.parse(await read('package.json')) as Record<string, Record<string, string>>;
    expect(packageJson).toMatchObject({ ...existing, type: 'module' });
    expect(packageJson.dependencies).toEqual(existing.dependencies);
    expect(Object.keys(packageJson.scripts ?? {})).toEqual([
      'test',
      'build',
      'dev',
      'types',
      'synth',
      'deploy',
    ]);
    expect(Object.keys(packageJson.devDependencies ?? {})).toEqual([
      'errand-local',
      'typescript',
      '@types/node',
      'aws-cdk',
      'constructs',
    ]);
    expect(output).toContain('Added to package.json: type module; scripts dev, types, synth, deploy;');
  });

  it('replaces the test script of npm init, which fails', async () => {
    await write(
      'package.json',
      JSON.stringify({ type: 'module', scripts: { test: 'echo "Error: no test specified" && exit 1' } }),
    );
    await init();
    expect(JSON.parse(await read('package.json'))).toMatchObject({ scripts: { test: 'node --test' } });
  });

  it.each([
    ['{"type": "commonjs"}', /"type": "commonjs".*change it to "module"/],
    ['{', /package\.json can't be read/],
    ['[]', /it is not a JSON object/],
  ])('refuses the package.json %s, and writes nothing', async (content, message) => {
    await write('package.json', content);
    const { code, messages } = await init();
    expect(code).toBe(2);
    expect(messages).toMatch(message);
    expect(await files()).toEqual(['package.json']);
    expect(await read('package.json')).toBe(content);
  });

  it('requires the Node of errand dev', () => {
    expect(() => {
      requireNode('22.18.0');
    }).toThrow("Node 22.18.0 can't run `errand dev`: install Node 24 or later");
    requireNode('24.0.0');
    requireNode('26.1.0');
  });
});

describe('the package manager', () => {
  it('is determined by the project’s lockfile', async () => {
    await write('yarn.lock', '');
    expect(packageManagerOf(folder, 'pnpm/10.5.2 npm/?')).toBe('yarn');
  });

  it('is otherwise the one that runs the command, or npm', () => {
    expect(packageManagerOf(folder, 'pnpm/10.5.2 npm/?')).toBe('pnpm');
    expect(packageManagerOf(folder, 'npm/11.4.0 node/v24.0.0')).toBe('npm');
    expect(packageManagerOf(folder, 'bun/1.2.0')).toBe('npm');
    expect(packageManagerOf(folder)).toBe('npm');
  });
});
