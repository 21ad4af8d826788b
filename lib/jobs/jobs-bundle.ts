import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import {
  buildSync,
  formatMessagesSync,
  type BuildFailure,
  type BuildOptions,
  type Loader,
  type OutputFile,
} from 'esbuild';
import { JobsFileError } from './jobs-file-error.ts';
import { installedPackage, nativePackages, type InstalledPackage } from './native-packages.ts';
import { installPackages, linkPackages } from './packages-beside-bundle.ts';

/** Options for bundling the jobs file. */
export interface JobsBundling {
  /**
   * Modules to leave out of the bundle because the runtime provides them, such as a layer's modules.
   *
   * @default - none
   */
  readonly externalModules?: readonly string[];
  /**
   * Packages to install next to the bundle instead of bundling them. The packages are installed for Lambda's platform, in the versions that your
   * project uses. Errand detects packages with native parts, such as `sharp`, automatically.
   *
   * @default - the packages with native parts
   */
  readonly nodeModules?: readonly string[];
  /**
   * How esbuild loads files, by extension: `{ '.html': 'text' }`.
   *
   * @default - esbuild's loaders
   */
  readonly loader?: Readonly<Record<string, Loader>>;
  /**
   * Expressions that esbuild replaces with constants: `{ 'process.env.STAGE': '"production"' }`.
   *
   * @default - none
   */
  readonly define?: Readonly<Record<string, string>>;
}

/** The platform on which a bundle runs: Lambda, or this machine in the embedded cloud. */
export type BundlePlatform = 'lambda-arm64' | 'lambda-x64' | 'host';

export interface JobsBundleOptions extends JobsBundling {
  /** Absolute path of the jobs file. */
  readonly entry: string;
  /**
   * The jobs file's path, as shown in messages.
   *
   * @default - the absolute path
   */
  readonly name?: string;
  /** The output folder for `index.mjs`, its source map, and `node_modules` if there are native packages. */
  readonly outputDir: string;
  readonly platform: BundlePlatform;
}

/** In a checkout, `errand/jobs` is imported from its source, without a build (package.json, "exports"). */
const CONDITIONS = path.extname(import.meta.filename) === '.ts' ? ['errand-source'] : [];

/** Options for bundling to an ES module that runs in Lambda. The module defines `require` for CommonJS packages. */
export const JOBS_BUILD_OPTIONS = {
  bundle: true,
  platform: 'node',
  format: 'esm',
  target: 'node24',
  outExtension: { '.js': '.mjs' },
  mainFields: ['module', 'main'],
  conditions: CONDITIONS,
  banner: {
    js: "import { createRequire as __createRequire } from 'node:module'; const require = __createRequire(import.meta.url);",
  },
  sourcemap: true,
  metafile: true,
  logLevel: 'silent',
} satisfies BuildOptions;

/**
 * Bundles a jobs file with everything that it imports. If the bundle contains packages with native parts, esbuild runs again without these
 * packages.
 *
 * @throws JobsFileError with the file and line of each esbuild error, or the name of the package that can't be installed
 */
export function bundleJobs(options: JobsBundleOptions): void {
  const { entry, outputDir, platform, nodeModules = [], externalModules = [] } = options;
  const { name = entry } = options;
  if (!existsSync(entry)) throw new JobsFileError(name, ['it does not exist']);
  const named = nodeModules.map((each) => findPackage(each, options));
  const left = [...externalModules, ...withSubpaths(named)];
  const first = build(options, left, false);
  const native = nativePackages(first.inputs);
  const beside = [...new Map([...named, ...native].map((each) => [each.name, each])).values()];
  if (first.inputs.some((input) => input.endsWith('.node')) || native.length > 0)
    build(options, [...left, ...withSubpaths(native)], true);
  else writeFiles(first.files);
  if (beside.length === 0) return;
  try {
    if (platform === 'host') linkPackages(beside, outputDir);
    else installPackages(beside, outputDir, platform === 'lambda-arm64' ? 'arm64' : 'x64');
  } catch (error) {
    throw new JobsFileError(name, [error instanceof Error ? error.message : String(error)]);
  }
}

interface Build {
  /** Absolute paths of the files that went into the bundle. */
  readonly inputs: readonly string[];
  /** The bundle's files, if they were not written to disk. */
  readonly files: readonly OutputFile[];
}

function build(options: JobsBundleOptions, external: readonly string[], write: boolean): Build {
  const { entry, name = entry, outputDir, loader = {}, define = {} } = options;
  const folder = path.dirname(entry);
  try {
    const { metafile, outputFiles = [] } = buildSync({
      ...JOBS_BUILD_OPTIONS,
      entryPoints: { index: entry },
      absWorkingDir: folder,
      outdir: outputDir,
      external: [...external],
      // Only the first run encounters native addons: it detects the packages that contain them, and the second run leaves those packages out.
      loader: { ...(!write && { '.node': 'empty' }), ...loader },
      define: { ...define },
      write,
    });
    return {
      inputs: Object.keys(metafile.inputs).map((input) => path.resolve(folder, input)),
      files: outputFiles,
    };
  } catch (error) {
    throw new JobsFileError(name, esbuildProblems(error));
  }
}

function writeFiles(files: readonly OutputFile[]): void {
  for (const file of files) {
    mkdirSync(path.dirname(file.path), { recursive: true });
    writeFileSync(file.path, file.contents);
  }
}

/** Returns esbuild's errors, with the file, the line and the affected code. */
export function esbuildProblems(error: unknown): string[] {
  const { errors } = error as Partial<BuildFailure>;
  if (!errors) throw error;
  return formatMessagesSync(errors, { kind: 'error', color: false }).map((message) => message.trim());
}

function findPackage(
  packageName: string,
  { entry, name = entry }: Pick<JobsBundleOptions, 'entry' | 'name'>,
): InstalledPackage {
  try {
    return installedPackage(packageName, path.dirname(entry));
  } catch (error) {
    throw new JobsFileError(name, [error instanceof Error ? error.message : String(error)]);
  }
}

/** Returns patterns for esbuild's `external` option that match all imports of the packages, including subpaths. */
export function withSubpaths(packages: readonly InstalledPackage[]): string[] {
  return packages.flatMap(({ name }) => [name, `${name}/*`]);
}
