import { expect } from '@jest/globals';
import type { Browser, Locator, Page } from 'playwright-core';
import { openConsole, type OpenPageOptions } from './browser.ts';
import type { Shop } from './shop/open-shop.ts';

/**
 * Visits the console.
 *
 * @param address the part of the URL after `#`
 * @param options by default, the key with all scopes is used
 * @param expected the expected browser errors
 */
export type Visit = (
  address: string,
  use: (page: Page) => Promise<void>,
  options?: OpenPageOptions,
  expected?: RegExp,
) => Promise<void>;

/** Opens the console at an address, runs the steps, and closes the console. Fails if the browser reports an unexpected error. */
export async function visitConsole(
  { browser, shop }: { readonly browser: Browser; readonly shop: Shop },
  address: string,
  use: (page: Page) => Promise<void>,
  options: OpenPageOptions = { key: shop.adminKey },
  expected = /^$/,
): Promise<void> {
  const { page, complaints } = await openConsole(browser, options);
  try {
    await page.goto(`${shop.url}#${address}`);
    await use(page);
    expect(complaints.filter((complaint) => !expected.test(complaint))).toEqual([]);
  } finally {
    await page.context().close();
  }
}

export function row(page: Page, name: string): Locator {
  return page.getByRole('row').filter({ hasText: name });
}
