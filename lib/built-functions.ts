import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import {
  accessSync,
  constants,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import type { FunctionName } from '../lambdas/environment.ts';
import { packageRoot } from './package-root.ts';

/** The script that builds the functions. It exists only in a checkout. */
const BUILD_SCRIPT = path.join(packageRoot, 'tools/build/functions-of-checkout.ts');

/** The sources of the built functions, including the lock file, which determines the versions of the bundled packages. */
const SOURCES = [
  'lambdas',
  'lib/jobs',
  'tools/build',
  'packages/client/src',
  'packages/console/index.html',
  'packages/console/src',
  'package.json',
  'package-lock.json',
];

const CACHE = path.join(packageRoot, 'node_modules/.cache/errand/functions');

/** The maximum number of cached builds: enough for a few branches, and for the versions that a benchmark compares. */
const KEPT_BUILDS = 5;

let build: string | undefined;

/**
 * Returns the folder with a function's code. The folder is part of the package. In a checkout, the function is rebuilt whenever its sources
 * change.
 *
 * @throws Error with esbuild's reason if the function can't be built
 */
export function builtFunction(name: FunctionName): string {
  return path.join(buildFolder(), 'functions', name);
}

/** Returns the folder that contains `functions`. In a checkout, the folder also contains `accounts`, with each function's esbuild metafile. */
export function buildFolder(): string {
  build ??= existsSync(BUILD_SCRIPT) ? buildFromSources() : path.join(packageRoot, 'dist');
  return build;
}

function buildFromSources(): string {
  const folder = path.join(CACHE, digestOfSources());
  if (existsSync(folder)) return folder;
  if (!canWriteCache()) return buildForThisProcess();
  // Build in a folder with a temporary name, so that an interrupted build is never used.
  const unfinished = mkdtempSync(path.join(CACHE, 'building-'));
  try {
    runBuild(unfinished);
    rename(unfinished, folder);
  } finally {
    rmSync(unfinished, { recursive: true, force: true });
  }
  removeOldBuilds();
  return folder;
}

/** Builds into a temporary folder, because a read-only checkout can't cache the build. */
function buildForThisProcess(): string {
  const folder = mkdtempSync(path.join(tmpdir(), 'errand-functions-'));
  process.once('exit', () => {
    rmSync(folder, { recursive: true, force: true });
  });
  runBuild(folder);
  return folder;
}

function canWriteCache(): boolean {
  try {
    mkdirSync(CACHE, { recursive: true });
    accessSync(CACHE, constants.W_OK);
    return true;
  } catch (error) {
    if (['EACCES', 'EROFS'].includes((error as NodeJS.ErrnoException).code ?? '')) return false;
    throw error;
  }
}

function runBuild(folder: string): void {
  const { status, stderr, error } = spawnSync(process.execPath, [BUILD_SCRIPT, folder], {
    cwd: packageRoot,
    stdio: ['ignore', 'ignore', 'pipe'],
    encoding: 'utf8',
  });
  if (status !== 0) throw new Error(`The Lambda functions can't be built: ${error?.message ?? stderr}`);
}

/** Gives the build its final name. Does nothing if another process has finished the same build in the meantime. */
function rename(unfinished: string, folder: string): void {
  try {
    renameSync(unfinished, folder);
  } catch (error) {
    if (!existsSync(folder)) throw error;
  }
}

function removeOldBuilds(): void {
  const builds = readdirSync(CACHE)
    .filter((name) => !name.startsWith('building-'))
    .map((name) => path.join(CACHE, name))
    .sort((a, b) => statSync(b).mtimeMs - statSync(a).mtimeMs);
  for (const folder of builds.slice(KEPT_BUILDS)) rmSync(folder, { recursive: true, force: true });
}

function digestOfSources(): string {
  const hash = createHash('sha256');
  for (const source of SOURCES) {
    for (const file of filesOf(source)) {
      hash
        .update(`${file}\0`)
        .update(readFileSync(path.join(packageRoot, file)))
        .update('\0');
    }
  }
  return hash.digest('hex').slice(0, 16);
}

/** Lists a folder's files in a fixed order, with paths relative to the package's root. If `source` is a file, lists only that file. */
function filesOf(source: string): string[] {
  if (statSync(path.join(packageRoot, source)).isFile()) return [source];
  return readdirSync(path.join(packageRoot, source), { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => path.relative(packageRoot, path.join(entry.parentPath, entry.name)))
    .sort();
}
