import { mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { run } from '../../emulator/commands.ts';
import { PROJECT } from '../../helpers/stack.ts';

const VERSION = '4.0.2';

/**
 * Installs AWS's runtime interface client for Node below `node_modules/.cache`, once. Its native half, which speaks the Runtime
 * API, is compiled from its sources: with a C++ compiler, cmake, autotools and make, in a minute and a half.
 *
 * @returns the path of its main file
 * @throws Error where it can't be compiled
 */
export async function installRic(signal: AbortSignal): Promise<string> {
  const folder = path.join(PROJECT, 'node_modules/.cache/errand', `aws-lambda-ric-${VERSION}`);
  const main = path.join(folder, 'node_modules/aws-lambda-ric/index.mjs');
  // Written last: what was interrupted is never taken for whole.
  const done = path.join(folder, 'installed');
  if ((await readFile(done, 'utf8').catch(() => undefined)) === process.version) return main;

  await rm(folder, { recursive: true, force: true });
  await mkdir(folder, { recursive: true });
  const manifest = { private: true, allowScripts: { 'aws-lambda-ric': true } };
  await writeFile(path.join(folder, 'package.json'), JSON.stringify(manifest));
  const install = ['install', '--prefix', folder, '--no-audit', '--no-fund', `aws-lambda-ric@${VERSION}`];
  try {
    await run('npm', install, process.env, signal);
  } catch (cause) {
    const needed = 'a C++ compiler, cmake, autoconf, automake, libtool and make';
    throw new Error(`aws-lambda-ric ${VERSION} can't be compiled: it takes ${needed}. ${String(cause)}`, {
      cause,
    });
  }
  // It is compiled for this version of Node.
  await writeFile(done, process.version);
  return main;
}
