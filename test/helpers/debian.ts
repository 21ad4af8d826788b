import { access, constants } from 'node:fs/promises';
import path from 'node:path';
import { run } from './commands.ts';

/**
 * Sees to it that commands are there which neither npm nor PyPI has: installs what is missing of them from Debian's packages, or those
 * of what is made from Debian.
 *
 * @param purpose what they are needed for, for messages
 * @param packageOf the package of each command
 * @throws Error that names the packages, where that takes somebody else: who is not root, or has no apt-get
 */
export async function needCommands(
  purpose: string,
  packageOf: Readonly<Record<string, string>>,
  signal?: AbortSignal,
): Promise<void> {
  const missing: string[] = [];
  for (const [command, debianPackage] of Object.entries(packageOf)) {
    if (!(await isCommand(command))) missing.push(debianPackage);
  }
  if (missing.length > 0) await installDebian(purpose, missing, signal);
}

/** As {@link needCommands}, for packages of which it is known that they are missing. */
export async function installDebian(
  purpose: string,
  packages: readonly string[],
  signal?: AbortSignal,
): Promise<void> {
  const names = packages.join(' ');
  if (process.getuid?.() !== 0 || !(await isCommand('apt-get'))) {
    throw new Error(
      `${purpose} needs what Debian has in ${names}, which only root can install: \`sudo apt-get install ${names}\`.`,
    );
  }
  const environment = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' };
  const install = async (): Promise<void> => {
    console.log(`Installing ${names} by apt-get: ${purpose} needs what is in there`);
    await run('apt-get', ['update', '-q'], environment, signal);
    await run('apt-get', ['install', '-qy', '--no-install-recommends', ...packages], environment, signal);
  };
  const mine = installing.then(install);
  installing = mine.catch(() => undefined);
  await mine;
}

/** apt-get takes one at a time. */
let installing: Promise<unknown> = Promise.resolve();

async function isCommand(name: string): Promise<boolean> {
  const folders = (process.env.PATH ?? '').split(path.delimiter);
  const found = await Promise.all(
    folders.map((folder) =>
      access(path.join(folder, name), constants.X_OK).then(
        () => true,
        () => false,
      ),
    ),
  );
  return found.includes(true);
}
