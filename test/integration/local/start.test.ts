import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer } from 'node:net';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { lockDataFolder } from '../../../local/data-folder-lock.ts';
import { startEmbeddedCloud } from '../../../local/embedded-cloud.ts';

let dataDir: string;

beforeEach(async () => {
  dataDir = await mkdtemp(join(tmpdir(), 'errand-start-'));
});

afterEach(() => rm(dataDir, { recursive: true, force: true }));

describe('a data folder', () => {
  it('is for one process at a time, and the second is told of the first', async () => {
    const lock = await lockDataFolder(dataDir);
    await expect(lockDataFolder(dataDir)).rejects.toThrow(
      new RegExp(`^Process ${process.pid} already uses the data folder ${dataDir}; .*ERRAND_DATA_DIR`),
    );
    await lock.end();
  });

  it('is free again after its process has ended it', async () => {
    await (await lockDataFolder(dataDir)).end();
    await (await lockDataFolder(dataDir)).end();
  });

  it('is free again after its process was killed', async () => {
    const module = pathToFileURL(join(import.meta.dirname, '../../../local/data-folder-lock.ts')).href;
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

describe('a start', () => {
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
  ])('whose %s is taken says so before it begins anything', async (port, message) => {
    const other = createServer().listen(0, '127.0.0.1');
    await once(other, 'listening');
    const taken = (other.address() as AddressInfo).port;
    const steps: string[] = [];
    const onStep = (step: string) => steps.push(step);
    await expect(startEmbeddedCloud({ ...options(), onStep, [port]: taken })).rejects.toThrow(message);
    expect(steps).toEqual([]);
    other.close();
  });

  it('that fails lets go of the folder and of everything that it had begun', async () => {
    await expect(startEmbeddedCloud(options())).rejects.toThrow(/manifest\.json cannot be read/);
    await expect(startEmbeddedCloud(options())).rejects.toThrow(/manifest\.json cannot be read/);
    await (await lockDataFolder(dataDir)).end();
  }, 30_000);

  it('makes its assembly only once the folder and the ports are its own', async () => {
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
  }, 30_000);
});
