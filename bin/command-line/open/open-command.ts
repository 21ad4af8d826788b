import { Argument, type Command } from 'commander';
import { openInBrowser } from './browser.ts';
import { openSession, type Terminal } from '../session.ts';

/** A deployment's web pages. */
const PAGES = ['console', 'docs'] as const;
type Page = (typeof PAGES)[number];

/** Adds `open`, which opens the deployment in the browser. */
export function addOpenCommand(program: Command, terminal: Terminal): void {
  program
    .command('open')
    .description('open the console or the API documentation in your browser')
    .addArgument(new Argument('[page]', 'the page to open').choices(PAGES).default('console'))
    .action(async (name: Page, _options: unknown, command: Command) => {
      const { url, show } = openSession(command, terminal);
      const page = { url: pageOf(url, name) };
      show(page, (opened) => opened.url);
      await openInBrowser(page.url, terminal.environment);
    });
}

function pageOf(apiUrl: string, page: Page): string {
  return `${apiUrl.replace(/(?<!\/)\/+$/, '')}/${page}`;
}
