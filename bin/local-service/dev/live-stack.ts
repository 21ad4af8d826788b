import { rm } from 'node:fs/promises';
import path from 'node:path';
import type { EmbeddedCloud } from 'errand-local';
import { openLiveJobs, type JobsVersion, type LiveJobs } from '#live-jobs';
import type { JobsBundling } from '../../../lib/jobs/jobs-bundle.ts';
import { duration } from '../step-line.ts';
import { CommandLineError, type AssemblySource, type SynthesizedAssembly } from './assembly-source.ts';
import { createFileWatcher, type Changes } from './file-watcher.ts';

export interface LiveStackOptions {
  readonly source: AssemblySource;
  /** Absolute path of the project's folder. */
  readonly project: string;
  /** Absolute path of a folder for assemblies and code. The functions run code from this folder, so it must exist until they stop. */
  readonly folder: string;
  /** The paths in stack traces: `project` uses the same paths as in Lambda, `file` uses paths that a debugger can open. */
  readonly paths: 'project' | 'file';
  readonly print: (line: string) => void;
  readonly signal: AbortSignal;
}

/** A running stack that follows changes to its project's files. */
export interface LiveStack {
  /** Builds the jobs file, and builds it again after each change until it is valid. @returns false if the signal was aborted first */
  prepare(): Promise<boolean>;
  /** Synthesizes the stack with the most recently built jobs. */
  synthesize(awsEndpointUrl: string, assemblyDir: string, signal: AbortSignal): Promise<SynthesizedAssembly>;
  /**
   * Prints the startup error, and waits for a change to the project's files.
   *
   * @returns false immediately for an error that no change to the project's files can fix
   */
  mended(error: unknown): Promise<boolean>;
  /** Starts the first build of the jobs if their file was not known before the synth, so that the first save does not have to wait for that build. */
  started(cloud: EmbeddedCloud): void;
  /** Applies every change to the running cloud, until the signal is aborted. */
  follow(cloud: EmbeddedCloud): Promise<void>;
  end(): Promise<void>;
}

/** Files that affect bundling, in the jobs file's folder or in a folder above it. */
const CONFIGURATION = ['package.json', 'tsconfig.json'];

/** The prefix for the names of folders with new code. */
const CODE = 'code-';

const KEEPS_RUNNING = 'The last good code keeps running. Save a change, and errand dev tries again.';
const WAITS = 'Nothing runs yet. Save a change, and errand dev tries again.';

