import { beforeAll, describe, expect, it } from '@jest/globals';
import type { Browser, Page } from 'playwright-core';
import { LOOKS } from './browser.ts';
import { fillShop, type Shop } from './shop/open-shop.ts';
import { useShop } from './use-shop.ts';
import { row, visitConsole, type Visit } from './visit.ts';

// Tests saved views, and every list's keyboard and phone controls.

let shop: Shop;
let browser: Browser;
const openBoth = useShop();
const at: Visit = (...visit) => visitConsole({ browser, shop }, ...visit);

beforeAll(async () => {
  ({ browser, shop } = await openBoth());
  await fillShop(shop);
}, 170_000);

describe('a saved view', () => {
  it('can be named, opened and removed, and is kept in the browser', async () => {
    await at('/jobs?type=charge&status=failed', async (page) => {
      await page.getByRole('button', { name: 'Views' }).click();
      await page.getByRole('menuitem', { name: 'Save this filter…' }).click();
      await page.getByLabel('Name').fill('Declined cards');
      await page.keyboard.press('Enter');
      await page.getByRole('button', { name: 'View: Declined cards' }).waitFor();
      await page.goto(`${shop.url}#/jobs`);
      await page.reload();
      await row(page, 'products-2026-11').waitFor();
      await page.getByRole('button', { name: 'Views' }).click();
      await page.getByRole('menuitemcheckbox', { name: 'Declined cards' }).click();
      await row(page, 'products-2026-11').waitFor({ state: 'detached' });
      expect(page.url()).toMatch(/#\/jobs\?(?=.*type=charge)(?=.*status=failed)/);
      await page.getByRole('button', { name: 'View: Declined cards' }).click();
      await page.getByRole('menuitem', { name: 'Remove Declined cards' }).click();
      await page.getByRole('button', { name: 'Views' }).waitFor();
      expect(await page.evaluate<number>('localStorage.length')).toBe(0);
    });
  });
});

it.each([
  ['/queues', 'default'],
  ['/batches', 'import-42'],
  ['/failures', 'resize|charge'],
])('j and k move through the rows of %s', async (address, name) => {
  await at(address, async (page) => {
    const link = page
      .locator('#content')
      .getByRole('link', { name: new RegExp(name) })
      .first();
    await link.waitFor();
    await page.keyboard.press('j');
    const focused = () => page.evaluate<string>('document.activeElement.textContent');
    expect(await focused()).toMatch(new RegExp(name));
    await page.keyboard.press('k');
    await page.keyboard.press('Enter');
    await page.getByRole('heading', { name: 'Jobs' }).waitFor();
  });
});

it('a schedule can be run and stopped on a phone', async () => {
  const use = async (page: Page) => {
    const buttons = row(page, 'nightly-import').getByRole('button');
    await buttons.first().waitFor();
    for (const button of await buttons.all()) {
      const { x, width } = (await button.boundingBox()) ?? { x: -1, width: 0 };
      expect([x >= 0, x + width <= 390]).toEqual([true, true]);
    }
    expect(await buttons.count()).toBe(2);
  };
  await at('/schedules', use, { key: shop.adminKey, look: LOOKS[2] });
});
