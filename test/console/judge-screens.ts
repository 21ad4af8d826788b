import { expect } from '@jest/globals';
import type { Browser } from 'playwright-core';
import { openConsole, takeDocsPicture, takePicture, violations, type Look } from './browser.ts';
import type { Shop, Stock } from './shop/open-shop.ts';

export interface Judged {
  readonly browser: Browser;
  readonly shop: Shop;
  readonly stock: Stock;
}

/** The screenshots used in the README and the docs, keyed by screen, window size and theme. */
const DOCS_PICTURES = new Map([
  ['jobs-wide-light', 'jobs'],
  ['job-failed-wide-dark', 'failed'],
]);

/** Returns each screen's name, the part of its URL after `#`, and a string that appears once the screen is complete. */
function screensOf(stock: Stock): readonly (readonly [name: string, address: string, sign: string])[] {
  return [
    ['overview', '/', 'Job types'],
    ['jobs', '/jobs', 'import-products'],
    ['jobs-of-customer', '/jobs?tag=customer-42&status=failed', 'The card of order 7104'],
    ['job-failed', `/jobs/${stock.failed}`, 'The bank declined the card'],
    ['job-retried', `/jobs/${stock.retried}`, 'rcpt_7105'],
    ['job-running', `/jobs/${stock.running}`, 'row 2500 of 5000'],
    ['job-held', `/jobs/${stock.held}`, '1 of 1 jobs'],
    ['failures', '/failures', 'The card of order'],
    ['queues', '/queues', 'customer-42'],
    ['schedules', '/schedules', 'nightly-import'],
    ['batches', '/batches', 'import-42'],
    ['messages', '/messages', 'Your order is packed.'],
    ['audit', '/audit', 'job.submit'],
    ['api-keys', '/api-keys', 'this tab'],
    ['submit', '/submit?type=charge', 'currency'],
  ];
}

/** Opens each screen with one window size and theme, and takes a screenshot. Expects no findings from axe and no horizontal overflow. */
export async function judgeScreens({ browser, shop, stock }: Judged, look: Look): Promise<void> {
  const { page, complaints } = await openConsole(browser, { look, key: shop.adminKey });
  for (const [name, address, sign] of screensOf(stock)) {
    await page.goto(`${shop.url}#${address}`);
    await page.getByText(sign).first().waitFor();
    await takePicture(page, `${name}-${look.name}`);
    const picture = DOCS_PICTURES.get(`${name}-${look.name}`);
    if (picture !== undefined) await takeDocsPicture(page, picture);
    expect([name, await violations(page)]).toEqual([name, []]);
    const overflow = await page.evaluate<number>('document.body.scrollWidth - innerWidth');
    expect([name, overflow]).toEqual([name, 0]);
  }
  expect(complaints).toEqual([]);
  await page.context().close();
  const signIn = await openConsole(browser, { look });
  await signIn.page.goto(shop.url);
  await signIn.page.getByLabel('API key').waitFor();
  await takePicture(signIn.page, `sign-in-${look.name}`);
  expect(await violations(signIn.page)).toEqual([]);
  await signIn.page.context().close();
}
