import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { Browser, Page } from 'playwright-core';
import { startCloud, type Cloud } from '../helpers/cloud.ts';
import { keysOf } from '../helpers/keys.ts';
import { openBrowser, openConsole, violations } from './browser.ts';

// Tests `/docs` with AUTH=api-key. The page then asks for an API key, with which it reads the OpenAPI document.

let cloud: Cloud;
let browser: Browser;

beforeAll(async () => {
  browser = await openBrowser();
  cloud = await startCloud({ AUTH: 'api-key' });
}, 120_000);

afterAll(async () => {
  await browser.close();
  await cloud.end();
});

const keyWith = async (scope: 'read' | 'submit'): Promise<string> =>
  (await keysOf(cloud).create({ name: scope, tenant: 'shop', scopes: [scope], expireTime: null })).key;

async function openDocs(): Promise<{ page: Page; complaints: string[] }> {
  const opened = await openConsole(browser);
  await opened.page.goto(`${cloud.api.url}/docs`);
  return opened;
}

async function giveKey(page: Page, key: string): Promise<void> {
  await page.getByLabel('API key', { exact: true }).fill(key);
  await page.getByRole('button', { name: 'Show the documentation' }).click();
}

/** Locates the first operation in the documentation. */
const operation = (page: Page) => page.locator('#operations-Jobs-createJob');

describe('the documentation in a browser', () => {
  it('asks for a key, shows the document, and keeps the key for the tab', async () => {
    const { page, complaints } = await openDocs();
    await page.getByLabel('API key', { exact: true }).waitFor();
    expect(await violations(page)).toEqual([]);
    await giveKey(page, await keyWith('read'));
    await operation(page).waitFor({ timeout: 60_000 });
    expect(await page.getByLabel('API key', { exact: true }).isVisible()).toBe(false);
    await page.reload();
    await operation(page).waitFor({ timeout: 60_000 });
    expect(complaints.filter((each) => !each.includes('401'))).toEqual([]);
    await page.context().close();
  }, 180_000);

  it('sends the key with the reader’s requests', async () => {
    const { page } = await openDocs();
    await giveKey(page, await keyWith('read'));
    const tried = page.locator('#operations-Service-getCaller');
    // The timeout is long, because Swagger UI first renders hundreds of schemas, which is slow on a busy machine.
    await tried.click({ timeout: 90_000 });
    await tried.getByRole('button', { name: 'Try it out' }).click();
    const [request] = await Promise.all([
      page.waitForRequest(`${cloud.api.url}/v1/caller`),
      tried.getByRole('button', { name: 'Execute' }).click(),
    ]);
    expect((await request.response())?.status()).toBe(200);
    await page.context().close();
  }, 180_000);

  it.each([
    ['a mistyped key', async () => `${(await keyWith('read')).slice(0, -1)}x`, 'This key is not valid.'],
    ['a key without the scope', () => keyWith('submit'), 'it lacks the read scope'],
  ])(
    'refuses %s, and asks again',
    async (_what, key, refusal) => {
      const { page } = await openDocs();
      await giveKey(page, await key());
      await page.getByRole('alert').filter({ hasText: refusal }).waitFor();
      await giveKey(page, await keyWith('read'));
      await operation(page).waitFor({ timeout: 60_000 });
      await page.context().close();
    },
    180_000,
  );
});
