import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { mkdir, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { lambdaUnderTest, type LambdaUnderTest } from './lambda-under-test.ts';

let test: LambdaUnderTest;

/** Writes files into a folder. `files` maps paths to contents. */
async function write(folder: string, files: Record<string, string>): Promise<void> {
  for (const [name, content] of Object.entries(files)) {
    const file = path.join(folder, name);
    await mkdir(path.dirname(file), { recursive: true });
    await writeFile(file, content);
  }
}

describe('the runtime’s AWS SDK', () => {
  beforeAll(async () => {
    test = await lambdaUnderTest();
  });
  afterAll(() => test.end());

  it.each([
    [
      'an ES module',
      `import { S3Client } from '@aws-sdk/client-s3'; export const handler = () => S3Client.name;`,
      'index.mjs',
    ],
    [
      'a CommonJS module',
      `const { S3Client } = require('@aws-sdk/client-s3'); exports.handler = async () => S3Client.name;`,
      'index.cjs',
    ],
    [
      'a dynamic import',
      `export const handler = async () => (await import('@smithy/types')).HttpAuthLocation.HEADER;`,
      'index.mjs',
    ],
  ])('is found by %s that does not bundle it', async (_name, source, file) => {
    const name = await test.define(source, { file });
    expect(await test.call(name)).toEqual({
      value: file === 'index.cjs' || source.includes('S3Client') ? 'S3Client' : 'header',
    });
  });

  it('is the bundle’s version, if the bundle has one', async () => {
    const name = await test.define(
      `export { VERSION } from '@aws-sdk/client-s3'; import { VERSION } from '@aws-sdk/client-s3'; export const handler = () => VERSION;`,
    );
    await write(path.join(test.dir, name, 'node_modules/@aws-sdk/client-s3'), {
      'package.json': '{"type":"module","exports":"./index.js"}',
      'index.js': `export const VERSION = 'of the bundle';`,
    });
    expect(await test.call(name)).toEqual({ value: 'of the bundle' });
  });
});

describe('a package that is not installed on this machine', () => {
  beforeAll(async () => {
    test = await lambdaUnderTest({ sdkFolders: [] });
  });
  afterAll(() => test.end());

  it.each([
    ['index.mjs', `import '@aws-sdk/client-s3/x'; export const handler = () => 1;`],
    ['index.cjs', `require('@aws-sdk/client-s3/x'); exports.handler = async () => 1;`],
  ])('fails the function, and the error shows the command that installs it: %s', async (file, source) => {
    const name = await test.define(source, { file });
    expect(await test.call(name)).toMatchObject({
      functionError: 'Unhandled',
      value: {
        errorType: 'Runtime.ImportModuleError',
        errorMessage: expect.stringContaining(
          "Lambda's runtime includes the package, and this machine does not have it. Install it in your project: " +
            'npm install --save-dev @aws-sdk/client-s3',
        ),
      },
    });
  });
});

describe('a function’s layers', () => {
  let layersDir: string;

  beforeAll(async () => {
    test = await lambdaUnderTest();
    layersDir = path.join(test.dir, 'opt');
    await write(layersDir, {
      'nodejs/node_modules/paint/package.json':
        '{"exports":{"import":"./index.mjs","require":"./index.cjs"}}',
      'nodejs/node_modules/paint/index.mjs': `export const color = 'red';`,
      'nodejs/node_modules/paint/index.cjs': `exports.color = 'red';`,
      'bin/hello': '#!/bin/sh\necho hello',
    });
  });
  afterAll(() => test.end());

  it.each([
    ['index.mjs', `import { color } from 'paint'; export const handler = () => color;`],
    ['index.cjs', `const { color } = require('paint'); exports.handler = async () => color;`],
  ])('provide packages: %s', async (file, source) => {
    const name = await test.define(source, { file, layersDir });
    expect(await test.call(name)).toEqual({ value: 'red' });
  });

  it('provide executables and libraries on the function’s paths', async () => {
    const source = `export const handler = () => [process.env.PATH.split(':')[0], process.env.LD_LIBRARY_PATH];`;
    const name = await test.define(source, { layersDir });
    expect(await test.call(name)).toEqual({
      value: [path.join(layersDir, 'bin'), path.join(layersDir, 'lib')],
    });
  });

  it('are not found by a function without layers', async () => {
    const name = await test.define(`import 'paint'; export const handler = () => 1;`);
    expect(await test.call(name)).toMatchObject({ value: { errorType: 'Runtime.ImportModuleError' } });
  });
});
