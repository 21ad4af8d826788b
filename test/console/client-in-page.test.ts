import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import type * as ErrandClient from 'errand-client';
import type { Browser } from 'playwright-core';
import { clientBundle } from '../helpers/client-bundle.ts';
import { startCloud, type Cloud } from '../helpers/cloud.ts';
import { headerFor } from '../helpers/keys.ts';
import { openBrowser, openConsole } from './browser.ts';

/** The global variables that the page's script defines. */
interface PageScope {
  readonly errandClient: typeof ErrandClient;
}

let pages: Server;
let port: number;
let cloud: Cloud;
let browser: Browser;
let apiKey: string;

beforeAll(async () => {
  const script = await clientBundle();
  pages = createServer((_request, response) => {
    response.setHeader('content-type', 'text/html');
    response.end(`<!doctype html><link rel="icon" href="data:,"><script>${script}</script>`);
  }).listen(0, '127.0.0.1');
  await once(pages, 'listening');
  ({ port } = pages.address() as AddressInfo);
  cloud = await startCloud({ AUTH: 'api-key', CORS_ORIGINS: `http://127.0.0.1:${port}` });
  apiKey = (await headerFor(cloud, 'page')).authorization.replace('Bearer ', '');
  browser = await openBrowser();
}, 120_000);

afterAll(async () => {
  await browser.close();
  await cloud.end();
  pages.close();
});

/** Calls `errand-client` in a page loaded from this host. The host is part of the page's origin, which CORS checks. */
async function inPage<Result>(
  host: string,
  use: (options: { url: string; apiKey: string }) => Promise<Result>,
): Promise<Result> {
  const { page } = await openConsole(browser);
  try {
    await page.goto(`http://${host}:${port}`);
    return await page.evaluate(use, { url: cloud.api.url, apiKey });
  } finally {
    await page.context().close();
  }
}

describe('a page whose origin is in CORS_ORIGINS', () => {
  it('submits a job with a file, and gets its result', async () => {
    const result = await inPage('127.0.0.1', async (options) => {
      const { errandClient } = globalThis as unknown as PageScope;
      const log = new Blob(['ok\n', 'x'.repeat(300_000), '\nERROR out of ink\n']);
      const run = await errandClient.createErrand(options).submitFile('analyze', log, { patterns: ['ink'] });
      return run.result();
    });
    expect(result).toMatchObject({ bytes: 300_021, lines: 3 });
  });

  it('learns why S3 refused its file', async () => {
    const failure = await inPage('127.0.0.1', async (options) => {
      const { errandClient } = globalThis as unknown as PageScope;
      const errand = errandClient.createErrand(options);
      // The file's `size` is smaller than its actual content.
      const file = Object.defineProperty(new Blob(['x'.repeat(100)]), 'size', { value: 10 });
      return errand.upload(file).catch((error: unknown) => (error as Error).message);
    });
    expect(failure).toMatch(/^The upload was refused: .*\(400\)$/);
  });
});

describe('a page of another origin', () => {
  it('reads in the error that its origin is not in CORS_ORIGINS', async () => {
    const message = await inPage('localhost', async (options) => {
      const { errandClient } = globalThis as unknown as PageScope;
      const errand = errandClient.createErrand({ ...options, retries: 0 });
      return errand.upload(new Blob(['x'])).catch((error: unknown) => (error as Error).message);
    });
    expect(message).toContain(
      `pages whose origin is not in CORS_ORIGINS; this page's origin is http://localhost:${port}.`,
    );
  });
});
