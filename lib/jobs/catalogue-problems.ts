import { BULK_JOB_TYPE, CALLBACK_JOB_TYPE, type Catalogue } from '../../lambdas/job/catalogue.ts';
import { DEFAULT_QUEUE } from '../../lambdas/job/definition.ts';
import { componentsOf } from '../../lambdas/api/documents/job-type-schemas.ts';
import { keyProblems } from './key-path.ts';
import { enabledBuiltInJobs, ownComponents, reservedNames, type BuiltInJobs } from './built-in-jobs.ts';

/** The part of a stack that its job types must fit. */
export interface StackOfJobs {
  readonly builtInJobs: BuiltInJobs;
  /** The timeouts of the queues in seconds, by the queues' names. */
  readonly queueTimeouts: ReadonlyMap<string, number>;
}

/** Lists every way in which the job types of a jobs file don't fit the stack, one line each. */
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
    .map(({ name }) => `job "${name}": there is a built-in job of this name: ${adviceFor(name)}`);
}

/** The OpenAPI document writes names without punctuation. */
function componentProblems(jobs: Jobs, builtInJobs: BuiltInJobs): string[] {
  const reserved = reservedNames(builtInJobs);
  const owners = new Map(ownComponents().map((component) => [component, "Errand's own"]));
  for (const { name } of enabledBuiltInJobs(builtInJobs)) {
    for (const component of componentsOf(name)) owners.set(component, `that of the job "${name}"`);
  }
  return jobs.flatMap(({ name }) => {
    const taken = componentsOf(name).find((component) => owners.has(component));
    const owner = owners.get(taken ?? '') ?? '';
    for (const component of componentsOf(name)) owners.set(component, `that of the job "${name}"`);
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
      `job "${name}": timeoutSeconds is ${timeout}, and its queue "${queue}" has a timeout of ${longest} seconds: lower one, or raise the other`,
    ];
  });
}

/** The queues of the job types that don't use the default queue, by the types' names. */
export function queuesOfJobs({ jobs }: Catalogue): ReadonlyMap<string, string> {
  return new Map(jobs.filter(({ queue }) => queue !== DEFAULT_QUEUE).map(({ name, queue }) => [name, queue]));
}

/** The queues of job types whose jobs continue in the version that they began in. */
export function pinnedQueues({ jobs }: Pick<Catalogue, 'jobs'> = { jobs: [] }): ReadonlySet<string> {
  return new Set(jobs.filter(({ pinned }) => pinned).map(({ queue }) => queue));
}

function adviceFor(name: string): string {
  if (name === CALLBACK_JOB_TYPE) return 'rename yours, because the built-in job sends the callbacks';
  if (name === BULK_JOB_TYPE) return 'rename yours, because POST /v1/jobs/bulk submits the built-in job';
  return 'rename yours, or leave the built-in one out with builtInJobs';
}
