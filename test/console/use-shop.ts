import { afterAll } from '@jest/globals';
import type { Browser } from 'playwright-core';
import { openBrowser } from './browser.ts';
import { openShop, type Shop } from './shop/open-shop.ts';

/**
 * Registers an `afterAll` hook that closes the browser and the shop.
 *
 * @returns a function that opens both, for the file's `beforeAll`
 */
export function useShop(): () => Promise<{ readonly browser: Browser; readonly shop: Shop }> {
  const cleanUp: (() => Promise<void>)[] = [];
  afterAll(async () => {
    for (const end of cleanUp) await end();
  });
  return async () => {
    const browser = await openBrowser();
    cleanUp.push(() => browser.close());
    const shop = await openShop();
    cleanUp.push(() => shop.end());
    return { browser, shop };
  };
}
