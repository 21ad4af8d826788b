import { execFile } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { promisify } from 'node:util';
import { PROJECT } from './stack.ts';

const LIST = path.join(PROJECT, 'test/system-packages.txt');

/** A Debian package, and a command that checks whether the package's contents are installed. */
export interface SystemPackage {
  readonly name: string;
  /** A shell command that succeeds if the contents are installed. */
  readonly check: string;
}

/**
 * Fails if the machine lacks a package that neither npm nor PyPI provides. Tests don't install anything on the machine.
 *
 * @param purpose the program that needs the packages, for the error message
 * @param names the packages' names in test/system-packages.txt
 * @throws Error that names the missing packages and says how to install them
 */
export async function needPackages(purpose: string, names: readonly string[]): Promise<void> {
  const packages = await readSystemPackages();
  const missing: string[] = [];
  for (const wanted of names) {
    const listed = packages.find(({ name }) => name === wanted);
    if (!listed) throw new Error(`test/system-packages.txt does not list ${wanted}.`);
    if (!(await succeeds(listed.check))) missing.push(wanted);
  }
  if (missing.length === 0) return;
  throw new Error(
    `${purpose} needs these Debian packages: ${missing.join(', ')}. Run \`sudo apt-get install ${missing.join(' ')}\`, or install ` +
      'their equivalents on another system. docs/testing.md lists everything that the tests need.',
  );
}

export async function readSystemPackages(): Promise<readonly SystemPackage[]> {
  const lines = (await readFile(LIST, 'utf8')).split('\n').filter((line) => /^[^#\s]/.test(line));
  return lines.map((line) => {
    const [, name = '', check = ''] = /^(\S+)\s+(.*)$/.exec(line) ?? [];
    return { name, check };
  });
}

async function succeeds(command: string): Promise<boolean> {
  return promisify(execFile)('/bin/sh', ['-c', command], { env: process.env }).then(
    () => true,
    () => false,
  );
}
