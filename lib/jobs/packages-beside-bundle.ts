import { spawnSync } from 'node:child_process';
import { mkdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import type { InstalledPackage } from './native-packages.ts';

/**
 * Links the project's installed packages next to a bundle that runs on this machine. The packages' native parts are already built for this
 * machine.
 */
export function linkPackages(packages: readonly InstalledPackage[], outputDir: string): void {
  for (const { name, folder } of packages) {
    const link = path.join(outputDir, 'node_modules', name);
    mkdirSync(path.dirname(link), { recursive: true });
    symlinkSync(folder, link, 'dir');
  }
}

/**
 * Installs packages next to a bundle for Lambda, which runs Linux with glibc. Nothing is compiled: npm downloads the builds that the
 * packages publish for Lambda's platform, even on a different machine (docs.npmjs.com, "npm install", `--os`, `--cpu`, `--libc`).
 *
 * @throws Error with npm's reason
 */
export function installPackages(
  packages: readonly InstalledPackage[],
  outputDir: string,
  cpu: 'arm64' | 'x64',
): void {
  const dependencies = Object.fromEntries(packages.map(({ name, version }) => [name, version]));
  const manifest = path.join(outputDir, 'package.json');
  writeFileSync(manifest, JSON.stringify({ private: true, dependencies }));
  const options = [
    '--os=linux',
    `--cpu=${cpu}`,
    '--libc=glibc',
    '--omit=dev',
    '--no-audit',
    '--no-fund',
    '--no-package-lock',
  ];
  // Install scripts must not run, because they would build or download files for this machine.
  const npm = spawnSync('npm', ['install', '--ignore-scripts', ...options], {
    cwd: outputDir,
    encoding: 'utf8',
    shell: process.platform === 'win32',
  });
  if (npm.error)
    throw new Error(`npm could not be started to install ${namesOf(packages)}: ${npm.error.message}`);
  if (npm.status !== 0) {
    throw new Error(`npm could not install ${namesOf(packages)} for linux-${cpu}:\n${npm.stderr.trim()}`);
  }
  rmSync(path.join(outputDir, 'node_modules', '.package-lock.json'), { force: true });
}

function namesOf(packages: readonly InstalledPackage[]): string {
  return packages.map(({ name, version }) => `${name}@${version}`).join(', ');
}
