import { cpSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { Token } from 'aws-cdk-lib/core';
import type { Catalogue } from '../../lambdas/job/catalogue.ts';
import type { BuiltInJobs } from './built-in-jobs.ts';
import { problemsOfCatalogue, queuesOfJobs } from './catalogue-problems.ts';
import { bundleJobs, type BundlePlatform, type JobsBundling } from './jobs-bundle.ts';
import { writeJobTypesModule } from './job-types-module.ts';
import type { ResolvedQueue } from '../queue-options.ts';
import { JobsFileError } from './jobs-file-error.ts';
import { readCatalogue } from './read-catalogue.ts';
import { nameSourcesFromProject } from './source-map.ts';

export interface JobsFileOptions {
  /** The jobs file's path, relative to the CDK app's folder. */
  readonly file: string;
  readonly bundling: JobsBundling;
  readonly builtInJobs: BuiltInJobs;
  readonly queues: readonly ResolvedQueue[];
}

/** The user's jobs file, bundled for the workers and described for the api. */
export class JobsFile {
  /** The jobs file's path, for messages. */
  readonly file: string;
  readonly catalogue: Catalogue;
  private readonly entry: string;
  private readonly bundling: JobsBundling;
  private readonly bundles = new Map<BundlePlatform, string>();

  /** @throws JobsFileError with every reason why the file can't be used */
  constructor({ file, bundling, builtInJobs, queues }: JobsFileOptions) {
    this.entry = path.resolve(file);
    this.file = path.relative(process.cwd(), this.entry) || file;
    this.bundling = bundling;
    this.catalogue = readCatalogue({
      jobsFile: this.file,
      bundle: path.join(this.bundleFor('host'), 'index.mjs'),
      environment: placeholders(queues),
    });
    const queueTimeouts = new Map(queues.map(({ name, timeout }) => [name, timeout.toSeconds()]));
    const problems = problemsOfCatalogue(this.catalogue, { builtInJobs, queueTimeouts });
    if (problems.length > 0) throw new JobsFileError(this.file, problems);
  }

  /** The queues of the job types that don't use the default queue, by job type. */
  get queuesOfJobs(): ReadonlyMap<string, string> {
    return queuesOfJobs(this.catalogue);
  }

  /** Writes the api's description of the job types into the api's folder. */
  addJobTypes(outputDir: string): void {
    writeJobTypesModule(this.catalogue, this.file, path.join(outputDir, 'job-types.mjs'));
  }

  /** Writes the jobs into a worker's folder. */
  addJobs(outputDir: string, platform: BundlePlatform): void {
    const folder = path.join(outputDir, 'jobs');
    rmSync(folder, { recursive: true, force: true });
    const bundle = this.bundleFor(platform);
    cpSync(bundle, folder, { recursive: true, verbatimSymlinks: true });
    nameSourcesFromProject(path.join(folder, 'index.mjs.map'), bundle, process.cwd());
  }

  /** Bundles the jobs once per platform; all workers on a platform share the bundle. */
  private bundleFor(platform: BundlePlatform): string {
    const known = this.bundles.get(platform);
    if (known !== undefined) return known;
    const outputDir = mkdtempSync(path.join(tmpdir(), 'errand-jobs-'));
    process.once('exit', () => {
      rmSync(outputDir, { recursive: true, force: true });
    });
    bundleJobs({ ...this.bundling, entry: this.entry, name: this.file, outputDir, platform });
    this.bundles.set(platform, outputDir);
    return outputDir;
  }
}

/**
 * Returns the environment for importing the jobs file at synth. Replaces values that are known only at deployment, such as a bucket's name, with
 * placeholders.
 */
function placeholders(queues: readonly ResolvedQueue[]): Readonly<Record<string, string>> {
  const entries = queues.flatMap(({ environment }) => Object.entries(environment));
  return Object.fromEntries(
    entries.map(([name, value]) => [name, Token.isUnresolved(value) ? `placeholder-for-${name}` : value]),
  );
}
