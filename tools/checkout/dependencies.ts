import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import {
  chmod,
  copyFile,
  mkdir,
  mkdtemp,
  readdir,
  readFile,
  readlink,
  rename,
  rm,
  symlink,
} from 'node:fs/promises';
import path from 'node:path';
import { promisify } from 'node:util';

const WORKING_TREE = path.resolve(import.meta.dirname, '../..');
const CACHE = path.join(WORKING_TREE, 'node_modules/.cache/errand-dependencies');

/**
 * Fills `node_modules` in a checkout of another commit. If the working tree has all of the checkout's packages, links the working tree's packages.
 * Otherwise, links an installation under `node_modules/.cache/errand-dependencies`, which `npm ci` creates once for each lock file. Workspaces
 * become links to the checkout's own folders.
 *
 * @param tell called before `npm ci` runs
 * @throws Error if the dependencies cannot be installed
 */
export async function provideDependencies(
  folder: string,
  signal: AbortSignal,
  tell: (line: string) => void,
): Promise<void> {
  const [lockFile, ours] = await Promise.all(
    [folder, WORKING_TREE].map((root) => readFile(path.join(root, 'package-lock.json'))),
  );
  if (!lockFile || !ours) throw new Error(`${folder} has no package-lock.json.`);
  const modules = hasAllPackages(ours.toString(), lockFile.toString())
    ? path.join(WORKING_TREE, 'node_modules')
    : await install(folder, lockFile, signal, tell);
  await linkModules(modules, path.join(folder, 'node_modules'));
}

/**
 * Whether an installation of one lock file can be used in place of an installation of another one. It has all packages of the other one, in the
 * same folders and with the same content. Its additional packages are in none of these packages' own `node_modules` folders, so each package
 * finds the same dependencies. Workspaces are not compared.
 */
export function hasAllPackages(lockFile: string, otherLockFile: string): boolean {
  const [packages, others] = [packagesOf(lockFile), packagesOf(otherLockFile)];
  for (const [folder, { version, integrity }] of others) {
    const same = packages.get(folder);
    if (!same || same.version !== version || same.integrity !== integrity) return false;
  }
  return [...packages.keys()].every((folder) => {
    const parent = folder.slice(0, Math.max(0, folder.lastIndexOf('/node_modules/')));
    return others.has(folder) || !others.has(parent);
  });
}

interface LockedPackage {
  readonly version?: string;
  readonly integrity?: string;
}

/** Returns a lock file's packages by folder, such as `node_modules/pg`, excluding the workspaces. */
function packagesOf(lockFile: string): Map<string, LockedPackage> {
  const { packages } = JSON.parse(lockFile) as { packages: Record<string, LockedPackage> };
  return new Map(Object.entries(packages).filter(([folder]) => folder.startsWith('node_modules/')));
}

/**
 * Creates a `node_modules` folder with a link to each package in an existing `node_modules` folder. Workspaces become links to the new checkout's
 * workspaces. The build cache is left out.
 */
export async function linkModules(from: string, to: string): Promise<void> {
  await mkdir(to);
  for (const entry of await readdir(from, { withFileTypes: true })) {
    if (entry.name === '.cache') continue;
    const source = path.join(from, entry.name);
    // npm links a workspace by its relative path, such as ../packages/local.
    const target = entry.isSymbolicLink() ? await readlink(source) : source;
    await symlink(target, path.join(to, entry.name));
  }
}

async function install(
  folder: string,
  lockFile: Buffer,
  signal: AbortSignal,
  tell: (line: string) => void,
): Promise<string> {
  const key = createHash('sha256').update(process.version).update(lockFile).digest('hex').slice(0, 12);
  const installed = path.join(CACHE, key);
  if (existsSync(installed)) return path.join(installed, 'node_modules');

  tell(`${path.basename(folder)} has a different package-lock.json: running npm ci`);
  await mkdir(CACHE, { recursive: true });
  // The installation gets its final name only when it is complete, so an interrupted installation is never used.
  const unfinished = await mkdtemp(path.join(CACHE, 'installing-'));
  // If this process runs as root, PostgreSQL runs as another user. That user needs access to PostgreSQL's programs. The embedded cloud may
  // have created `.cache` for its owner only.
  await chmod(path.dirname(CACHE), 0o711);
  await chmod(unfinished, 0o755);
  try {
    for (const name of [
      'package.json',
      'package-lock.json',
      '.npmrc',
      ...(await workspaceManifests(folder)),
    ]) {
      const file = path.join(folder, name);
      if (!existsSync(file)) continue;
      await mkdir(path.dirname(path.join(unfinished, name)), { recursive: true });
      await copyFile(file, path.join(unfinished, name));
    }
    await promisify(execFile)('npm', ['ci', '--no-audit', '--no-fund'], {
      cwd: unfinished,
      signal,
      env: withoutOwnConfiguration(process.env),
    });
    // Another run may have finished the same installation first.
    await rename(unfinished, installed).catch((error: unknown) => {
      if (!existsSync(installed)) throw error;
    });
  } catch (cause) {
    const reason = (cause as { stderr?: string }).stderr?.trim() ?? String(cause);
    throw new Error(`The dependencies of ${path.basename(folder)} cannot be installed: ${reason}`, { cause });
  } finally {
    await rm(unfinished, { recursive: true, force: true });
  }
  return path.join(installed, 'node_modules');
}

/**
 * Removes the `npm_config_*` variables. With these variables, `npm run` passes this version's .npmrc to its scripts, but the other version has its
 * own .npmrc.
 */
function withoutOwnConfiguration(environment: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  return Object.fromEntries(Object.entries(environment).filter(([name]) => !/^npm_config_/i.test(name)));
}

/**
 * Returns the paths of the workspaces' manifests, such as `packages/local/package.json`. `npm ci` compares these files with the lock file.
 */
async function workspaceManifests(folder: string): Promise<string[]> {
  const names = existsSync(path.join(folder, 'packages')) ? await readdir(path.join(folder, 'packages')) : [];
  return names.map((name) => path.join('packages', name, 'package.json'));
}
