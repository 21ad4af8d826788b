import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { chmod, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { once } from 'node:events';
import { connect, createServer, type AddressInfo, type Socket } from 'node:net';
import os from 'node:os';
import path from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import type { Snapshot } from '../../../bin/command-line/top/snapshot.ts';
import { startCloud, type Cloud } from '../../helpers/cloud.ts';
import { commandEnvironment } from '../../helpers/command-environment.ts';
import { commandsFor } from '../../helpers/errand-command.ts';
import { runInTerminal, type PseudoTerminal } from '../../helpers/pseudo-terminal.ts';

const MAIN = path.resolve(import.meta.dirname, '../../../bin/command-line/main.ts');

interface Proxy {
  readonly port: number;
  readonly close: () => void;
}

/** These tests run only on Linux. Other systems have a different `script` command and a different program for opening the browser. */
const describeOnLinux = process.platform === 'linux' ? describe : describe.skip;

let cloud: Cloud;
const { errand } = commandsFor(() => cloud.api.url);

beforeAll(async () => {
  // The settings are the same as in documents.test.ts, so that the files share one assembly.
  cloud = await startCloud({ JOB_TIMEOUT: '20', JOB_PREFETCH: '4', WEBHOOK_ALLOWED_HOSTS: 'example.com' });
}, 120_000);

afterAll(async () => {
  await cloud.end();
});

async function failOne(): Promise<void> {
  const { job_id: jobId } = await cloud.api.submit({
    payload: { seconds: 9 },
    timeout_seconds: 1,
    max_attempts: 1,
  });
  expect(await cloud.api.finished(jobId)).toMatchObject({ status: 'failed' });
}

describe('errand top --once', () => {
  it('prints the queues, a running job and a failed one, and exits', async () => {
    await failOne();
    const { job_id: jobId } = await cloud.api.submit({ payload: { seconds: 15 } });
    while ((await cloud.api.errand.get(jobId)).status !== 'running') await wait(20);
    const { code, output, messages } = await errand(['top', '--once']);
    expect({ code, messages }).toEqual({ code: 0, messages: '' });
    expect(output).toMatch(/^errand top {2}http:\S+ {2}\d\d:\d\d:\d\d\n\nQueues 1\nQUEUE +WAITING/);
    expect(output).toMatch(/^default +0 +0 +1 +0 +0\.\d +0 +-/m);
    expect(output).toMatch(new RegExp(String.raw`^${jobId} +sleep +default +1/\d+ +\d+ s`, 'm'));
    expect(output).toMatch(/^Failed 1 in the last 60 minutes\n.*\n +1 +sleep +\d+ s ago +\S/m);
    expect(output).not.toContain('\u001b');

    const { output: json } = await errand(['--json', 'top']);
    const snapshot = JSON.parse(json) as Snapshot;
    expect(snapshot.running.map(({ job_id: id }) => id)).toEqual([jobId]);
    expect(snapshot.failed).toHaveLength(1);
    await cloud.api.errand.cancel(jobId);
  });

  it('names an option with an invalid value, and an unreachable API', async () => {
    expect((await errand(['top', '--every', '0.5s'])).messages).toMatch(/--every.*90s, 30m, 24h or 7d/);
    expect((await errand(['top', '--every', '0'])).messages).toMatch(/--every.*between 1s and 1h/);
    expect(await errand(['--url', 'http://127.0.0.1:1', 'top', '--once'])).toMatchObject({
      code: 2,
      messages: expect.stringContaining('got no response') as unknown,
    });
  });
});

describeOnLinux('errand top in a terminal', () => {
  let proxy: Proxy | undefined;
  let terminal: PseudoTerminal | undefined;

  afterEach(async () => {
    terminal?.kill('SIGKILL');
    await terminal?.ended;
    proxy?.close();
  });

  /** Starts a proxy for the API. By stopping the proxy, a test can make the API unreachable. */
  async function listen(port = 0): Promise<Proxy> {
    const { hostname, port: apiPort } = new URL(cloud.api.url);
    const sockets = new Set<Socket>();
    const server = createServer((socket) => {
      const upstream = connect(Number(apiPort), hostname);
      socket.pipe(upstream).pipe(socket);
      for (const end of [socket, upstream]) {
        sockets.add(end);
        end.on('error', () => end.destroy());
      }
    }).listen(port, '127.0.0.1');
    await once(server, 'listening');
    return {
      port: (server.address() as AddressInfo).port,
      close() {
        server.close();
        for (const socket of sockets) socket.destroy();
      },
    };
  }

  function top(url: string, env: Record<string, string> = {}): PseudoTerminal {
    const words = [process.execPath, '-C', 'errand-source', MAIN, '--url', url, 'top', '--every', '1s'];
    const opened = runInTerminal(words, {
      columns: 100,
      rows: 30,
      env: commandEnvironment({ TERM: 'xterm', ...env }),
    });
    return opened;
  }

  /** Returns the last frame drawn in the terminal. */
  function lastFrame(shown: PseudoTerminal): string[] {
    const frames = shown.output().split('␛[H');
    return (frames.at(-1) ?? '').split('\r\n');
  }

  it('draws on the alternate screen, follows the terminal’s size, and restores the terminal after q', async () => {
    terminal = top(cloud.api.url);
    await terminal.shows(/Queues 1[^]*␛\[J/);
    expect(terminal.output()).toContain('␛[?1049h␛[?25l');
    expect(terminal.output()).toContain('␛[1mRunning');
    const before = terminal.output().length;
    terminal.resize(40, 6);
    await terminal.shows(/␛\[J/, before);
    await terminal.shows(/␛\[J/, terminal.output().length);
    expect(lastFrame(terminal)).toHaveLength(6);

    terminal.type('xq');
    const { code, modes } = await terminal.ended;
    expect(code).toBe(0);
    expect(terminal.output()).toMatch(/␛\[\?7h␛\[\?25h␛\[\?1049lended 0/);
    expect(modes).toMatch(/ icanon .*[ \n]echo /s);
    terminal = undefined;
  });

  it.each(['SIGINT', 'SIGTERM'] as const)('restores the terminal after %s', async (signal) => {
    terminal = top(cloud.api.url, { NO_COLOR: '1' });
    await terminal.shows(/Queues 1[^]*␛\[J/);
    expect(terminal.output()).not.toMatch(/␛\[\d+m/);
    terminal.kill(signal);
    const { code, modes } = await terminal.ended;
    expect(code).toBe(0);
    expect(terminal.output()).toContain('␛[?1049l');
    expect(modes).toMatch(/ icanon /);
    terminal = undefined;
  });

  it('reports that the API does not respond, waits longer each time, and continues when it is back', async () => {
    proxy = await listen();
    // The URL keeps the API's host name, because an emulator identifies the API by the host name.
    terminal = top(Object.assign(new URL(cloud.api.url), { port: String(proxy.port) }).href);
    await terminal.shows(/Queues 1[^]*␛\[J/);
    proxy.close();
    await terminal.shows(/No new data since \S+; next try at \S+: .*ECONNREFUSED/);
    expect(lastFrame(terminal).join('\n')).toContain('Queues 1');
    proxy = await listen(proxy.port);
    const backAgain = terminal.output().length;
    await terminal.shows(/␛\[H(?:(?!No new data)[^])*Queues 1(?:(?!No new data)[^])*␛\[J/, backAgain);
    terminal.type('\u0003');
    expect((await terminal.ended).code).toBe(0);
    terminal = undefined;
  });

  it('exits with the API’s message if the first request is refused', async () => {
    terminal = top(`${cloud.api.url}/nothing-here`);
    const { code } = await terminal.ended;
    expect(code).toBe(2);
    expect(terminal.output()).toMatch(/␛\[\?1049lerror: .*\(404\)/s);
    terminal = undefined;
  });
});

describeOnLinux('errand open', () => {
  let folder: string;

  beforeAll(async () => {
    folder = await mkdtemp(path.join(os.tmpdir(), 'errand-test-'));
  });

  afterAll(async () => {
    await rm(folder, { recursive: true, force: true });
  });

  it.each([
    [[], 'console', /Errand/],
    [['docs'], 'docs', /swagger/i],
  ])('opens the deployment’s page in the browser, and prints its URL: %j', async (page, name, sign) => {
    const opener = path.join(folder, 'xdg-open');
    const opened = path.join(folder, 'opened');
    await writeFile(opener, `#!/bin/sh\necho "$@" > ${opened}.tmp && mv ${opened}.tmp ${opened}\n`);
    await chmod(opener, 0o755);
    const PATH = `${folder}:/usr/bin:/bin`;
    const { code, output } = await errand(['--url', `${cloud.api.url}/`, 'open', ...page], '', { PATH });
    const address = `${cloud.api.url}/${name}`;
    expect({ code, output }).toEqual({ code: 0, output: `${address}\n` });
    for (;;) {
      const url = await readFile(opened, 'utf8').catch(() => undefined);
      if (url === undefined) await wait(20);
      else {
        expect(url).toBe(`${address}\n`);
        break;
      }
    }
    await rm(opened);
    expect(await (await fetch(address)).text()).toMatch(sign);
  });

  it('explains what to do without a browser', async () => {
    const { code, output, messages } = await errand(['open'], '', { PATH: folder + '/nothing' });
    expect(code).toBe(2);
    expect(output).toBe(`${cloud.api.url}/console\n`);
    expect(messages).toMatch(/could not start xdg-open: open http:\S+\/console yourself/);
  });

  it('refuses a page that does not exist', async () => {
    const { code, messages } = await errand(['open', 'nope']);
    expect(code).toBe(2);
    expect(messages).toMatch(/Allowed choices are console, docs\./);
  });
});
