import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmod, chown, mkdir, mkdtemp, rm, stat, symlink } from 'node:fs/promises';
import { createServer } from 'node:net';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { lockDataFolder } from '../../src/data-folder/lock.ts';
import { closeDataFolder, privateTemporaryFolder } from '../../src/data-folder/private-folder.ts';
import { startEmbeddedCloud } from '../../src/embedded-cloud.ts';

let dataDir: string;

beforeEach(async () => {
  dataDir = await mkdtemp(join(tmpdir(), 'errand-start-'));
});

afterEach(() => rm(dataDir, { recursive: true, force: true }));

describe('a data folder', () => {
  it('is for one process at a time, and the second process’s error names the first', async () => {
    const lock = await lockDataFolder(dataDir);
    await expect(lockDataFolder(dataDir)).rejects.toThrow(
      new RegExp(`^Process ${process.pid} already uses the data folder ${dataDir}; .*ERRAND_DATA_DIR`),
    );
    await lock.end();
  });

  it('is free after its process stops', async () => {
    await (await lockDataFolder(dataDir)).end();
    await (await lockDataFolder(dataDir)).end();
  });

  it('is free after its process is killed', async () => {
    const module = pathToFileURL(join(import.meta.dirname, '../../src/data-folder/lock.ts')).href;
    const source = `const { lockDataFolder } = await import(${JSON.stringify(module)});
      await lockDataFolder(${JSON.stringify(dataDir)}); console.log('locked'); setInterval(() => {}, 1000);`;
    const holder = spawn(process.execPath, ['--input-type=module', '-e', source], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    await once(holder.stdout, 'data');
    await expect(lockDataFolder(dataDir)).rejects.toThrow(`Process ${holder.pid ?? ''} already uses`);

    holder.kill('SIGKILL');
    await once(holder, 'exit');
    await (await lockDataFolder(dataDir)).end();
  });
});

describe('the folders of a startup', () => {
  it('are closed to other users, and an open folder is reported', async () => {
    await chmod(dataDir, 0o755);
    expect(await closeDataFolder(dataDir)).toEqual({ wasOpen: true });
    expect((await stat(dataDir)).mode & 0o777).toBe(0o700);
    expect(await closeDataFolder(dataDir)).toEqual({ wasOpen: false });
    const created = join(dataDir, 'deep', 'data');
    expect(await closeDataFolder(created)).toEqual({ wasOpen: false });
    expect((await stat(created)).mode & 0o777).toBe(0o700);
  });

  it('must not belong to other users, who could open them again', async () => {
    // Only root can change a folder's owner. If another user runs the tests, this test uses `/`, which belongs to root.
    const isRoot = process.getuid?.() === 0;
    if (isRoot) await chown(dataDir, 65_534, 65_534);
    await expect(closeDataFolder(isRoot ? dataDir : '/')).rejects.toThrow(
      /^The data folder \S+ belongs to another user \(id \d+\), .*ERRAND_DATA_DIR/,
    );
  });

  it('need the owner’s permissions, and a failed startup does not damage their data', async () => {
    const store = join(dataDir, 'sqs');
    await mkdir(store);
    await chmod(store, 0o500);
    await expect(closeDataFolder(dataDir)).rejects.toThrow(
      `You may not read and write the folder ${store}: give your user the permissions with "chmod u+rwx ${store}", ` +
        'or set ERRAND_DATA_DIR to another folder.',
    );
    await chmod(store, 0o700);
    await chmod(dataDir, 0o500);
    await expect(closeDataFolder(dataDir)).rejects.toThrow(/^You may not read and write the folder /);
  });

  it('must not include a symbolic link that another user put in place of the socket folder', async () => {
    const folder = await privateTemporaryFolder();
    expect((await stat(folder)).mode & 0o777).toBe(0o700);
    await symlink(folder, join(dataDir, basename(folder)));
    await expect(privateTemporaryFolder(dataDir)).rejects.toThrow(/created by another user .*TMPDIR/);
  });
});

describe('a startup', () => {
  const options = () => ({
    assemblyDir: join(dataDir, 'none'),
    dataDir,
    httpPort: 0,
    awsPort: 0,
    log: () => undefined,
  });

  it.each([
    ['httpPort', /^Port \d+ of 127\.0\.0\.1 is taken: .* PORT /],
    ['awsPort', /^Port \d+ of 127\.0\.0\.1 is taken: .* ERRAND_AWS_PORT /],
  ])('reports a taken %s before it starts anything', async (port, message) => {
    const other = createServer().listen(0, '127.0.0.1');
    await once(other, 'listening');
    const taken = (other.address() as AddressInfo).port;
    const steps: string[] = [];
    const onStep = (step: string) => steps.push(step);
    await expect(startEmbeddedCloud({ ...options(), onStep, [port]: taken })).rejects.toThrow(message);
    expect(steps).toEqual([]);
    other.close();
  });

  it('releases the folder and stops everything that it started, if it fails', async () => {
    await expect(startEmbeddedCloud(options())).rejects.toThrow(/manifest\.json cannot be read/);
    await expect(startEmbeddedCloud(options())).rejects.toThrow(/manifest\.json cannot be read/);
    await (await lockDataFolder(dataDir)).end();
  });

  it('synthesizes the assembly only once it owns the folder and the ports', async () => {
    const lock = await lockDataFolder(dataDir);
    let synthesized = false;
    const assemblyDir = () => {
      synthesized = true;
      return Promise.reject(new Error('the synth failed'));
    };
    await expect(startEmbeddedCloud({ ...options(), assemblyDir })).rejects.toThrow(/already uses/);
    expect(synthesized).toBe(false);
    await lock.end();
    await expect(startEmbeddedCloud({ ...options(), assemblyDir })).rejects.toThrow('the synth failed');
  });
});
