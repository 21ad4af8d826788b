import { cpSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { Token } from 'aws-cdk-lib';
import { CALLBACK_JOB_TYPE, type Catalogue } from '../../lambdas/job/catalogue.ts';
import { DEFAULT_QUEUE } from '../../lambdas/job/definition.ts';
import { componentsOf } from '../../lambdas/api/documents/job-type-schemas.ts';
import { enabledBuiltInJobs, ownComponents, reservedNames, type BuiltInJobs } from './built-in-jobs.ts';
import { bundleJobs, type BundlePlatform, type JobsBundling } from './jobs-bundle.ts';
import { writeJobTypesModule } from './job-types-module.ts';
import type { ResolvedQueue } from '../queue-options.ts';
import { JobsFileError } from './jobs-file-error.ts';
import { readCatalogue } from './read-catalogue.ts';
import { nameSourcesFromProject } from './source-map.ts';

export interface JobsFileOptions {
  /** The path, from the folder of the CDK app. */
  readonly file: string;
  readonly bundling: JobsBundling;
  readonly builtInJobs: BuiltInJobs;
  readonly queues: readonly ResolvedQueue[];
}

/** The user's jobs file: bundled for the workers, and described for the api. */
export class JobsFile {
  /** As messages show it. */
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
    const problems = [
      ...this.nameProblems(builtInJobs),
      ...this.componentProblems(builtInJobs),
      ...this.queueProblems(queues),
    ];
    if (problems.length > 0) throw new JobsFileError(this.file, problems);
  }

  /** The queues of the job types that are not in the default one, by the types' names. */
  get queuesOfJobs(): ReadonlyMap<string, string> {
    return new Map(
      this.catalogue.jobs
        .filter(({ queue }) => queue !== DEFAULT_QUEUE)
        .map(({ name, queue }) => [name, queue]),
    );
  }

  /** Writes what the api knows of the job types into its folder. */
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

  /** Bundles once for each platform: several workers share the result. */
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

  private nameProblems(builtInJobs: BuiltInJobs): string[] {
    const reserved = reservedNames(builtInJobs);
    return this.catalogue.jobs
      .filter(({ name }) => reserved.has(name))
      .map(({ name }) => `job "${name}": there is a built-in job of this name: ${adviceFor(name)}`);
  }

  /** Names are written without punctuation in the OpenAPI document. */
  private componentProblems(builtInJobs: BuiltInJobs): string[] {
    const owners = new Map(ownComponents().map((component) => [component, "Errand's own"]));
    for (const { name } of enabledBuiltInJobs(builtInJobs)) {
      for (const component of componentsOf(name)) owners.set(component, `that of the job "${name}"`);
    }
    return this.catalogue.jobs.flatMap(({ name }) => {
      const taken = componentsOf(name).find((component) => owners.has(component));
      const problems =
        taken === undefined || reservedNames(builtInJobs).has(name)
          ? []
          : [
              `job "${name}": its schema ${taken} in the OpenAPI document would replace ${owners.get(taken) ?? ''}: rename the job`,
            ];
      for (const component of componentsOf(name)) owners.set(component, `that of the job "${name}"`);
      return problems;
    });
  }

  private queueProblems(queues: readonly ResolvedQueue[]): string[] {
    const byName = new Map(queues.map((queue) => [queue.name, queue]));
    const known = [...byName.keys()].join(', ');
    return this.catalogue.jobs.flatMap(({ name, queue, timeout_seconds: timeout }) => {
      const longest = byName.get(queue)?.timeout.toSeconds();
      if (longest === undefined)
        return [`job "${name}": the stack has no queue "${queue}": add it to queues, or use one of ${known}`];
      if (timeout === null || timeout <= longest) return [];
      return [
        `job "${name}": timeoutSeconds is ${timeout}, and its queue "${queue}" has a timeout of ${longest} seconds: lower one, or raise the other`,
      ];
    });
  }
}

function adviceFor(name: string): string {
  return name === CALLBACK_JOB_TYPE
    ? 'rename yours, for it sends the callbacks'
    : 'rename yours, or leave the built-in one out with builtInJobs';
}

/**
 * The environment in which the jobs file is imported at synth. Values that are only known at deploy, such as the name of a
 * bucket, are replaced by placeholders.
 */
function placeholders(queues: readonly ResolvedQueue[]): Readonly<Record<string, string>> {
  const entries = queues.flatMap(({ environment }) => Object.entries(environment));
  return Object.fromEntries(
    entries.map(([name, value]) => [name, Token.isUnresolved(value) ? `placeholder-for-${name}` : value]),
  );
}
