import { beforeAll, describe, expect, it } from '@jest/globals';
import type { Schema } from 'errand-client';
import type { Browser, Page } from 'playwright-core';
import { takeDocsPicture, takePicture, violations } from './browser.ts';
import type { Shop } from './shop/open-shop.ts';
import { useShop } from './use-shop.ts';
import { row, visitConsole, type Visit } from './visit.ts';

// Tests the console with jobs that have steps. The jobs wait for a person, submit child jobs, and continue.

let shop: Shop;
let browser: Browser;
const openBoth = useShop();
const at: Visit = (...visit) => visitConsole({ browser, shop }, ...visit);

beforeAll(async () => {
  ({ browser, shop } = await openBoth());
}, 120_000);

const submitRefund = (order: string) =>
  shop.submit({
    type: 'refund',
    object_id: `ord-${order}`,
    payload: { order, amount: 120, items: ['cup', 'pot', 'kettle'] },
  });

/** Returns the link that the job sent to the approver. */
async function linkOf(jobId: string): Promise<string> {
  for (;;) {
    const { items } = await shop.call<Schema<'StepPage'>>('GET', `/v1/jobs/${jobId}/steps`);
    const asked = items.find(({ step }) => step === 'ask');
    if (asked) return (asked.result as { mailed: string }).mailed;
  }
}

const timelineOf = (page: Page) => page.getByRole('region', { name: 'Timeline' });

describe('a job with steps', () => {
  it('waits until someone clicks the approval link, and ends with its child jobs', async () => {
    const jobId = await submitRefund('9001');
    const use = async (page: Page) => {
      await page.getByText(/^Waits for the signal approval until /).waitFor();
      const timeline = timelineOf(page);
      await timeline.getByText('check-order').waitFor();
      await timeline.getByRole('listitem').filter({ hasText: 'approval#2' }).getByText('waiting').waitFor();
      await takePicture(page, 'job-waits-wide-light');
      expect(await violations(page)).toEqual([]);
      const approval = await page.context().newPage();
      await approval.goto(await linkOf(jobId));
      await approval.getByText('Refund 120 € for order 9001?').waitFor();
      await approval.getByRole('button', { name: 'Approve' }).click();
      await approval.getByRole('heading', { name: 'Approved' }).waitFor();
      await approval.close();
      await page.getByText(`"refunded": true`).waitFor({ timeout: 30_000 });
      const received = timeline.getByRole('listitem').filter({ hasText: 'approval#2' });
      await received.getByText('received').waitFor();
      await timeline.getByRole('link', { name: 'restock' }).nth(2).waitFor();
      await takePicture(page, 'job-steps-wide-light');
      await takeDocsPicture(page, 'steps');
      expect(await violations(page)).toEqual([]);
      await timeline.getByRole('link', { name: 'restock' }).first().click();
      await page.getByRole('heading', { name: 'restock' }).waitFor();
      await page.getByRole('link', { name: 'Parent' }).click();
      await page.getByRole('heading', { name: 'refund ord-9001' }).waitFor();
      await page.getByRole('link', { name: 'Show the child jobs as a list' }).click();
      await page.getByText(`Child of ${jobId}`).waitFor();
      await row(page, 'restock').nth(2).waitFor();
      expect(await row(page, 'restock').count()).toBe(3);
    };
    await at(`/jobs/${jobId}`, use);
  }, 90_000);

  it('can also be answered in the console', async () => {
    const jobId = await submitRefund('9002');
    await at(`/jobs/${jobId}`, async (page) => {
      await page.getByRole('button', { name: 'Send approval…' }).click();
      await page
        .getByRole('dialog', { name: 'Answer approval' })
        .getByRole('button', { name: 'Reject' })
        .click();
      await page.getByText('"refunded": false').waitFor({ timeout: 30_000 });
    });
  }, 60_000);

  it('cannot be answered by a reader', async () => {
    const jobId = await submitRefund('9003');
    const use = async (page: Page) => {
      await page.getByText(/^Waits for the signal approval until /).waitFor();
      expect(await page.getByRole('button', { name: /Send|Cancel|Run again/ }).count()).toBe(0);
    };
    await at(`/jobs/${jobId}`, use, { key: shop.readKey });
  }, 60_000);
});
