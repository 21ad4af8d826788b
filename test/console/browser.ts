import { mkdir, readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import path from 'node:path';
import type * as Playwright from 'playwright-core';
import { needPackages } from '../helpers/system-packages.ts';

/** The path of the system's Chromium, which tests use instead of downloading a browser. */
const EXECUTABLE = '/usr/bin/chromium';

const FLAGS = [
  '--no-sandbox',
  '--disable-gpu',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
];

/** The window sizes and themes in which each screen is checked. */
export const LOOKS = [
  { name: 'wide-light', width: 1440, height: 900, colorScheme: 'light' },
  { name: 'wide-dark', width: 1440, height: 900, colorScheme: 'dark' },
  { name: 'phone-light', width: 390, height: 844, colorScheme: 'light' },
  { name: 'phone-dark', width: 390, height: 844, colorScheme: 'dark' },
] as const;
export type Look = (typeof LOOKS)[number];

/** The folder for screenshots. If undefined, no screenshots are taken. */
const PICTURES = process.env.CONSOLE_PICTURES;

/** `CONSOLE_DOCS=1` updates the screenshots in the README and the docs. */
const WRITES_DOCS = process.env.CONSOLE_DOCS === '1';
const DOCS_IMAGES = path.resolve(import.meta.dirname, '../../docs/images');

/** The part of the screen that appears in the docs' screenshots. */
const DOCS_CLIP = { x: 0, y: 0, width: 1440, height: 760 };

export async function openBrowser(): Promise<Playwright.Browser> {
  await needPackages('The console’s tests', ['chromium']);
  const { chromium } = await import('playwright-core');
  return chromium.launch({ executablePath: EXECUTABLE, args: FLAGS });
}

export interface OpenPageOptions {
  readonly look?: Look;
  /** The API key to put into the tab's session storage. */
  readonly key?: string;
}

/** A console page in a new browser context, and the errors and warnings that the browser reported. */
export interface ConsolePage {
  readonly page: Playwright.Page;
  readonly complaints: string[];
}

export async function openConsole(
  browser: Playwright.Browser,
  { look = LOOKS[0], key }: OpenPageOptions = {},
): Promise<ConsolePage> {
  const { width, height, colorScheme } = look;
  const context = await browser.newContext({ viewport: { width, height }, colorScheme });
  await context.grantPermissions(['clipboard-read', 'clipboard-write']);
  if (key !== undefined) await context.addInitScript(`sessionStorage.setItem('errand-key', '${key}')`);
  const page = await context.newPage();
  page.setDefaultTimeout(15_000);
  const complaints: string[] = [];
  page.on('console', (message) => {
    if (['error', 'warning'].includes(message.type())) complaints.push(message.text());
  });
  page.on('pageerror', (error) => complaints.push(String(error)));
  return { page, complaints };
}

/** Returns axe's findings for WCAG 2.2 AA and best practices, one per line. */
export async function violations(page: Playwright.Page): Promise<string[]> {
  const source = await readFile(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');
  // The script is evaluated through the debugger, because the page's content security policy blocks injected scripts.
  return page.evaluate<string[]>(`${source};
    axe.run(document, { resultTypes: ['violations'] }).then(({ violations }) =>
      violations.flatMap(({ id, nodes }) => nodes.map((node) => id + ': ' + node.target.join(' '))))`);
}

export async function takePicture(page: Playwright.Page, name: string): Promise<void> {
  if (PICTURES === undefined) return;
  await mkdir(PICTURES, { recursive: true });
  await page.screenshot({ path: path.join(PICTURES, `${name}.png`), animations: 'disabled' });
}

/** Writes `docs/images/console-<name>.png`. The image has 256 colors, which are enough for a screenshot. */
export async function takeDocsPicture(page: Playwright.Page, name: string): Promise<void> {
  if (!WRITES_DOCS) return;
  const { default: sharp } = await import('sharp');
  await mkdir(DOCS_IMAGES, { recursive: true });
  const picture = await page.screenshot({ clip: DOCS_CLIP, animations: 'disabled' });
  await sharp(picture)
    .png({ palette: true, effort: 10 })
    .toFile(path.join(DOCS_IMAGES, `console-${name}.png`));
}
