import { beforeAll, describe, expect, it } from '@jest/globals';
import type { Browser, Page } from 'playwright-core';
import { LOOKS } from './browser.ts';
import { judgeScreens } from './judge-screens.ts';
import { row, visitConsole, type Visit } from './visit.ts';
import { fillShop, type Shop, type Stock } from './shop/open-shop.ts';
import { useShop } from './use-shop.ts';

// Part of `npm run test:console`. Tests the console in a real browser, with a deployment in the embedded cloud.

let shop: Shop;
let stock: Stock;
let browser: Browser;
const openBoth = useShop();

beforeAll(async () => {
  ({ browser, shop } = await openBoth());
  stock = await fillShop(shop);
}, 170_000);

const at: Visit = (...visit) => visitConsole({ browser, shop }, ...visit);

describe('a key', () => {
  it('is requested, refused if it is wrong, and kept only for the tab', async () => {
    const use = async (page: Page) => {
      await page.getByLabel('API key').fill('errand_nope');
      await page.getByRole('button', { name: 'Sign in' }).click();
      await page.getByRole('alert').filter({ hasText: 'This key is not valid' }).waitFor();
      await page.getByLabel('API key').fill(shop.adminKey);
      await page.getByRole('button', { name: 'Sign in' }).click();
      await row(page, 'products-2026-11').waitFor();
      await page.reload();
      await row(page, 'products-2026-11').waitFor();
      expect(await page.evaluate<number>('localStorage.length')).toBe(0);
      await page.getByRole('button', { name: 'Sign out' }).click();
      await page.getByLabel('API key').waitFor();
      expect(await page.evaluate<string | null>(`sessionStorage.getItem('errand-key')`)).toBeNull();
    };
    await at('/jobs', use, {}, /401/);
  });

  it('with the read scope shows no actions that it may not perform', async () => {
    const use = async (page: Page) => {
      await row(page, 'products-2026-11').waitFor();
      expect(await page.getByRole('checkbox').count()).toBe(0);
      await row(page, 'ord-7104').getByRole('link').click();
      await page.getByRole('heading', { name: 'charge ord-7104' }).waitFor();
      await page.getByRole('button', { name: 'Copy as' }).waitFor();
      expect(await page.getByRole('button', { name: /Retry|Run again|Cancel/ }).count()).toBe(0);
    };
    await at('/jobs', use, { key: shop.readKey });
  });
});

describe('the list of jobs', () => {
  it('shows a new job and its end without a reload', async () => {
    await at('/jobs?tag=live', async (page) => {
      await page.getByRole('heading', { name: 'No jobs match the filter' }).waitFor();
      await shop.submit({
        type: 'charge',
        object_id: 'ord-live',
        payload: { order: '1', amount: 1 },
        tags: ['live'],
      });
      await row(page, 'ord-live').getByText('success').waitFor();
    });
  });

  it('filters by search text, and the URL contains the filter', async () => {
    await at('/jobs', async (page) => {
      await row(page, 'products-2026-11').waitFor();
      await page.keyboard.press('/');
      await page.keyboard.type('tag:customer-42');
      await page.keyboard.press('Enter');
      await row(page, 'ord-7104').waitFor();
      await row(page, 'products-2026-11').waitFor({ state: 'detached' });
      expect(page.url()).toContain('#/jobs?tag=customer-42');
      await page.getByRole('button', { name: 'Status' }).click();
      await page.getByRole('menuitemcheckbox', { name: 'failed' }).click();
      await row(page, 'ord-7105').waitFor({ state: 'detached' });
      expect(page.url()).toContain('status=failed');
      await page.goBack();
      await row(page, 'ord-7105').waitFor();
      await page.getByRole('button', { name: 'Remove: Tag is customer-42' }).click();
      await row(page, 'products-2026-11').waitFor();
    });
  });

  it('can be navigated with the keyboard', async () => {
    await at('/jobs?type=charge&status=failed', async (page) => {
      await row(page, 'ord-7104').waitFor();
      await page.keyboard.press('j');
      await page.keyboard.press('x');
      await page.getByRole('region', { name: 'Selection' }).getByText('1 job').waitFor();
      await page.keyboard.press('Escape');
      await page.keyboard.press('Enter');
      await page.getByRole('heading', { name: 'charge ord-7104' }).waitFor();
      await page.keyboard.press('?');
      await page.getByRole('dialog', { name: 'Keys' }).waitFor();
    });
  });

  it('retries all matching jobs, after counting them', async () => {
    await at('/jobs?type=resize&status=failed', async (page) => {
      await row(page, 'img-lost-0').waitFor();
      await page.getByRole('checkbox', { name: 'Select all rows' }).check();
      await page.getByRole('button', { name: 'Select all that match' }).click();
      await page.getByRole('button', { name: 'Retry…' }).click();
      const dialog = page.getByRole('dialog', { name: 'Retry 4 jobs' });
      await dialog.getByRole('button', { name: 'Retry 4 jobs' }).click();
      await dialog.getByText('4 jobs retried.').waitFor({ timeout: 60_000 });
    });
  }, 90_000);
});

