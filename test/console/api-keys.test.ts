import { beforeAll, describe, expect, it } from '@jest/globals';
import type { Browser, Page } from 'playwright-core';
import { SCOPES, type Scope } from '../../lambdas/access/identity.ts';
import { headerFor, keysOf } from '../helpers/keys.ts';
import { LOOKS, takePicture, violations } from './browser.ts';
import type { Shop } from './shop/open-shop.ts';
import { useShop } from './use-shop.ts';
import { row, visitConsole, type Visit } from './visit.ts';

const SCREEN = '/api-keys';
const KEY = /^errand_[0-9a-f]{16}_[0-9a-f]{64}$/;
const DAY = 86_400_000;

let shop: Shop;
let browser: Browser;
const openBoth = useShop();
const at: Visit = (...visit) => visitConsole({ browser, shop }, ...visit);

beforeAll(async () => {
  ({ browser, shop } = await openBoth());
  const keys = keysOf(shop.cloud);
  const made = async (name: string, days: number | null): Promise<string> => {
    const expireTime = days === null ? null : new Date(Date.now() + days * DAY);
    const attributes = { name, tenant: 'shop', scopes: ['read', 'submit'], expireTime } as const;
    return (await keys.create(attributes)).record.key_id;
  };
  await made('ErrandStack/Checkout', null);
  await made('billing', 64);
  await made('warehouse', 3);
  await made('last year', -1);
  await keys.revoke(await made('leaked', 30));
  await made('', null);
}, 170_000);

const open = (page: Page, name: string) => page.getByRole('button', { name, exact: true }).click();
const dialogOf = (page: Page) => page.getByRole('dialog');

/** Copies the key in the dialog, and compares the copy with the displayed key. */
async function copyKey(page: Page): Promise<string> {
  await dialogOf(page).getByText('it is shown only this once.').waitFor();
  await open(page, 'Copy the key');
  await page.getByRole('button', { name: 'Copied', exact: true }).waitFor();
  const copied = await page.evaluate<string>('navigator.clipboard.readText()');
  expect(copied).toMatch(KEY);
  expect(await page.getByLabel('The new key', { exact: true }).textContent()).toBe(copied);
  return copied;
}

async function statusWith(key: string): Promise<number> {
  const headers = { authorization: `Bearer ${key}` };
  return (await fetch(`${shop.cloud.api.url}/v1/caller`, { headers })).status;
}

/** Creates a key that the test may rotate and revoke. */
async function ownKey(name: string, scopes: readonly Scope[] = ['read', 'admin']): Promise<string> {
  const attributes = { name, tenant: 'shop', scopes, expireTime: null };
  return (await keysOf(shop.cloud).create(attributes)).key;
}

describe('the API keys screen', () => {
  it('lists each key with its state, scopes, id and end, without secrets', async () => {
    await at(SCREEN, async (page) => {
      for (const [name, ...texts] of [
        ['billing', 'active', 'read, submit', 'in 63 d'],
        ['warehouse', 'active', 'in 2 d'],
        ['last year', 'expired', '1 d ago'],
        ['leaked', 'revoked'],
        ['no name', 'active', 'never'],
        ['this tab', 'active', 'admin, read, submit'],
      ]) {
        const text = (await row(page, name ?? '').textContent()) ?? '';
        for (const each of texts) expect([name, text]).toEqual([name, expect.stringContaining(each)]);
      }
      expect(
        await row(page, 'leaked')
          .getByRole('button', { name: /Rotate|Revoke/ })
          .count(),
      ).toBe(0);
      await row(page, 'billing')
        .getByRole('button', { name: /^Copy the id/ })
        .click();
      expect(await page.evaluate<string>('navigator.clipboard.readText()')).toMatch(/^[0-9a-f]{16}$/);
      expect(await page.content()).not.toMatch(/errand_[0-9a-f]{16}_/);
    });
  });

  it('is available only to keys with the admin scope', async () => {
    const link = (page: Page) => page.getByRole('link', { name: 'API keys' });
    await at('/jobs', (page) => link(page).waitFor());
    await at(
      SCREEN,
      async (page) => {
        await page.getByRole('heading', { name: 'API keys can’t be shown' }).waitFor();
        await page.getByText('This needs the admin scope').waitFor();
        expect(await link(page).count()).toBe(0);
      },
      { key: shop.readKey },
      /403/,
    );
  });

  it.each(LOOKS)('looks right: $name', async (look) => {
    const use = async (page: Page) => {
      const judge = async (name: string) => {
        await takePicture(page, `api-keys${name}-${look.name}`);
        expect([name, await violations(page)]).toEqual([name, []]);
        const overflow = await page.evaluate<number>('document.body.scrollWidth - innerWidth');
        expect([name, overflow]).toEqual([name, 0]);
      };
      await row(page, 'billing').waitFor();
      await judge('');
      await open(page, 'Create a key…');
      await judge('-create');
      await page.getByLabel('Name').fill(`picture ${look.name}`);
      await page.keyboard.press('Enter');
      await page.getByLabel('The new key', { exact: true }).waitFor();
      await judge('-created');
      await open(page, 'Done');
      await row(page, 'this tab').getByRole('button', { name: 'Rotate on-call…' }).click();
      await judge('-rotate');
      await page.keyboard.press('Escape');
      await row(page, 'this tab').getByRole('button', { name: 'Revoke on-call…' }).click();
      await judge('-revoke');
    };
    await at(SCREEN, use, { key: await ownKey('on-call', SCOPES), look });
  });
});

