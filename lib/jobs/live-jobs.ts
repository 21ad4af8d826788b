import path from 'node:path';
import type { Catalogue } from '../../lambdas/job/catalogue.ts';
import { pinnedQueues, problemsOfCatalogue, queuesOfJobs, type StackOfJobs } from './catalogue-problems.ts';
import { jobsPartOf, writeApiCode, writeWorkerCode } from './function-code.ts';
import { createIncrementalBundle } from './incremental-bundle.ts';
import { withLocations } from './job-locations.ts';
import type { JobsBundling } from './jobs-bundle.ts';
import { JobsFileError } from './jobs-file-error.ts';
import { readCatalogueMeanwhile } from './read-catalogue.ts';

// Handles changes to the user's jobs file while `errand dev` runs: rebuilds the file after a change, and writes the functions' new code.

/** The folder of Errand's own CDK app: `bin/errand.ts` in a checkout, `bin/errand.js` under `dist` in the package. */
export const appDir = path.resolve(import.meta.dirname, '../..');

export interface LiveJobsOptions {
  /** The jobs file, relative to the project's folder. */
  readonly file: string;
  /** Absolute path of the project's folder. */
  readonly project: string;
  readonly bundling?: JobsBundling;
  /** Whether the stack can provide the Lambda functions of `functionJob` jobs. */
  readonly hasFunctions: boolean;
  /** Absolute path of a folder for the bundle. */
  readonly outputDir: string;
  /** The form of paths in stack traces: the same as in Lambda (`project`), or absolute paths for a debugger (`file`). */
  readonly paths: 'project' | 'file';
}

/** A valid version of the jobs file. */
export interface JobsVersion {
  readonly catalogue: Catalogue;
  /** Two versions with the same digest are equal. */
  readonly digest: string;
}

/** A function in the deployed stack. */
export interface StackFunction {
  readonly name: string;
  readonly codeDir: string;
  readonly environment: Readonly<Record<string, string>>;
}

/** New code for a function. */
export interface NewCode {
  readonly functionName: string;
  readonly codeDir: string;
}

export interface LiveJobs {
  /** Starts bundling the jobs file early, so that the first build is faster. That build reports any errors. */
  warmUp(): void;
  /**
   * Bundles the current jobs file, and reads its exported jobs.
   *
   * @param environment the queues' variables
   * @throws JobsFileError with the file, the line and the column of each problem
   */
  build(environment: Readonly<Record<string, string>>): Promise<JobsVersion>;
  /**
   * Checks a version against the deployed stack. The stack's settings are read from the functions' environments.
   *
   * @param previous the version that the functions currently run
   * @returns whether the stack must be synthesized again, because a queue is missing, the set of jobs that run in Lambda functions has changed, a
   * job has moved to another queue, or a queue has gained its first pinned job or lost its last one
   * @throws JobsFileError if the jobs don't match the stack
   */
  needsOtherStack(
    version: JobsVersion,
    functions: readonly StackFunction[],
    previous: JobsVersion | undefined,
  ): boolean;
  /** Absolute paths of the project's own files that the last build read, and of missing files. */
  readonly inputs: readonly string[];
  readonly missing: readonly string[];
  /**
   * Writes the new code of every worker, and also of the api if the description of the jobs has changed.
   *
   * @param outputDir a new folder
   * @param previous the version that the functions currently run
   * @throws JobsFileError if a payload's JSON Schema can't be compiled
   */
  writeCode(options: {
    readonly version: JobsVersion;
    readonly previous: JobsVersion | undefined;
    readonly functions: readonly StackFunction[];
    readonly outputDir: string;
  }): Promise<NewCode[]>;
  end(): Promise<void>;
}

