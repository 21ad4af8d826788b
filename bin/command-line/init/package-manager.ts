import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import path from 'node:path';

/** Each package manager with its lockfile. */
const LOCKFILES = {
  npm: 'package-lock.json',
  pnpm: 'pnpm-lock.yaml',
  yarn: 'yarn.lock',
} as const;

export type PackageManager = keyof typeof LOCKFILES;

/** Each package manager's command for running an installed program, such as `errand`. */
export const RUN_PROGRAM: Readonly<Record<PackageManager, string>> = {
  npm: 'npx',
  pnpm: 'pnpm exec',
  yarn: 'yarn',
};

/**
 * Determines a project's package manager from its lockfile. Without a lockfile, returns the package manager that runs this command.
 *
 * @param userAgent the npm_config_user_agent variable, such as `pnpm/10.5.2 npm/? node/v24.0.0 linux x64`
 */
export function packageManagerOf(folder: string, userAgent = ''): PackageManager {
  const managers = Object.keys(LOCKFILES) as PackageManager[];
  return (
    managers.find((name) => existsSync(path.join(folder, LOCKFILES[name]))) ??
    managers.find((name) => userAgent.startsWith(`${name}/`)) ??
    'npm'
  );
}

/**
 * Installs a project's packages.
 *
 * @returns the package manager's exit code
 * @throws Error if the package manager can't be run
 */
export async function install(manager: PackageManager, folder: string): Promise<number> {
  const child = spawn(manager, ['install'], {
    cwd: folder,
    stdio: ['ignore', 'inherit', 'inherit'],
    // On Windows, package managers are scripts.
    shell: process.platform === 'win32',
  });
  const [code] = (await once(child, 'close')) as [number | null];
  return code ?? 1;
}
