import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { appendFile, chmod, lstat, mkdir, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { ApiClient } from '../helpers/api-client.ts';
import { startService, type ServiceProcess } from '../../tools/service-process.ts';
import { sendForm, type UploadView } from '../helpers/upload.ts';

// Tests that file permissions keep other users of the machine out of a running `npm start`.

let root: string;
let dataDir: string;
const started: ServiceProcess[] = [];

beforeAll(async () => {
  root = await mkdtemp(path.join(os.tmpdir(), 'errand-others-'));
  dataDir = path.join(root, 'data');
});

afterEach(async () => {
  for (const service of started.splice(0)) await service.end('SIGINT');
});

afterAll(async () => {
  await rm(root, { recursive: true, force: true });
});

async function start(): Promise<{ service: ServiceProcess; api: ApiClient }> {
  const service = await startService({ ERRAND_DATA_DIR: dataDir });
  started.push(service);
  return { service, api: new ApiClient(service.url) };
}

/** Returns the paths under the data folder that give other users any permission. */
async function openPaths(): Promise<string[]> {
  const entries = await readdir(dataDir, { recursive: true, withFileTypes: true });
  const open: string[] = [];
  for (const file of ['.', ...entries.map((entry) => path.join(entry.parentPath, entry.name))]) {
    // PostgreSQL may delete its files at any time, so missing files are ignored.
    const found = await lstat(path.resolve(dataDir, file)).catch(() => undefined);
    if (found && !found.isSymbolicLink() && (found.mode & 0o077) !== 0) open.push(file);
  }
  return open;
}

async function bundles(): Promise<string[]> {
  const assembly = path.join(dataDir, 'cdk.out');
  const assets = (await readdir(assembly)).filter((name) => name.startsWith('asset.'));
  return assets.map((asset) => path.join(assembly, asset, 'index.mjs'));
}

describe('other users of the machine', () => {
  it('can read and write nothing in the data folder, not even an upload', async () => {
    const { api } = await start();
    const { body: upload } = await api.call<UploadView>('POST', '/v1/uploads', {});
    expect(await sendForm(upload, new Blob(['secret']))).toMatchObject({ status: 204 });
    const { job_id: id } = await api.submit({ object_id: 'private', payload: { seconds: 0 } });
    await api.finished(id);
    expect(await openPaths()).toEqual([]);
  }, 120_000);

  it('cannot run code through a changed bundle, which is built again', async () => {
    for (const bundle of await bundles()) await appendFile(bundle, '\nthrow new Error("changed");\n');
    const { service, api } = await start();
    expect(service.output()).toContain('stack (synthesized)');
    expect(await api.call('GET', '/health-alive')).toMatchObject({ status: 200 });
  }, 120_000);

  it('cannot run code through a folder that was open to them, which is closed and its code built again', async () => {
    const cache = path.join(dataDir, 'lambda', 'compile-cache');
    await mkdir(cache, { recursive: true });
    await writeFile(path.join(cache, 'planted'), '');
    await chmod(dataDir, 0o755);
    await chmod(path.join(dataDir, 's3'), 0o755);
    const { service } = await start();
    expect(service.output()).toContain('stack (synthesized)');
    expect(await readdir(cache)).not.toContain('planted');
    expect(await openPaths()).toEqual([]);
  }, 120_000);
});
