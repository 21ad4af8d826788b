import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { Browser, Page } from 'playwright-core';
import { startCloud, type Cloud } from '../helpers/cloud.ts';
import { openBrowser, openConsole, violations } from './browser.ts';
import { AUDIENCE, CLIENT_ID, startOpenIdProvider, type OpenIdProvider } from './openid-provider.ts';

// Tests AUTH=jwt and CONSOLE_CLIENT_ID: users sign in to the console through a real OpenID provider.

/**
 * A token's lifetime in seconds. The console refreshes tokens 30 s before they expire, so it refreshes tokens with this lifetime on almost every
 * request.
 */
const TOKEN_SECONDS = 31;

let provider: OpenIdProvider;
let cloud: Cloud;
let browser: Browser;
const cleanUp: (() => Promise<void>)[] = [];

beforeAll(async () => {
  browser = await openBrowser();
  cleanUp.push(() => browser.close());
  provider = await startOpenIdProvider(TOKEN_SECONDS);
  cleanUp.push(() => provider.end());
  cloud = await startCloud({
    AUTH: 'jwt',
    JWT_ISSUER: provider.issuer,
    JWT_AUDIENCE: AUDIENCE,
    CONSOLE_CLIENT_ID: CLIENT_ID,
  });
  cleanUp.push(() => cloud.end());
  await provider.open(consoleUrl());
}, 120_000);

afterAll(async () => {
  for (const end of cleanUp.toReversed()) await end();
});

const consoleUrl = () => `${cloud.api.url}/console`;

interface SavedTokens {
  readonly access: string;
  readonly id: string;
}

const tokensOf = async (page: Page) =>
  JSON.parse(
    (await page.evaluate<string | null>(`sessionStorage.getItem('errand-tokens')`)) ?? 'null',
  ) as SavedTokens | null;

async function signIn(page: Page): Promise<void> {
  await page.getByRole('button', { name: 'Sign in' }).click();
  await page.getByRole('button', { name: 'Continue as Ada' }).click();
}

describe('a reader', () => {
  it('signs in at the provider, and returns to the linked screen', async () => {
    const { page, complaints } = await openConsole(browser);
    await page.goto(`${consoleUrl()}#/jobs?type=sleep`);
    await page.getByText(`You sign in at ${new URL(provider.issuer).host}.`).waitFor();
    expect(await violations(page)).toEqual([]);
    await signIn(page);
    await page.getByRole('heading', { name: 'No jobs match the filter' }).waitFor();
    expect(page.url()).toBe(`${consoleUrl()}#/jobs?type=sleep`);
    await page.getByText('read, submit, admin').or(page.getByText('admin, read, submit')).waitFor();
    await page.reload();
    await page.getByRole('heading', { name: 'No jobs match the filter' }).waitFor();
    expect(complaints).toEqual([]);
    await page.context().close();
  }, 60_000);

  it('signs out at the provider too, and returns', async () => {
    const { page } = await openConsole(browser);
    await page.goto(consoleUrl());
    await signIn(page);
    await page.getByRole('heading', { name: 'No jobs yet' }).waitFor();
    // The provider remembers the user, so a second sign-in shows no page.
    await page.evaluate(`sessionStorage.clear()`);
    await page.reload();
    await page.getByRole('button', { name: 'Sign in' }).click();
    await page.getByRole('heading', { name: 'No jobs yet' }).waitFor();

    const { id } = (await tokensOf(page)) ?? { id: '' };
    await page.getByRole('button', { name: 'Sign out' }).click();
    await page.getByRole('button', { name: 'Yes, sign me out' }).waitFor();
    const { searchParams } = new URL(page.url());
    expect(Object.fromEntries(searchParams)).toEqual({
      client_id: CLIENT_ID,
      post_logout_redirect_uri: consoleUrl(),
      id_token_hint: id,
    });
    await page.getByRole('button', { name: 'Yes, sign me out' }).click();
    await page.waitForURL(consoleUrl());
    await page.getByRole('button', { name: 'Sign in' }).click();
    await page.getByRole('button', { name: 'Continue as Ada' }).waitFor();
    await page.goBack();
    expect(await tokensOf(page)).toBeNull();
    expect(await page.evaluate<number>('localStorage.length')).toBe(0);
    await page.context().close();
  }, 60_000);

  it('is signed out of the console if the provider can’t be reached', async () => {
    const { page } = await openConsole(browser);
    await page.goto(consoleUrl());
    await signIn(page);
    await page.getByRole('heading', { name: 'No jobs yet' }).waitFor();
    await page.route(`${provider.issuer}/**`, (route) => route.abort());
    await page.getByRole('button', { name: 'Sign out' }).click();
    await page.getByRole('alert').filter({ hasText: 'you may still be signed in there' }).waitFor();
    expect(await tokensOf(page)).toBeNull();
    await page.context().close();
  }, 60_000);

  it('gets a new token when the old one expires, and keeps working', async () => {
    const { page, complaints } = await openConsole(browser);
    await page.goto(consoleUrl());
    await signIn(page);
    await page.getByRole('heading', { name: 'No jobs yet' }).waitFor();
    const first = await tokensOf(page);
    while ((await tokensOf(page))?.access === first?.access)
      await page.waitForResponse((response) => response.url().includes('/v1/'));
    await page.getByRole('link', { name: 'Queues' }).click();
    await page.getByRole('row').filter({ hasText: 'default' }).waitFor();
    expect(complaints).toEqual([]);
    await page.context().close();
  }, 60_000);

  it('must sign in again when the API refuses the token', async () => {
    const { page } = await openConsole(browser);
    await page.goto(consoleUrl());
    await signIn(page);
    await page.getByRole('heading', { name: 'No jobs yet' }).waitFor();
    await page.evaluate(`sessionStorage.setItem('errand-tokens', JSON.stringify({ access: 'none' }))`);
    await page.getByRole('alert').filter({ hasText: 'Sign in again to continue.' }).waitFor();
    await page.context().close();
  }, 60_000);
});

describe('a response of the provider', () => {
  it.each([
    ['that nobody requested', undefined, 'This sign-in was not started in this tab.'],
    [
      'with the state of another sign-in',
      { state: 'mine', nonce: 'n', verifier: 'v', hash: '' },
      /The sign-in failed: .*state/,
    ],
  ])('%s is refused', async (_what, pending, reason) => {
    const { page } = await openConsole(browser);
    if (pending) {
      const saved = JSON.stringify(JSON.stringify(pending));
      await page.context().addInitScript(`sessionStorage.setItem('errand-sign-in', ${saved})`);
    }
    const iss = encodeURIComponent(provider.issuer);
    await page.goto(`${consoleUrl()}?code=stolen&state=theirs&iss=${iss}`);
    await page.getByRole('alert').filter({ hasText: reason }).waitFor();
    expect(page.url()).toBe(consoleUrl());
    expect(await tokensOf(page)).toBeNull();
    await page.context().close();
  });

  it('with an error is shown in the provider’s words', async () => {
    const { page } = await openConsole(browser);
    await page.goto(`${consoleUrl()}?error=access_denied&error_description=Ada+is+not+in+the+team`);
    await page.getByRole('alert').filter({ hasText: 'Ada is not in the team' }).waitFor();
    await page.context().close();
  });
});

it('the page may call only the API and the provider', async () => {
  const policy = (await fetch(consoleUrl())).headers.get('content-security-policy');
  expect(policy).toContain(`connect-src 'self' ${provider.issuer};`);
});