export function openLiveJobs(options: LiveJobsOptions): LiveJobs {
  const { file, project, bundling = {}, hasFunctions, outputDir: bundleDir, paths } = options;
  const bundle = createIncrementalBundle({
    entry: path.resolve(project, file),
    name: file,
    project,
    bundling,
    outputDir: bundleDir,
  });
  let warmedUp: Promise<unknown> | undefined;
  const refusal = (problems: readonly string[]): JobsFileError =>
    new JobsFileError(file, withLocations(problems, bundle.inputs, project));
  return {
    get inputs() {
      return bundle.inputs;
    },
    get missing() {
      return bundle.missing;
    },
    warmUp() {
      warmedUp ??= bundle.write().catch(() => undefined);
    },
    async build(environment) {
      await warmedUp;
      const digest = await bundle.write();
      try {
        const program = path.join(bundleDir, 'index.mjs');
        const catalogue = await readCatalogueMeanwhile({ jobsFile: file, bundle: program, environment });
        if (!hasFunctions) refuseFunctionJobs(file, catalogue);
        return { digest, catalogue };
      } catch (error) {
        if (!(error instanceof JobsFileError)) throw error;
        throw refusal(error.problems);
      }
    },
    needsOtherStack({ catalogue }, functions, previous) {
      const settings = settingsOf(functions);
      if (catalogue.jobs.some(({ queue }) => !settings.queueTimeouts.has(queue))) return true;
      const problems = problemsOfCatalogue(catalogue, settings);
      if (problems.length > 0) throw refusal(problems);
      const own = queuesOfJobs(catalogue);
      const pinned = [...pinnedQueues(catalogue)].sort().join();
      return (
        pinned !== [...pinnedQueues(previous?.catalogue)].sort().join() ||
        jobsInFunctions(catalogue).sort().join() !== settings.jobsWithFunctions.sort().join() ||
        settings.queuesOfJobs.size !== own.size ||
        [...own].some(([name, queue]) => settings.queuesOfJobs.get(name) !== queue)
      );
    },
    async writeCode({ version, previous, functions, outputDir }) {
      const isDescribed =
        previous !== undefined && JSON.stringify(previous.catalogue) === JSON.stringify(version.catalogue);
      const written: NewCode[] = [];
      for (const { name, codeDir, environment } of functions) {
        const part = jobsPartOf(codeDir);
        if (part === undefined || (part === 'description' && isDescribed)) continue;
        const code = { functionName: name, codeDir: path.join(outputDir, name) };
        if (part === 'jobs')
          await writeWorkerCode({ codeDir, outputDir: code.codeDir, bundleDir, project, paths });
        else {
          await writeApiCode({
            codeDir,
            outputDir: code.codeDir,
            catalogue: version.catalogue,
            jobsFile: file,
            builtInJobs: builtInJobsOf(environment),
          });
        }
        written.push(code);
      }
      return written;
    },
    async end() {
      await warmedUp;
      await bundle.end();
    },
  };
}

/** @throws JobsFileError that lists each job that runs in a Lambda function */
function refuseFunctionJobs(file: string, catalogue: Catalogue): void {
  const problems = jobsInFunctions(catalogue).map(
    (name) =>
      `job "${name}": it runs in a Lambda function that your own CDK app provides: run the app with errand dev --app`,
  );
  if (problems.length > 0) throw new JobsFileError(file, problems);
}

/** Returns the names of the jobs that run in the user's own Lambda functions (`functionJob`). */
function jobsInFunctions({ jobs }: Catalogue): string[] {
  return jobs.filter((job) => job.in_function).map(({ name }) => name);
}

/** Reads the settings that affect jobs from the environments of the stack's functions. */
function settingsOf(functions: readonly StackFunction[]): StackOfJobs & {
  readonly queuesOfJobs: ReadonlyMap<string, string>;
  /** The names of the jobs for which the stack has a Lambda function. */
  readonly jobsWithFunctions: string[];
} {
  const valueOf = (variable: string): string | undefined =>
    functions.map(({ environment }) => environment[variable]).find((value) => value !== undefined);
  const mapOf = <Value>(variable: string): ReadonlyMap<string, Value> =>
    new Map(Object.entries(JSON.parse(valueOf(variable) ?? '{}') as Record<string, Value>));
  return {
    builtInJobs: builtInJobsOf({ BUILT_IN_JOBS: valueOf('BUILT_IN_JOBS') ?? 'true' }),
    queueTimeouts: mapOf<number>('QUEUE_TIMEOUTS'),
    queuesOfJobs: mapOf<string>('JOB_QUEUES'),
    // A worker's environment lists only the functions of its own queue.
    jobsWithFunctions: functions.flatMap(({ environment }) =>
      Object.keys(JSON.parse(environment.FUNCTIONS ?? '{}') as object),
    ),
  };
}

/** Parses the `builtInJobs` setting from a function's environment. */
function builtInJobsOf({ BUILT_IN_JOBS: value = 'true' }: StackFunction['environment']): boolean | string[] {
  return value === 'true' || value === 'false' ? value === 'true' : value.split(',');
}
