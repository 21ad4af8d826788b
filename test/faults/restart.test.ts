import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { once } from 'node:events';
import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import os from 'node:os';
import path from 'node:path';
import { ApiClient } from '../helpers/api-client.ts';
import { copyClusterTemplate } from '../helpers/cluster-template.ts';
import { processesOf } from '../helpers/processes-of.ts';
import { failedStart, startService, type ServiceProcess } from '../../tools/service-process.ts';

let dataDir: string;

beforeAll(async () => {
  dataDir = await mkdtemp(path.join(os.tmpdir(), 'errand-restart-'));
  await copyClusterTemplate(dataDir);
});

afterAll(async () => {
  await rm(dataDir, { recursive: true, force: true });
});

async function start(
  environment: Record<string, string> = {},
): Promise<{ service: ServiceProcess; api: ApiClient }> {
  const service = await startService({
    ERRAND_DATA_DIR: dataDir,
    JOB_TIMEOUT: '6',
    VISIBILITY_TIMEOUT: '8',
    ...environment,
  });
  return { service, api: new ApiClient(service.url) };
}

const onLinux = process.platform === 'linux' ? it : it.skip;

describe('the service', () => {
  onLinux(
    'loses nothing if all its processes are killed with SIGKILL, and reruns the job that was running',
    async () => {
      const first = await start();
      const done = await first.api.submit({ object_id: 'done', payload: { seconds: 0 } });
      await first.api.finished(done.job_id);
      const running = await first.api.submit({ object_id: 'running', payload: { seconds: 1.5 } });
      const waiting = await first.api.submit({
        object_id: 'waiting',
        payload: { seconds: 0 },
        delay_seconds: 3,
      });
      await first.api.until(running.job_id, ['running']);

      const processes = processesOf(dataDir);
      expect(processes.length).toBeGreaterThan(2);
      await Promise.all([first.service.end('SIGKILL')]);
      for (const pid of processesOf(dataDir)) process.kill(pid, 'SIGKILL');

      const second = await start();
      try {
        expect(await second.api.finished(running.job_id)).toMatchObject({ status: 'success', attempt: 2 });
        expect(await second.api.finished(waiting.job_id)).toMatchObject({ status: 'success', attempt: 1 });
        expect(await second.api.job(done.job_id)).toMatchObject({ status: 'success', attempt: 1 });
        expect(await second.api.attempts(running.job_id)).toMatchObject([
          { outcome: 'lost' },
          { outcome: 'success' },
        ]);
        // The dedup window survives the crash too.
        expect(await second.api.submit({ object_id: 'done' })).toMatchObject({
          job_id: done.job_id,
          deduplicated: true,
        });
      } finally {
        await second.service.end('SIGTERM');
      }
    },
    120_000,
  );

  onLinux(
    'leaves no process behind when it is interrupted in the middle of a job',
    async () => {
      const { service, api } = await start();
      const { job_id: jobId } = await api.submit({ payload: { seconds: 5 } });
      await api.until(jobId, ['running']);
      expect(await service.end('SIGINT')).toMatchObject({ code: 0 });
      expect(processesOf(dataDir)).toEqual([]);
    },
    60_000,
  );
});

describe('a start that cannot succeed prints the reason in one line', () => {
  it('if a port is in use', async () => {
    const other = createServer().listen(0, '127.0.0.1');
    await once(other, 'listening');
    const { port } = other.address() as AddressInfo;
    try {
      const { code, stderr } = await failedStart({ ERRAND_DATA_DIR: dataDir, PORT: String(port) });
      expect(code).toBe(1);
      expect(stderr.trim().split('\n')).toEqual([expect.stringMatching(new RegExp(`${port}.*PORT`))]);
    } finally {
      other.close();
    }
  }, 60_000);

  it('if a setting is invalid', async () => {
    const { code, stderr } = await failedStart({ ERRAND_DATA_DIR: dataDir, JOB_TIMEOUT: '901' });
    expect(code).toBe(1);
    expect(stderr.trim().split('\n')).toEqual([expect.stringMatching(/JOB_TIMEOUT.*901/)]);
  }, 60_000);

  it('if the data folder is damaged', async () => {
    const damaged = await mkdtemp(path.join(os.tmpdir(), 'errand-damaged-'));
    await mkdir(path.join(damaged, 'postgres', 'rubbish'), { recursive: true });
    try {
      const { code, stderr } = await failedStart({ ERRAND_DATA_DIR: damaged });
      expect(code).toBe(1);
      expect(stderr.trim().split('\n')).toEqual([expect.stringContaining(damaged)]);
    } finally {
      await rm(damaged, { recursive: true, force: true });
    }
  }, 60_000);
});