describe('a job', () => {
  it('that failed shows its error with the line in the user’s code, its attempts and its log', async () => {
    await at(`/jobs/${stock.failed}`, async (page) => {
      const error = page.getByRole('region', { name: 'Error' });
      await error.getByText('The card of order 7104 was declined: insufficient funds').waitFor();
      await error.getByText(/jobs\.ts:\d+/).waitFor();
      await page.getByRole('region', { name: 'Timeline' }).getByText('Attempt 1').waitFor();
      await page.getByRole('log').getByText('The bank declined the card').waitFor();
      await page.getByRole('tab', { name: 'Payload' }).click();
      await page.getByText('"declined"').waitFor();
      expect(page.url()).toContain('tab=payload');
    });
  });

  it('runs again with another payload', async () => {
    const use = async (page: Page) => {
      await page.getByRole('button', { name: 'Run again…' }).click();
      const dialog = page.getByRole('dialog', { name: 'Run charge again' });
      await dialog.getByLabel('Payload').fill('{"order": "7104", "amount": -1}');
      await dialog.getByRole('button', { name: 'Submit a new job' }).click();
      await dialog.getByRole('alert').filter({ hasText: 'payload.amount' }).waitFor();
      await dialog.getByLabel('Payload').fill('{"order": "7104", "amount": 5}');
      await dialog.getByRole('button', { name: 'Submit a new job' }).click();
      await page.getByText('rcpt_7104').waitFor({ timeout: 30_000 });
      expect(page.url()).not.toContain(stock.failed);
    };
    await at(`/jobs/${stock.failed}`, use, { key: shop.adminKey }, /422/);
  });

  it('that waits shows the reason', async () => {
    await at(`/jobs/${stock.held}`, async (page) => {
      await page.getByText('1 of 1 jobs with the key customer-42 are running').waitFor();
    });
  });

  it('that runs shows its progress, and can be canceled', async () => {
    const jobId = await shop.submit({ type: 'import-products', payload: { file: 'uploads/more.csv' } });
    await at(`/jobs/${jobId}`, async (page) => {
      await page.getByText(/row \d+ of 5000/).waitFor();
      await page.getByRole('button', { name: 'Cancel…' }).click();
      await page.getByRole('button', { name: 'Cancel the job' }).click();
      await page.getByRole('button', { name: 'Retry', exact: true }).waitFor({ timeout: 30_000 });
    });
  });

  it('can be copied as a command', async () => {
    await at(`/jobs/${stock.retried}`, async (page) => {
      await page.getByRole('button', { name: 'Copy as' }).click();
      await page.getByRole('menuitem', { name: 'npx errand' }).click();
      expect(await page.evaluate<string>('navigator.clipboard.readText()')).toMatch(
        /^npx errand submit charge '.*' --object-id ord-7105 --tag customer-42$/,
      );
    });
  });

  it('that does not exist is reported as gone', async () => {
    const use = async (page: Page) => {
      await page.getByRole('heading', { name: 'This job does not exist' }).waitFor();
    };
    await at('/jobs/01900000-0000-7000-8000-000000000000', use, { key: shop.adminKey }, /404/);
  });
});

describe('the queues', () => {
  it('can be paused and resumed, and every screen shows the pause', async () => {
    await at('/queues', async (page) => {
      await page.getByRole('button', { name: 'Pause…' }).click();
      await page.getByRole('button', { name: 'Pause default' }).click();
      await page.getByText('The default queue has been paused since').waitFor();
      await page.getByRole('button', { name: 'Resume…' }).click();
      await page.getByRole('button', { name: 'Resume default' }).click();
      await page.getByText('The default queue has been paused since').waitFor({ state: 'detached' });
    });
  });

  it('show concurrency keys, whose limits can be set and reset', async () => {
    await at('/queues', async (page) => {
      await row(page, 'customer-41').or(row(page, 'customer-42')).first().waitFor();
      await row(page, 'customer-42').getByRole('button', { name: 'Change…' }).click();
      await page.getByLabel('Jobs that may run at once').fill('0');
      await page.getByRole('button', { name: 'Set the limit' }).click();
      await row(page, 'customer-42').getByText(/^key:/).waitFor();
      await row(page, 'customer-42').getByRole('button', { name: 'Change…' }).click();
      await page.getByRole('button', { name: 'Use the jobs’ own limits' }).click();
      await row(page, 'customer-42').getByText('its jobs').waitFor();
    });
  });
});

