import { spawn } from 'node:child_process';
import { once } from 'node:events';

/** The program that opens a URL in the default browser, with the arguments that precede the URL. Keyed by operating system. */
const OPENERS: Readonly<
  Partial<Record<NodeJS.Platform, readonly [program: string, ...arguments: string[]]>>
> = {
  darwin: ['open'],
  win32: ['rundll32', 'url.dll,FileProtocolHandler'],
};

const OTHER_OPENER = ['xdg-open'] as const;

/**
 * Opens a URL in the user's browser.
 *
 * @throws Error if the system has no program that opens URLs
 */
export async function openInBrowser(
  url: string,
  environment: Readonly<Record<string, string | undefined>>,
): Promise<void> {
  const [program, ...options] = OPENERS[process.platform] ?? OTHER_OPENER;
  const child = spawn(program, [...options, url], {
    detached: true,
    stdio: 'ignore',
    env: { ...environment },
  });
  try {
    await once(child, 'spawn');
  } catch (error) {
    throw new Error(`could not start ${program}: open ${url} yourself`, { cause: error });
  }
  child.unref();
}