describe('a new key', () => {
  it('is shown once, works, and expires at the time shown in the dialog', async () => {
    await at(SCREEN, async (page) => {
      await open(page, 'Create a key…');
      const create = page.getByRole('button', { name: 'Create the key' });
      expect(await create.isDisabled()).toBe(true);
      await page.getByLabel('Name').fill('grafana');
      await page.getByRole('checkbox', { name: 'submit' }).uncheck();
      await page.getByLabel('Expires').selectOption('in 30 days');
      await page.keyboard.press('Tab');
      await create.click();
      const key = await copyKey(page);
      // A click outside the dialog must not close it, because the key would be lost.
      await page.mouse.click(5, 5);
      await open(page, 'Done');
      // For up to a second after the key's creation, the page shows 30 days instead of 29.
      await row(page, 'grafana').getByText('in 29 d').waitFor();
      expect(await page.content()).not.toContain(key);
      expect(await statusWith(key)).toBe(200);
      const [, keyId = ''] = key.split('_');
      expect((await keysOf(shop.cloud).find(keyId))?.record.scopes).toEqual(['read']);
    });
  });

  it('cannot get a scope that the tab’s key lacks', async () => {
    const key = await ownKey('without submit');
    const use = async (page: Page) => {
      await open(page, 'Create a key…');
      expect(await page.getByRole('checkbox', { name: 'submit' }).isDisabled()).toBe(true);
      await page.getByText('your own key does not have it').waitFor();
    };
    await at(SCREEN, use, { key });
  });

  it('that the API refuses is not created, and the dialog shows the reason', async () => {
    await at(
      SCREEN,
      async (page) => {
        await row(page, 'billing').waitFor();
        await page.route('**/v1/api-keys', (route) =>
          route.request().method() === 'POST' ? route.abort() : route.continue(),
        );
        await open(page, 'Create a key…');
        await page.getByLabel('Name').fill('unlucky');
        await page.keyboard.press('Enter');
        await dialogOf(page).getByRole('alert').waitFor();
        expect(await page.getByRole('button', { name: 'Create the key' }).isEnabled()).toBe(true);
      },
      undefined,
      /ERR_FAILED/,
    );
  });
});

describe('a rotation', () => {
  it('shows the new key, and the end of the old one', async () => {
    await at(SCREEN, async (page) => {
      await open(page, 'Rotate billing…');
      await page.getByLabel('The old key stays valid').selectOption('7 days');
      await open(page, 'Rotate billing');
      const key = await copyKey(page);
      await dialogOf(page)
        .getByText(/ends in 6 d/)
        .waitFor();
      await open(page, 'Done');
      expect(await statusWith(key)).toBe(200);
      await row(page, 'billing').nth(1).waitFor();
    });
  });

  it('of the tab’s own key continues with the new key, even if the old one ends immediately', async () => {
    const key = await ownKey('rotated');
    const use = async (page: Page) => {
      await open(page, 'Rotate rotated…');
      await dialogOf(page).getByText('You are signed in with this key.').waitFor();
      await page.getByLabel('The old key stays valid').selectOption('not at all (it has leaked)');
      await open(page, 'Rotate rotated');
      const successor = await copyKey(page);
      await dialogOf(page)
        .getByText(/has ended/)
        .waitFor();
      await open(page, 'Done');
      await row(page, 'this tab')
        .filter({ hasText: successor.split('_')[1] ?? '' })
        .waitFor();
      expect(await page.evaluate<string>("sessionStorage.getItem('errand-key')")).toBe(successor);
    };
    await at(SCREEN, use, { key });
  });
});

describe('a revocation', () => {
  it('names the key, and ends it', async () => {
    const { authorization } = await headerFor(shop.cloud, 'shop', ['read']);
    const key = authorization.replace('Bearer ', '');
    const [, keyId = ''] = key.split('_');
    await at(SCREEN, async (page) => {
      await row(page, keyId).getByRole('button', { name: 'Revoke test…' }).click();
      await page.getByRole('heading', { name: 'Revoke the key test' }).waitFor();
      await dialogOf(page).getByText(keyId).waitFor();
      expect(await dialogOf(page).getByText('You are signed in').count()).toBe(0);
      await open(page, 'Revoke test');
      await row(page, keyId).filter({ hasText: 'revoked' }).waitFor();
      expect(await statusWith(key)).toBe(401);
    });
  });

  it('of the tab’s own key warns with the key’s name, and signs the tab out', async () => {
    const key = await ownKey('night shift');
    const use = async (page: Page) => {
      await open(page, 'Revoke night shift…');
      await dialogOf(page).getByText('You are signed in with night shift.').waitFor();
      await open(page, 'Revoke night shift');
      await page.getByText('You revoked the key night shift, which you were signed in with.').waitFor();
      expect(await page.evaluate<number>('sessionStorage.length')).toBe(0);
    };
    await at(SCREEN, use, { key });
    const [, keyId = ''] = key.split('_');
    expect((await keysOf(shop.cloud).find(keyId))?.record.revoke_time).not.toBeNull();
  });
});

it('every key and its actions can be reached with the keyboard only', async () => {
  await at(SCREEN, async (page) => {
    await row(page, 'billing').first().waitFor();
    await page.keyboard.press('j');
    const focused = () => page.evaluate<string>('document.activeElement.getAttribute("aria-label")');
    expect(await focused()).toMatch(/^Copy the id/);
    // The page offers actions only for keys that are neither revoked nor expired.
    while (!(await focused()).startsWith('Rotate ')) await page.keyboard.press('Tab');
    await page.keyboard.press('Enter');
    await dialogOf(page).waitFor();
    await page.keyboard.press('Escape');
    await dialogOf(page).waitFor({ state: 'detached' });
  });
});
