import { BULK_JOB_TYPE, CALLBACK_JOB_TYPE, type Catalogue } from '../../lambdas/job/catalogue.ts';
import { DEFAULT_QUEUE } from '../../lambdas/job/definition.ts';
import { componentsOf } from '../../lambdas/api/documents/job-type-schemas.ts';
import { keyProblems } from './key-path.ts';
import { enabledBuiltInJobs, ownComponents, reservedNames, type BuiltInJobs } from './built-in-jobs.ts';

/** The stack's settings that a jobs file must match. */
export interface StackOfJobs {
  readonly builtInJobs: BuiltInJobs;
  /** The queues' timeouts in seconds, by queue name. */
  readonly queueTimeouts: ReadonlyMap<string, number>;
}

/** Returns every reason why a jobs file's job types don't match the stack, one per line. */
export function problemsOfCatalogue(
  { jobs }: Catalogue,
  { builtInJobs, queueTimeouts }: StackOfJobs,
): string[] {
  return [
    ...nameProblems(jobs, builtInJobs),
    ...componentProblems(jobs, builtInJobs),
    ...queueProblems(jobs, queueTimeouts),
    ...jobs.flatMap(keyProblems),
  ];
}

type Jobs = Catalogue['jobs'];

function nameProblems(jobs: Jobs, builtInJobs: BuiltInJobs): string[] {
  const reserved = reservedNames(builtInJobs);
  return jobs
    .filter(({ name }) => reserved.has(name))
    .map(({ name }) => `job "${name}": a built-in job has this name: ${adviceFor(name)}`);
}

/** Reports jobs with different names but the same schema name, because schema names in the OpenAPI document omit punctuation. */
function componentProblems(jobs: Jobs, builtInJobs: BuiltInJobs): string[] {
  const reserved = reservedNames(builtInJobs);
  const owners = new Map(ownComponents().map((component) => [component, "Errand's own"]));
  for (const { name } of enabledBuiltInJobs(builtInJobs)) {
    for (const component of componentsOf(name)) owners.set(component, `the schema of the job "${name}"`);
  }
  return jobs.flatMap(({ name }) => {
    const taken = componentsOf(name).find((component) => owners.has(component));
    const owner = owners.get(taken ?? '') ?? '';
    for (const component of componentsOf(name)) owners.set(component, `the schema of the job "${name}"`);
    if (taken === undefined || reserved.has(name)) return [];
    return [
      `job "${name}": its schema ${taken} in the OpenAPI document would replace ${owner}: rename the job`,
    ];
  });
}

function queueProblems(jobs: Jobs, queueTimeouts: ReadonlyMap<string, number>): string[] {
  const known = [...queueTimeouts.keys()].join(', ');
  return jobs.flatMap(({ name, queue, timeout_seconds: timeout }) => {
    const longest = queueTimeouts.get(queue);
    if (longest === undefined)
      return [`job "${name}": the stack has no queue "${queue}": add it to queues, or use one of ${known}`];
    if (timeout === null || timeout <= longest) return [];
    return [
      `job "${name}": timeoutSeconds is ${timeout}, but its queue "${queue}" has a timeout of ${longest} seconds: lower timeoutSeconds, or raise the queue's timeout`,
    ];
  });
}

/** Returns the queues of the job types that don't use the default queue, by job type. */
export function queuesOfJobs({ jobs }: Catalogue): ReadonlyMap<string, string> {
  return new Map(jobs.filter(({ queue }) => queue !== DEFAULT_QUEUE).map(({ name, queue }) => [name, queue]));
}

/** Returns the queues of pinned job types. A pinned job always continues in the worker version that started it. */
export function pinnedQueues({ jobs }: Pick<Catalogue, 'jobs'> = { jobs: [] }): ReadonlySet<string> {
  return new Set(jobs.filter(({ pinned }) => pinned).map(({ queue }) => queue));
}

function adviceFor(name: string): string {
  if (name === CALLBACK_JOB_TYPE) return 'rename yours, because the built-in job sends the callbacks';
  if (name === BULK_JOB_TYPE) return 'rename yours, because POST /v1/jobs/bulk submits the built-in job';
  return 'rename yours, or turn off the built-in one with builtInJobs';
}
