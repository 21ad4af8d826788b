import { beforeAll, describe, expect, it } from '@jest/globals';
import { lstat, mkdir, mkdtemp, readFile, readdir, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import { bundled, jobsFile } from './jobs-file.ts';

let project: string;

/** Writes the files of a user's project, by path. */
async function write(files: Readonly<Record<string, string>>): Promise<void> {
  for (const [file, text] of Object.entries(files)) {
    await mkdir(path.join(project, path.dirname(file)), { recursive: true });
    await writeFile(path.join(project, file), text);
  }
}

function manifest(fields: object): string {
  return JSON.stringify({ version: '1.2.3', main: 'index.js', ...fields });
}

beforeAll(async () => {
  project = await mkdtemp(path.join(tmpdir(), 'errand-project-'));
  await write({
    'node_modules/plain/package.json': manifest({ name: 'plain' }),
    'node_modules/plain/index.js': 'module.exports = () => "plain";',
    'node_modules/@scope/native/package.json': manifest({
      name: '@scope/native',
      optionalDependencies: { '@scope/native-linux-arm64': '1.2.3', '@scope/native-darwin-arm64': '1.2.3' },
    }),
    'node_modules/@scope/native/index.js': 'module.exports = () => __dirname;',
    'node_modules/addon/package.json': manifest({ name: 'addon', gypfile: true }),
    'node_modules/addon/index.js': 'module.exports = require("./build/Release/addon.node");',
    'node_modules/addon/build/Release/addon.node': 'not really machine code',
    'both.ts':
      'import plain from "plain"; import native from "@scope/native"; export const names = [plain(), native()];',
    'addon.ts': 'import addon from "addon"; export { addon };',
    'syntax.ts': 'export const a = 1;\nexport const b = ;\n',
    'missing.ts': 'import "left-pad-of-nobody";\n',
    'text.ts': 'import page from "./page.html"; export { page }; export const stage = process.env.STAGE;',
    'page.html': '<p>Hello</p>',
  });
});

describe('bundleJobs', () => {
  it('puts everything into one ES module with a source map', async () => {
    const folder = await bundled(jobsFile('images'));
    expect((await readdir(folder)).sort()).toEqual(['index.mjs', 'index.mjs.map']);
    const jobs = (await import(pathToFileURL(path.join(folder, 'index.mjs')).href)) as Record<
      string,
      { name: string }
    >;
    expect(jobs.resize?.name).toBe('resize');
  });

  it('omits packages with native parts automatically', async () => {
    const folder = await bundled(path.join(project, 'both.ts'));
    expect(await readdir(path.join(folder, 'node_modules'))).toEqual(['@scope']);
    const { names } = (await import(pathToFileURL(path.join(folder, 'index.mjs')).href)) as {
      names: string[];
    };
    // A bundle for this machine imports the package from the project's `node_modules`, which contains the matching native binaries.
    expect(names).toEqual(['plain', path.join(project, 'node_modules/@scope/native')]);
  });

  it('omits a package whose addon is loaded by its path', async () => {
    const folder = await bundled(path.join(project, 'addon.ts'));
    expect((await lstat(path.join(folder, 'node_modules/addon'))).isSymbolicLink()).toBe(true);
  });

  it('omits the packages in nodeModules and externalModules', async () => {
    const folder = await bundled(path.join(project, 'both.ts'), {
      nodeModules: ['plain'],
      externalModules: ['@scope/native'],
    });
    expect(await readdir(path.join(folder, 'node_modules'))).toEqual(['plain']);
  });

  it('passes loader and define on to esbuild', async () => {
    const folder = await bundled(path.join(project, 'text.ts'), {
      loader: { '.html': 'text' },
      define: { 'process.env.STAGE': '"test"' },
    });
    const bundle = await readFile(path.join(folder, 'index.mjs'), 'utf8');
    expect(bundle).toContain('<p>Hello</p>');
    expect(bundle).toContain('stage = "test"');
  });

  it.each([
    ['a syntax error by file and line', 'syntax.ts', {}, /syntax\.ts:2:17/],
    ['a package that is not installed', 'missing.ts', {}, /Could not resolve "left-pad-of-nobody"/],
    ['a file that is not there', 'nowhere.ts', {}, /nowhere\.ts can't be used:\n {2}it does not exist/],
    [
      'a module to install that the project lacks',
      'both.ts',
      { nodeModules: ['sharp-of-nobody'] },
      /"sharp-of-nobody" is not installed .*: npm install sharp-of-nobody/,
    ],
  ])('refuses %s', async (_, file, bundling, message) => {
    await expect(bundled(path.join(project, file), bundling)).rejects.toThrow(message);
  });
});
