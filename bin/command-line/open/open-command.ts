import type { Command } from 'commander';
import { openInBrowser } from './browser.ts';
import { openSession, type Terminal } from '../session.ts';

/** `open`: opens the deployment in the browser. */
export function addOpenCommand(program: Command, terminal: Terminal): void {
  program
    .command('open')
    .description("open the deployment's page in the browser: the documentation of its API, to read and try")
    .action(async (_options: unknown, command: Command) => {
      const { url, show } = openSession(command, terminal);
      const page = { url: pageOf(url) };
      show(page, (opened) => opened.url);
      await openInBrowser(page.url, terminal.environment);
    });
}

/** The page of a deployment for people. */
export function pageOf(apiUrl: string): string {
  return `${apiUrl.replace(/\/+$/, '')}/docs`;
}
