import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';

/** An installed package that goes next to the bundle instead of into it. */
export interface InstalledPackage {
  readonly name: string;
  /** The exact version, such as `0.35.5`. */
  readonly version: string;
  /** The folder that contains the package's package.json. */
  readonly folder: string;
}

interface Manifest {
  readonly name?: string;
  readonly version?: string;
  readonly gypfile?: boolean;
  readonly binary?: unknown;
  readonly scripts?: Readonly<Record<string, string>>;
  readonly optionalDependencies?: Readonly<Record<string, string>>;
  readonly os?: readonly string[];
  readonly cpu?: readonly string[];
}

/** Matches install scripts that compile or download a native addon. */
const NATIVE_INSTALL = /node-gyp|node-pre-gyp|prebuild|prebuildify|cmake-js|napi|neon/;

/** Matches a platform in an optional dependency's name, such as `@img/sharp-linux-arm64` or `@esbuild/darwin-x64`. */
const PLATFORM = /(linux|darwin|win32)(musl)?-(x64|arm64|ia32|arm)/;

/**
 * Finds the packages with native parts in a bundle, because native parts can't be bundled. A package has native parts if it
 * contains an addon (`.node`), or if its optional dependencies are builds for different platforms.
 *
 * @param inputs absolute paths of the files that esbuild read
 */
export function nativePackages(inputs: Iterable<string>): InstalledPackage[] {
  const found = new Map<string, InstalledPackage>();
  const seen = new Set<string>();
  for (const input of inputs) {
    const folder = packageFolder(input);
    if (folder === undefined || seen.has(folder)) continue;
    seen.add(folder);
    const manifest = readManifest(folder);
    if (manifest.name !== undefined && isNative(folder, manifest)) {
      found.set(manifest.name, { name: manifest.name, version: manifest.version ?? '*', folder });
    }
  }
  return [...found.values()].sort((a, b) => (a.name < b.name ? -1 : 1));
}

/**
 * Finds an installed package in a folder or the folders above it, as Node does.
 *
 * @throws Error that names the package and says how to install it
 */
export function installedPackage(name: string, from: string): InstalledPackage {
  for (let folder = from; ; folder = path.dirname(folder)) {
    const candidate = path.join(folder, 'node_modules', name);
    if (existsSync(path.join(candidate, 'package.json'))) {
      return { name, version: readManifest(candidate).version ?? '*', folder: candidate };
    }
    if (path.dirname(folder) === folder) break;
  }
  throw new Error(`the package "${name}" is not installed in ${from}: npm install ${name}`);
}

/** Returns the folder of the package that a file belongs to; undefined for the user's own files. */
function packageFolder(file: string): string | undefined {
  const marker = `${path.sep}node_modules${path.sep}`;
  const start = file.lastIndexOf(marker);
  if (start < 0) return undefined;
  const [scopeOrName = '', name = ''] = file.slice(start + marker.length).split(path.sep);
  return path.join(
    file.slice(0, start + marker.length),
    scopeOrName,
    scopeOrName.startsWith('@') ? name : '',
  );
}

function readManifest(folder: string): Manifest {
  return JSON.parse(readFileSync(path.join(folder, 'package.json'), 'utf8')) as Manifest;
}

function isNative(folder: string, manifest: Manifest): boolean {
  const { gypfile, binary, scripts = {}, optionalDependencies = {} } = manifest;
  if (gypfile === true || binary !== undefined) return true;
  if (existsSync(path.join(folder, 'binding.gyp')) || existsSync(path.join(folder, 'prebuilds'))) return true;
  if ([scripts.install, scripts.postinstall].some((script) => NATIVE_INSTALL.test(script ?? ''))) return true;
  return Object.keys(optionalDependencies).some((name) => PLATFORM.test(name));
}