export function createLiveStack(options: LiveStackOptions): LiveStack {
  const { source, project, folder, paths, print, signal } = options;
  const watcher = createFileWatcher();
  let jobs: { readonly file: string; readonly live: LiveJobs } | undefined;
  /** The running version of the jobs or, before the cloud has started, the version that will run first. */
  let version: JobsVersion | undefined;
  let isBroken = false;
  let bundling: JobsBundling = {};
  let imported: ReadonlySet<string> = new Set();
  let firstBuild: Promise<JobsVersion | undefined> | undefined;
  let synthError: unknown;
  let generation = 0;
  if (source.jobsFile !== undefined) openJobs(source.jobsFile);

  function openJobs(file: string): LiveJobs {
    const live = openLiveJobs({
      file,
      project,
      bundling,
      hasFunctions: source.hasFunctions,
      outputDir: path.join(folder, 'bundle'),
      paths,
    });
    jobs = { file, live };
    return live;
  }

  /** Watches the files that the last build read. */
  function watch(since: number): void {
    const { inputs = [], missing = [] } = jobs?.live ?? {};
    const configuration = jobs ? configurationOf(path.resolve(project, jobs.file), project) : [];
    watcher.watch({ paths: [...inputs, ...configuration, ...source.watched()], missing }, since);
  }

  async function build(environment: Readonly<Record<string, string>>): Promise<JobsVersion | undefined> {
    const since = Date.now();
    try {
      return await jobs?.live.build(environment);
    } finally {
      watch(since);
    }
  }

  async function synthesize(
    awsEndpointUrl: string,
    assemblyDir: string,
    stopped: AbortSignal,
  ): Promise<SynthesizedAssembly> {
    synthError = undefined;
    const since = Date.now();
    try {
      const { catalogue } = version ?? {};
      const assembly = await source.synthesize({ awsEndpointUrl, catalogue, assemblyDir, signal: stopped });
      bundling = assembly.bundling ?? {};
      imported = assembly.imported ?? new Set();
      if (!jobs && assembly.jobsFile !== undefined) openJobs(assembly.jobsFile).warmUp();
      for (const note of assembly.notes) print(note);
      return assembly;
    } catch (error) {
      synthError = error;
      throw error;
    } finally {
      watch(since);
    }
  }

  /** Replaces the functions' code with the last built version. */
  async function swap(cloud: EmbeddedCloud, next: JobsVersion): Promise<void> {
    if (!jobs) return;
    generation += 1;
    const outputDir = path.join(folder, `${CODE}${generation}`);
    const { functions } = cloud;
    const code = await jobs.live.writeCode({ version: next, previous: version, functions, outputDir });
    for (const { functionName, codeDir } of code) {
      const before = functions.find(({ name }) => name === functionName)?.codeDir ?? '';
      const replaced = cloud.updateFunctionCode(functionName, codeDir);
      // Deletes only folders with swapped code, because several functions may share a folder in an assembly.
      if (before.startsWith(path.join(folder, CODE)))
        void replaced.then(() => rm(before, { recursive: true, force: true }));
    }
    version = next;
  }

  async function deploy(cloud: EmbeddedCloud, next: JobsVersion | undefined): Promise<void> {
    generation += 1;
    const previous = version;
    const { functions } = cloud;
    version = next;
    try {
      const assemblyDir = path.join(folder, `cdk.out-${generation}`);
      await synthesize(cloud.awsEndpointUrl, assemblyDir, signal);
      await cloud.deploy(assemblyDir);
    } catch (error) {
      version = previous;
      // The rollback has deployed the previous assembly with its original code, so this loop restores the functions' latest code.
      for (const { name, codeDir } of functions) {
        const now = cloud.functions.find((each) => each.name === name);
        if (now && now.codeDir !== codeDir) void cloud.updateFunctionCode(name, codeDir);
      }
      throw error;
    }
    if (next && paths === 'file') await swap(cloud, next);
  }

  async function take(cloud: EmbeddedCloud, changes: Changes): Promise<void> {
    // If only the jobs import a file, a change to that file needs no synth, even if the file is in the stack's list of files.
    const ofJobs = new Set(jobs?.live.inputs.filter((file) => !imported.has(file)));
    const ofStack = new Set(source.watched().filter((file) => !ofJobs.has(file)));
    const isOfStack = [...changes.paths].some((file) => ofStack.has(file) || ofStack.has(path.dirname(file)));
    const seconds = (): string => duration(performance.now() - changes.since, 2);
    try {
      const next = await build(environmentOf(cloud));
      if (isOfStack || (next && jobs?.live.needsOtherStack(next, cloud.functions, version))) {
        print('The change affects the stack: synthesizing and deploying it again. The data stays.');
        await deploy(cloud, next);
        print(`Deployed in ${seconds()}.`);
      } else if (next && next.digest !== version?.digest) {
        await swap(cloud, next);
        print(`Swapped in ${seconds()}: ${jobs?.file ?? ''} runs with the new code.`);
      } else if (isBroken) {
        print(`${jobs?.file ?? ''} is the same as before, so the running code is up to date.`);
      }
      isBroken = false;
    } catch (error) {
      noteBroken(error);
    }
  }

  function noteBroken(error: unknown): undefined {
    if (signal.aborted) return undefined;
    isBroken = true;
    print(`${messageOf(error)}\n${KEEPS_RUNNING}`);
    return undefined;
  }

  return {
    synthesize,
    async prepare() {
      while (source.jobsFile !== undefined && !signal.aborted) {
        try {
          version = await build(source.queueEnvironment);
          return true;
        } catch (error) {
          print(`${messageOf(error)}\n${WAITS}`);
          await watcher.changed(signal);
        }
      }
      return !signal.aborted;
    },
    async mended(error) {
      const isOfFiles = messageOf(error).includes('The jobs file') || source.watched().length > 0;
      if (error !== synthError || error instanceof CommandLineError || !isOfFiles) return false;
      print(`${messageOf(error)}\n${WAITS}`);
      await watcher.changed(signal);
      return true;
    },
    started(cloud) {
      if (source.jobsFile === undefined) firstBuild = build(environmentOf(cloud)).catch(noteBroken);
    },
    async follow(cloud) {
      version ??= await firstBuild;
      if (version && paths === 'file') await swap(cloud, version);
      for (;;) {
        const changes = await watcher.changed(signal);
        if (!changes) return;
        await take(cloud, changes);
      }
    },
    async end() {
      watcher.end();
      await jobs?.live.end();
    },
  };
}

/** Merges all workers' environment variables. These variables are set when the jobs file is imported to list its jobs. */
function environmentOf({ functions }: EmbeddedCloud): Record<string, string> {
  const workers = functions.filter(({ environment }) => environment.QUEUE_NAME !== undefined);
  return Object.assign({}, ...workers.map(({ environment }) => environment)) as Record<string, string>;
}

function configurationOf(entry: string, project: string): string[] {
  const files: string[] = [];
  for (let folder = path.dirname(entry); ; folder = path.dirname(folder)) {
    files.push(...CONFIGURATION.map((name) => path.join(folder, name)));
    if (folder === project || path.dirname(folder) === folder) return files;
  }
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
