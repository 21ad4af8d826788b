import { afterEach, beforeEach, expect, it } from '@jest/globals';
import { once } from 'node:events';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer, type AddressInfo, type Server, type Socket } from 'node:net';
import os from 'node:os';
import path from 'node:path';
import { runTests } from '../../mutants/run-tests.ts';

/**
 * A replacement for Jest. This program runs as two processes in one group until both are killed. Each process keeps a connection open.
 */
const ENDLESS = `
require('node:net').connect(Number(process.env.PORT), '127.0.0.1');
if (!process.argv.includes('child'))
  require('node:child_process').spawn(process.execPath, [__filename, 'child'], { stdio: 'ignore' });
`;

let folder: string;
let server: Server;

beforeEach(async () => {
  folder = await mkdtemp(path.join(os.tmpdir(), 'errand-test-'));
  await mkdir(path.join(folder, 'node_modules/jest/bin'), { recursive: true });
  await writeFile(path.join(folder, 'node_modules/jest/bin/jest.js'), ENDLESS);
  server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
});

afterEach(async () => {
  server.close();
  await rm(folder, { recursive: true, force: true });
});

it('an interrupted run ends the tests and the processes that they started', async () => {
  const closed: Promise<unknown>[] = [];
  const bothConnected = new Promise<void>((resolve) => {
    server.on('connection', (socket: Socket) => {
      closed.push(once(socket, 'close'));
      socket.on('error', () => undefined).resume();
      if (closed.length === 2) resolve();
    });
  });
  const interruption = new AbortController();
  const run = runTests(folder, ['a.test.ts', 'b.test.ts'], {
    timeoutMs: 600_000,
    environment: { PORT: String((server.address() as AddressInfo).port) },
    signal: interruption.signal,
  });
  await bothConnected;
  interruption.abort(new Error('interrupted'));
  await expect(run).rejects.toThrow('interrupted');
  await Promise.all(closed);
  expect(closed).toHaveLength(2);
});
