import { Annotations } from 'aws-cdk-lib/core';
import { Alias, Function, Version, type IFunction } from 'aws-cdk-lib/aws-lambda';
import type { Construct } from 'constructs';
import { JobsFileError } from './jobs/jobs-file-error.ts';
import type { JobsFile } from './jobs/jobs-file.ts';
import type { ResolvedQueue } from './queue-options.ts';
import { SettingsError } from './settings/read-settings.ts';

/** The functions that run jobs, by job name. */
export type FunctionsByJob = Readonly<Record<string, IFunction>>;

/**
 * The maximum number of functions per queue. A worker's environment is limited to 4 KB
 * (https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html). Each function takes up to 200 bytes for its ARN, plus its job's
 * name. The URLs of ten queues take 1.3 KB.
 */
const MAX_FUNCTIONS_OF_QUEUE = 10;

/**
 * Checks that the functions match the jobs file, and assigns each function to its job's queue.
 *
 * @returns the functions for each queue's jobs, by queue name
 * @throws JobsFileError or SettingsError that lists every job without a function and every function without a job
 */
export function functionsOfQueues(
  scope: Construct,
  functions: FunctionsByJob,
  jobsFile: JobsFile | undefined,
  queues: readonly ResolvedQueue[],
): ReadonlyMap<string, FunctionsByJob> {
  const names = Object.keys(functions);
  if (!jobsFile) {
    if (names.length === 0) return new Map();
    throw new SettingsError([
      `functions contains "${names.join('", "')}", but there is no jobs file: set jobs to a file that exports functionJob('${names[0] ?? ''}', { … }).`,
    ]);
  }
  const problems = [
    ...jobsWithoutFunction(functions, jobsFile),
    ...names.flatMap((name) => problemsOfFunction(name, jobsFile)),
    ...queues.flatMap((queue) => tooManyFunctions(queue, jobsFile)),
  ];
  if (problems.length > 0) throw new JobsFileError(jobsFile.file, problems);
  for (const name of names) warnOfLongTimeout(scope, name, functions[name], jobsFile, queues);
  return new Map(
    queues.map((queue) => [
      queue.name,
      Object.fromEntries(
        jobsInFunctions(jobsFile, queue.name).map(({ name }) => [name, functionOf(functions, name)]),
      ),
    ]),
  );
}

function jobsInFunctions({ catalogue }: JobsFile, queue?: string) {
  return catalogue.jobs.filter((job) => job.in_function && (queue === undefined || job.queue === queue));
}

function functionOf(functions: FunctionsByJob, name: string): IFunction {
  const found = Object.hasOwn(functions, name) ? functions[name] : undefined;
  if (!found) throw new Error(`The job "${name}" has no function.`);
  return found;
}

function jobsWithoutFunction(functions: FunctionsByJob, jobsFile: JobsFile): string[] {
  return jobsInFunctions(jobsFile)
    .filter(({ name }) => !Object.hasOwn(functions, name))
    .map(
      ({ name }) =>
        `job "${name}": it runs in a Lambda function, but the stack provides none: add { ${quotedKey(name)}: fn } to functions of the Errand construct`,
    );
}

function quotedKey(name: string): string {
  return /^\w+$/.test(name) ? name : `'${name}'`;
}

function problemsOfFunction(name: string, { catalogue }: JobsFile): string[] {
  const job = catalogue.jobs.find((each) => each.name === name);
  if (job?.in_function) return [];
  return [
    job
      ? `functions contains "${name}", but the job "${name}" runs in the worker: define it with functionJob, or remove the function`
      : `functions contains "${name}", but there is no such job: export functionJob('${name}', { … }), or remove the function`,
  ];
}

function tooManyFunctions({ name }: ResolvedQueue, jobsFile: JobsFile): string[] {
  const { length } = jobsInFunctions(jobsFile, name);
  if (length <= MAX_FUNCTIONS_OF_QUEUE) return [];
  return [
    `the queue "${name}" has ${length} jobs that run in functions, but its worker's environment has room for only ${MAX_FUNCTIONS_OF_QUEUE}: move some of the jobs to another queue`,
  ];
}

/**
 * Warns if a function's timeout is longer than the timeout of its job's attempts. When an attempt times out, the worker stops waiting for the
 * function, but the function keeps running.
 */
function warnOfLongTimeout(
  scope: Construct,
  name: string,
  fn: IFunction | undefined,
  { catalogue }: JobsFile,
  queues: readonly ResolvedQueue[],
): void {
  const job = catalogue.jobs.find((each) => each.name === name);
  const queue = queues.find((each) => each.name === job?.queue);
  const longest = job?.timeout_seconds ?? queue?.timeout.toSeconds();
  const timeout = timeoutOf(fn);
  if (longest === undefined || timeout === undefined || timeout <= longest) return;
  Annotations.of(scope).addWarningV2(
    `errand:function-timeout:${name}`,
    `The function of the job "${name}" may run for ${timeout} seconds, but an attempt at the job only for ${longest}: the function would continue ` +
      `after its attempt has ended. Lower the function's timeout, or raise the timeout of the job or the queue "${queue?.name ?? ''}".`,
  );
}

/** Returns a function's timeout, in seconds; undefined for an imported function. */
function timeoutOf(fn: IFunction | undefined): number | undefined {
  if (fn instanceof Alias || fn instanceof Version) return timeoutOf(fn.lambda);
  return fn instanceof Function ? fn.timeout?.toSeconds() : undefined;
}
