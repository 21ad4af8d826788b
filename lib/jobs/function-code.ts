import { existsSync } from 'node:fs';
import { cp, rm } from 'node:fs/promises';
import path from 'node:path';
import type { Catalogue } from '../../lambdas/job/catalogue.ts';
import { builtFunction } from '../built-functions.ts';
import { enabledBuiltInJobs, type BuiltInJobs } from './built-in-jobs.ts';
import { rewriteDocuments } from './job-types-document.ts';
import { writeJobTypesModule } from './job-types-module.ts';
import { nameSourcesFromFile, nameSourcesFromProject } from './source-map.ts';

// The parts of the functions' code that come from the user's jobs file. The stack writes these parts at synth (lib/api.ts, lib/worker.ts). This
// module rewrites the parts when the jobs file changes.

const JOBS = 'jobs';
const JOB_TYPES = 'job-types.mjs';
const DOCUMENTS = 'documents';

/** The part of a function's code that comes from the jobs file: the jobs (in a worker) or their description (in the api). */
export type JobsPart = 'jobs' | 'description';

/** Determines which part of a function's code comes from the jobs file; undefined if no part does. */
export function jobsPartOf(codeDir: string): JobsPart | undefined {
  if (existsSync(path.join(codeDir, JOBS, 'index.mjs'))) return 'jobs';
  if (existsSync(path.join(codeDir, DOCUMENTS, 'job-types.json.gz'))) return 'description';
  return undefined;
}

/**
 * Copies a worker's code, and replaces the jobs' bundle.
 *
 * @param bundleDir the folder that contains the bundle and its source map
 * @param paths the form of paths in stack traces: `project` for relative paths as in Lambda, such as `jobs/index.ts`, or `file` for
 *   absolute paths, which a debugger needs
 */
export async function writeWorkerCode(options: {
  readonly codeDir: string;
  readonly outputDir: string;
  readonly bundleDir: string;
  readonly project: string;
  readonly paths: 'project' | 'file';
}): Promise<void> {
  const { codeDir, outputDir, bundleDir, project, paths } = options;
  const jobs = path.join(codeDir, JOBS);
  await cp(codeDir, outputDir, {
    recursive: true,
    verbatimSymlinks: true,
    filter: (source) => source !== jobs,
  });
  await cp(bundleDir, path.join(outputDir, JOBS), { recursive: true, verbatimSymlinks: true });
  const map = path.join(outputDir, JOBS, 'index.mjs.map');
  if (paths === 'file') nameSourcesFromFile(map, bundleDir);
  else nameSourcesFromProject(map, bundleDir, project);
}

/** Copies the api's code, and replaces the jobs' description. */
export async function writeApiCode(options: {
  readonly codeDir: string;
  readonly outputDir: string;
  readonly catalogue: Catalogue;
  readonly jobsFile: string;
  readonly builtInJobs: BuiltInJobs;
}): Promise<void> {
  const { codeDir, outputDir, catalogue, jobsFile, builtInJobs } = options;
  await cp(codeDir, outputDir, { recursive: true });
  // Start from the package's OpenAPI document, because the document just copied from `codeDir` still describes the old jobs.
  await rm(path.join(outputDir, DOCUMENTS), { recursive: true });
  await cp(path.join(builtFunction('api'), DOCUMENTS), path.join(outputDir, DOCUMENTS), { recursive: true });
  rewriteDocuments(outputDir, enabledBuiltInJobs(builtInJobs), catalogue.jobs);
  writeJobTypesModule(catalogue, jobsFile, path.join(outputDir, JOB_TYPES));
}