describe('a submission', () => {
  it('uses the job type’s form, which shows each of the API’s errors at its field', async () => {
    const use = async (page: Page) => {
      await page.getByLabel('order').fill('8001');
      await page.getByLabel('amount').fill('-5');
      await page.getByLabel('currency').selectOption('TRY');
      await page.getByText('Options').click();
      await page.getByLabel('Tags').fill('vip');
      await page.getByRole('button', { name: 'Submit charge' }).click();
      await page.getByRole('alert').waitFor();
      await page.getByLabel('amount').fill('5');
      await page.getByRole('button', { name: 'Edit as JSON' }).click();
      expect(await page.getByLabel('Payload as JSON').inputValue()).toContain('"currency": "TRY"');
      await page.getByRole('button', { name: 'Submit charge' }).click();
      await page.getByText('rcpt_8001').waitFor({ timeout: 30_000 });
      await page.getByRole('link', { name: 'vip' }).waitFor();
    };
    await at('/submit?type=charge', use, { key: shop.adminKey }, /422/);
  });

  it('can upload a file', async () => {
    await at('/submit?type=analyze', async (page) => {
      const log = { name: 'app.log', mimeType: 'text/plain', buffer: Buffer.from('ERROR a\nINFO b\n') };
      await page.getByLabel('file').setInputFiles(log);
      await page.getByLabel('patterns').fill('["ERROR"]');
      await page.getByRole('button', { name: 'Submit analyze' }).click();
      await page.getByText('"ERROR": 1').waitFor({ timeout: 30_000 });
    });
  });
});

describe('the schedules', () => {
  it('can be stopped, started, and run now', async () => {
    await at('/schedules', async (page) => {
      const schedule = row(page, 'nightly-import');
      await schedule.getByRole('button', { name: 'Stop' }).click();
      await schedule.getByText('stopped').waitFor();
      await schedule.getByRole('button', { name: 'Start' }).click();
      await schedule.getByText('started').waitFor();
      await schedule.getByRole('button', { name: 'Run now' }).click();
      await page.getByText('rcpt_nightly').waitFor({ timeout: 30_000 });
    });
  });
});

it('the audit shows who stopped a schedule', async () => {
  await at('/audit', async (page) => {
    await page.getByRole('link', { name: 'schedule.stop' }).first().click();
    await row(page, 'nightly-import').getByText(/^key:/).first().waitFor();
    await row(page, 'schedule.put').waitFor({ state: 'detached' });
  });
});

describe('the failures', () => {
  it('with the same cause are grouped, and retried together', async () => {
    await at('/failures', async (page) => {
      const group = page.getByRole('listitem').filter({ hasText: 'ECONNREFUSED' });
      await group.getByText('connect ECONNREFUSED images.internal').waitFor();
      await group.getByRole('button', { name: 'Retry…' }).click();
      const dialog = page.getByRole('dialog');
      await dialog.getByRole('button', { name: /Retry 4 jobs/ }).click();
      await dialog.getByText('4 jobs retried.').waitFor({ timeout: 60_000 });
    });
  }, 90_000);
});

describe('the overview', () => {
  it('describes what fails in a sentence with a link', async () => {
    // Other tests' charges may have succeeded within the same five minutes, so the exact number of attempts is unknown.
    const payload = { order: '7199', amount: 5, card: 'declined' };
    await shop.ended(await shop.submit({ type: 'charge', object_id: 'ord-7199', payload }));
    await at('/', async (page) => {
      const attention = page.getByRole('region', { name: 'Needs attention' });
      await attention
        .getByText(/charge has been failing since .*attempts?, “?The card of order 7199/)
        .waitFor();
      await attention.getByRole('link', { name: 'charge has been failing' }).click();
      await row(page, 'ord-7199').waitFor();
      expect(page.url()).toContain('type=charge&status=failed');
    });
  });
});

it('the console reports that the API does not respond, and keeps its data', async () => {
  const use = async (page: Page) => {
    await row(page, 'products-2026-11').waitFor();
    await page.route('**/v1/**', (route) => route.abort());
    await page.getByRole('alert').filter({ hasText: 'does not respond' }).waitFor({ timeout: 30_000 });
    await row(page, 'products-2026-11').waitFor();
    await page.unroute('**/v1/**');
    await page.getByRole('alert').waitFor({ state: 'detached', timeout: 45_000 });
  };
  await at('/jobs', use, { key: shop.adminKey }, /ERR_FAILED/);
});

it.each(LOOKS)(
  'axe has no complaints about the screens: $name',
  async (look) => {
    await judgeScreens({ browser, shop, stock }, look);
  },
  120_000,
);
