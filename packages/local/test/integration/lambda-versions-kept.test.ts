import {
  DeleteFunctionCommand,
  ListVersionsByFunctionCommand,
  type ListVersionsByFunctionCommandInput,
} from '@aws-sdk/client-lambda';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { existsSync } from 'node:fs';
import { chmod, mkdir, readdir, readFile, rm, stat, symlink, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { freePort } from '../../../../test/helpers/free-port.ts';
import { saying, versionsUnderTest, type VersionsUnderTest } from './lambda-versions-under-test.ts';

let test: VersionsUnderTest;
let restarted: VersionsUnderTest | undefined;

beforeEach(async () => {
  test = await versionsUnderTest({ endpoints: { aws: 'http://127.0.0.1:4566' } });
});

afterEach(async () => {
  await restarted?.end();
  restarted = undefined;
  await test.end();
});

/** Restarts Lambda in the same folder, with a different URL for the AWS endpoint. */
async function restart(): Promise<VersionsUnderTest> {
  await test.lambda.end();
  restarted = await versionsUnderTest({
    dataDir: test.dataDir,
    endpoints: { aws: 'http://127.0.0.1:45660' },
  });
  return restarted;
}

/**
 * Creates a `worker` function with versions that return `one`, `two` and `three`. `$LATEST` has the same code as the last version.
 */
async function withThreeVersions(): Promise<string> {
  const name = await test.define(saying('one'), { name: 'worker' });
  test.lambda.publishVersion(name);
  for (const word of ['two', 'three']) {
    await test.change(name, saying(word));
    test.lambda.publishVersion(name);
  }
  return name;
}

const remove = (FunctionName: string, Qualifier?: string) =>
  test.client.send(new DeleteFunctionCommand({ FunctionName, Qualifier }));

async function list(
  input: ListVersionsByFunctionCommandInput,
): Promise<{ versions: (string | undefined)[]; next: string | undefined }> {
  const { Versions = [], NextMarker } = await test.client.send(new ListVersionsByFunctionCommand(input));
  return { versions: Versions.map(({ Version }) => Version), next: NextMarker };
}

/** Returns the digests of the stored code. */
const keptCode = (): Promise<string[]> => readdir(path.join(test.dataDir, 'versions', 'code'));

describe('versions after a restart', () => {
  it('run their old code once the function exists again', async () => {
    const name = await withThreeVersions();
    await rm(test.lambda.configuration(name).codeDir, { recursive: true });
    const again = await restart();
    await expect(again.lambda.invoke(`${name}:1`, '{}')).rejects.toThrow(`function:${name}:1`);
    await again.define(saying('four'), { name });
    expect(await again.call(`${name}:1`)).toEqual({ value: 'one' });
    expect(await again.call(`${name}:3`)).toEqual({ value: 'three' });
    expect(await again.call(name)).toEqual({ value: 'four' });
    expect(again.lambda.publishVersion(name)).toBe('4');
  });

  it('get the new run’s URLs, and count as unchanged', async () => {
    const source = `export const handler = () => [process.env.AWS_ENDPOINT_URL, process.env.QUEUE_URL, process.env.OTHER];`;
    const environmentOn = (url: string): Record<string, string> => ({
      AWS_ENDPOINT_URL: url,
      QUEUE_URL: `${url}/000000000000/queue`,
      OTHER: 'http://127.0.0.1:45661/',
    });
    const name = await test.define(source, {
      name: 'worker',
      environment: environmentOn('http://127.0.0.1:4566'),
    });
    test.lambda.publishVersion(name);
    const again = await restart();
    await again.define(source, { name, environment: environmentOn('http://127.0.0.1:45660') });
    expect(await again.call(`${name}:1`)).toEqual({
      value: [
        'http://127.0.0.1:45660',
        'http://127.0.0.1:45660/000000000000/queue',
        'http://127.0.0.1:45661/',
      ],
    });
    expect(again.lambda.publishVersion(name)).toBe('1');
  });

  it('never reuse a number', async () => {
    const name = await withThreeVersions();
    await remove(name, '3');
    const second = await restart();
    await second.define(saying('three'), { name });
    expect(second.lambda.publishVersion(name)).toBe('4');
    await second.lambda.deleteFunction(name);
    expect(await keptCode()).toEqual([]);
    await second.end();
    const third = await restart();
    await third.define(saying('three'), { name });
    expect(third.lambda.publishVersion(name)).toBe('5');
  });

  it('with missing code are reported and forgotten', async () => {
    const name = await withThreeVersions();
    const { codeDir } = test.lambda.configuration(`${name}:2`);
    await rm(codeDir, { recursive: true });
    const again = await restart();
    await again.define(saying('three'), { name });
    expect(await again.logged('Lost versions')).toContain('Lost versions 2: ');
    expect(again.lambda.versions(name).map(({ version }) => version)).toEqual(['1', '3']);
  });
});

describe('published code', () => {
  it('is stored once for all versions and functions that share it', async () => {
    for (const name of ['first', 'second']) {
      await test.define(saying('same'), { name });
      test.lambda.publishVersion(name);
    }
    await test.lambda.updateFunction({ ...test.lambda.configuration('first'), timeoutSeconds: 7 });
    expect(test.lambda.publishVersion('first')).toBe('2');
    expect(await keptCode()).toHaveLength(1);
  });

  it('keeps the bundle’s symbolic links and executable bits', async () => {
    const name = await test.define(saying('linked'), { name: 'linked' });
    const { codeDir } = test.lambda.configuration(name);
    await mkdir(path.join(test.dir, 'outside'));
    await mkdir(path.join(codeDir, 'bin'));
    await writeFile(path.join(codeDir, 'bin', 'run'), '');
    await chmod(path.join(codeDir, 'bin', 'run'), 0o755);
    await symlink('../index.mjs', path.join(codeDir, 'bin', 'inside'));
    await symlink('../outside', path.join(codeDir, 'elsewhere'));
    test.lambda.publishVersion(name);
    await rm(codeDir, { recursive: true });
    const { codeDir: copy } = test.lambda.configuration(`${name}:1`);
    expect(await readFile(path.join(copy, 'bin', 'inside'), 'utf8')).toBe(saying('linked'));
    expect((await stat(path.join(copy, 'elsewhere'))).isDirectory()).toBe(true);
    expect((await stat(path.join(copy, 'bin', 'run'))).mode & 0o100).not.toBe(0);
    expect((await stat(path.join(copy, 'index.mjs'))).mode & 0o177).toBe(0);
  });
});

describe('ListVersionsByFunction', () => {
  it('lists the unpublished code and then the versions, in pages', async () => {
    const name = await withThreeVersions();
    expect(await list({ FunctionName: name })).toEqual({
      versions: ['$LATEST', '1', '2', '3'],
      next: undefined,
    });
    const { next, versions } = await list({ FunctionName: name, MaxItems: 3 });
    expect(versions).toEqual(['$LATEST', '1', '2']);
    expect(await list({ FunctionName: name, MaxItems: 3, Marker: next })).toEqual({
      versions: ['3'],
      next: undefined,
    });
  });

  it('returns at most 50 versions per page, as in AWS', async () => {
    const name = await test.define(saying('often'));
    for (let timeoutSeconds = 1; timeoutSeconds <= 55; timeoutSeconds += 1) {
      void test.lambda.updateFunction({ ...test.lambda.configuration(name), timeoutSeconds });
      test.lambda.publishVersion(name);
    }
    const first = await list({ FunctionName: name, MaxItems: 100 });
    expect(first.versions).toHaveLength(50);
    expect((await list({ FunctionName: name, Marker: first.next })).versions).toHaveLength(6);
    await expect(list({ FunctionName: name, MaxItems: 0 })).rejects.toThrow('MaxItems must be 1 to 10000');
    await expect(list({ FunctionName: name, Marker: 'x' })).rejects.toThrow('Marker must be a whole number');
    await expect(list({ FunctionName: 'nobody' })).rejects.toThrow('Function not found');
  });
});

describe('DeleteFunction', () => {
  it('deletes a version and its code, and keeps the others', async () => {
    const name = await withThreeVersions();
    await remove(name, '1');
    await remove(`${name}:2`);
    expect(await list({ FunctionName: name })).toMatchObject({ versions: ['$LATEST', '3'] });
    await expect(test.lambda.invoke(`${name}:1`, '{}')).rejects.toThrow(`function:${name}:1`);
    expect(await test.call(`${name}:3`)).toEqual({ value: 'three' });
    while ((await keptCode()).length > 1) await new Promise(setImmediate);
    // As in AWS, deleting the version again is not an error.
    await remove(name, '1');
  });

  it('lets a running invocation of the version finish', async () => {
    const goOn = path.join(test.dir, 'go-on');
    const name = await test.define(`
      import { existsSync } from 'node:fs';
      import { setTimeout as wait } from 'node:timers/promises';
      export const handler = async () => {
        console.log('runs on');
        while (!existsSync(${JSON.stringify(goOn)})) await wait(5);
        return 'finished';
      };`);
    test.lambda.publishVersion(name);
    const run = test.call(`${name}:1`);
    await test.logged('runs on');
    await remove(name, '1');
    expect(test.lambda.sandboxes()).toMatchObject([{ version: '1', state: 'busy' }]);
    expect(await keptCode()).toHaveLength(1);
    await writeFile(goOn, '');
    expect(await run).toEqual({ value: 'finished' });
    while (test.lambda.sandboxes().length > 0) await new Promise(setImmediate);
    while ((await keptCode()).length > 0) await new Promise(setImmediate);
  });

  it('refuses to delete a version with an alias, the unpublished code, an alias, or a whole function', async () => {
    const name = await withThreeVersions();
    test.lambda.setAlias(name, 'live', '2');
    const refusals: [string | undefined, string, string][] = [
      [
        '2',
        'ResourceConflictException',
        'Unable to delete version because the following aliases reference it: [live]',
      ],
      ['$LATEST', 'InvalidParameterValueException', '$LATEST version cannot be deleted without'],
      ['live', 'InvalidParameterValueException', 'Deletion of aliases is not currently supported.'],
      [undefined, 'InvalidParameterValueException', 'deletes only versions, not functions'],
    ];
    for (const [qualifier, error, message] of refusals)
      await expect(remove(name, qualifier)).rejects.toMatchObject({
        name: error,
        message: expect.stringContaining(message),
      });
    await expect(remove('nobody', '1')).rejects.toMatchObject({ name: 'ResourceNotFoundException' });
    expect(await list({ FunctionName: name })).toMatchObject({ versions: ['$LATEST', '1', '2', '3'] });
  });
});

describe('a debugger', () => {
  it('attaches to the last published version', async () => {
    const inspectPort = await freePort();
    const source = `import inspector from 'node:inspector';
      export const handler = (event, { functionVersion }) => [functionVersion, inspector.url() !== undefined];`;
    const name = await test.define(source, { inspectPort });
    expect(await test.call(name)).toEqual({ value: ['$LATEST', true] });
    test.lambda.publishVersion(name);
    expect(await test.call(`${name}:1`)).toEqual({ value: ['1', true] });
    await test.change(name, `${source}\n`);
    test.lambda.publishVersion(name);
    expect(await test.call(`${name}:2`)).toEqual({ value: ['2', true] });
    expect(await test.call(`${name}:1`)).toEqual({ value: ['1', false] });
    expect(await test.call(name)).toEqual({ value: ['$LATEST', false] });
    expect(existsSync(path.join(test.dataDir, 'versions', 'records.json'))).toBe(true);
    expect(await readFile(path.join(test.dataDir, 'versions', 'records.json'), 'utf8')).not.toContain(
      'inspectPort',
    );
  });
});
