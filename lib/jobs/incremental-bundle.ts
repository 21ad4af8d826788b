import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdir, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { context, type BuildContext, type BuildFailure, type BuildResult, type Message } from 'esbuild';
import { esbuildProblems, JOBS_BUILD_OPTIONS, withSubpaths, type JobsBundling } from './jobs-bundle.ts';
import { JobsFileError } from './jobs-file-error.ts';
import { installedPackage, nativePackages, type InstalledPackage } from './native-packages.ts';
import { linkPackages } from './packages-beside-bundle.ts';

export interface IncrementalBundleOptions {
  /** Absolute path of the jobs file. */
  readonly entry: string;
  /** The jobs file's path, as shown in messages. */
  readonly name: string;
  /** Absolute path of the project's folder. Paths in messages are relative to this folder. */
  readonly project: string;
  readonly bundling: JobsBundling;
  /** Absolute path of the folder for the bundle: `index.mjs`, its source map, and `node_modules` if there are native packages. */
  readonly outputDir: string;
}

/** Incrementally bundles the jobs file and everything that it imports, to run on this machine. */
export interface IncrementalBundle {
  /**
   * Bundles the current files, like `bundleJobs`.
   *
   * @returns a digest of the bundle; equal bundles have equal digests
   * @throws JobsFileError with the file, the line and the column of each error
   */
  write(): Promise<string>;
  /** Absolute paths of the project's own files in the last bundle. */
  readonly inputs: readonly string[];
  /** The absolute paths at which the last run looked for missing files. */
  readonly missing: readonly string[];
  end(): Promise<void>;
}

type Result = BuildResult<{ metafile: true; write: false }>;

export function createIncrementalBundle(options: IncrementalBundleOptions): IncrementalBundle {
  const { entry, name, project, bundling, outputDir } = options;
  const { nodeModules = [], externalModules = [] } = bundling;
  const folder = path.dirname(entry);
  const native = new Map<string, InstalledPackage>();
  let builder: BuildContext | undefined;
  let inputs: readonly string[] = [entry];
  let missing: readonly string[] = [];

  /** Returns the packages that are linked next to the bundle instead of being bundled. */
  const packagesBeside = (): InstalledPackage[] => {
    const named = nodeModules.map((each) => installedPackage(each, folder));
    return [...new Map([...named, ...native.values()].map((each) => [each.name, each])).values()];
  };

  async function createBuilder(): Promise<BuildContext> {
    return context({
      ...JOBS_BUILD_OPTIONS,
      entryPoints: { index: entry },
      absWorkingDir: project,
      outdir: outputDir,
      external: [...externalModules, ...withSubpaths(packagesBeside())],
      // If this run finds a package that contains an addon, the next run leaves the package out.
      loader: { '.node': 'empty', ...bundling.loader },
      define: { ...bundling.define },
      write: false,
    });
  }

  async function run(): Promise<Result> {
    builder ??= await createBuilder();
    const result = (await builder.rebuild()) as Result;
    const read = Object.keys(result.metafile.inputs).map((input) => path.resolve(project, input));
    const found = nativePackages(read).filter((each) => !native.has(each.name));
    if (found.length === 0) {
      inputs = read.filter((input) => !isInstalled(input));
      return result;
    }
    for (const each of found) native.set(each.name, each);
    await builder.dispose();
    builder = undefined;
    return run();
  }

  async function write({ outputFiles }: Result): Promise<string> {
    await rm(outputDir, { recursive: true, force: true });
    const digest = createHash('sha256');
    for (const { path: file, contents } of outputFiles) {
      digest.update(`${file}\0`).update(contents);
      await mkdir(path.dirname(file), { recursive: true });
      await writeFile(file, contents);
    }
    linkPackages(packagesBeside(), outputDir);
    return digest.digest('hex');
  }

  /** After a failed build, also watches the files with errors, and the paths of missing files. */
  function noteFailure(errors: readonly Message[]): void {
    const files = errors.flatMap(({ location }) => (location ? [path.resolve(project, location.file)] : []));
    inputs = [...new Set([...inputs, ...files])];
    missing = errors.flatMap(({ text, location }) =>
      missingFiles(text, path.resolve(project, location?.file ?? '')),
    );
  }

  return {
    get inputs() {
      return inputs;
    },
    get missing() {
      return missing;
    },
    async write() {
      missing = existsSync(entry) ? [] : [entry];
      if (missing.length > 0) throw new JobsFileError(name, ['it does not exist']);
      try {
        const result = await run();
        const addon = inputs.find((input) => input.endsWith('.node'));
        if (addon === undefined) return await write(result);
        const shown = path.relative(project, addon);
        throw new Error(`${shown} is a native addon, which a bundle can't contain: move it to a package`);
      } catch (error) {
        const { errors } = error as Partial<BuildFailure>;
        if (!errors) throw new JobsFileError(name, [error instanceof Error ? error.message : String(error)]);
        noteFailure(errors);
        throw new JobsFileError(name, esbuildProblems(error));
      }
    },
    async end() {
      await builder?.dispose();
    },
  };
}

function isInstalled(file: string): boolean {
  return file.split(path.sep).includes('node_modules');
}

/** Returns the path of an unresolved file, without the extension, because `./word.js` may stand for `word.ts`. */
function missingFiles(message: string, importer: string): string[] {
  const [, specifier] = /^Could not resolve "(\.[^"]*)"/.exec(message) ?? [];
  if (specifier === undefined) return [];
  return [path.resolve(path.dirname(importer), specifier.replace(/\.[cm]?[jt]sx?$/, ''))];
}
