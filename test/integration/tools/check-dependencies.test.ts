import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import os from 'node:os';
import path from 'node:path';
import { PROJECT } from '../../helpers/stack.ts';

// Runs `npm run check:dependencies` with the real npm and a registry on this machine.

let registry: Server | undefined;
let cache: string;

beforeEach(async () => {
  cache = await mkdtemp(path.join(os.tmpdir(), 'errand-npm-'));
});

afterEach(async () => {
  registry?.close().closeAllConnections();
  await rm(cache, { recursive: true, force: true });
});

/**
 * Starts a registry. The registry responds to `npm audit` with the given advisories, keyed by package, or with a 404 if `advisories` is undefined.
 */
async function startRegistry(advisories: object | undefined): Promise<string> {
  registry = createServer((request, response) => {
    request.resume();
    // For each package with an advisory, npm also fetches the package's versions.
    const name = (request.url ?? '').slice(1);
    const answer = request.method === 'POST' ? advisories : { name, versions: {}, 'dist-tags': {} };
    response.writeHead(advisories ? 200 : 404, { 'content-type': 'application/json' });
    response.end(JSON.stringify(answer ?? {}));
  }).listen(0, '127.0.0.1');
  await once(registry, 'listening');
  return `http://127.0.0.1:${(registry.address() as AddressInfo).port}/`;
}

async function check(
  advisories: object | undefined,
  ...options: string[]
): Promise<{ code: number | null; printed: string }> {
  const child = spawn(process.execPath, ['tools/dependencies/main.ts', ...options], {
    cwd: PROJECT,
    env: {
      ...process.env,
      npm_config_registry: await startRegistry(advisories),
      npm_config_fetch_retries: '0',
      npm_config_cache: cache,
    },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  let printed = '';
  child.stdout.on('data', (chunk: Buffer) => {
    printed += chunk.toString();
  });
  const [code] = (await once(child, 'close')) as [number | null];
  return { code, printed };
}

describe('the dependency check', () => {
  it('passes when the registry knows no vulnerability', async () => {
    const { code, printed } = await check({});
    expect(printed).toContain('Vulnerabilities reported by npm audit: info 0');
    expect(printed).toContain('Install scripts: each is approved or denied');
    expect(code).toBe(0);
  });

  it('fails for a high vulnerability, and names the package', async () => {
    const advisory = {
      id: 1,
      url: 'https://example.com',
      title: 'x',
      severity: 'high',
      vulnerable_versions: '*',
    };
    const { code, printed } = await check({ esbuild: [advisory] });
    expect(printed).toMatch(/^ {2}esbuild .*: high$/m);
    expect(code).toBe(1);
  });

  it('fails when the registry does not respond, and says how to accept that', async () => {
    const { code, printed } = await check(undefined);
    expect(printed).toContain('NOT CHECKED');
    expect(printed).toContain('--allow-unchecked');
    expect(code).toBe(2);
  });

  it('passes without a response with --allow-unchecked, but reports it', async () => {
    const { code, printed } = await check(undefined, '--allow-unchecked');
    expect(printed).toContain('NOT CHECKED');
    expect(code).toBe(0);
  });
});
