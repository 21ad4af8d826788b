import { setTimeout as wait } from 'node:timers/promises';
import { isJobDefinition, type JobDefinition } from '../job/definition.ts';
import { runnable, type RunnableJobType, type RunnableJobTypes } from '../job/job-type.ts';
import { runInFunction, type InvokeFunction } from '../job/run-in-function.ts';
import type { ErrorGuard } from './error-guard.ts';

/**
 * The time limit for loading the jobs file, in milliseconds. The limit is needed because a top-level `await` in the file may
 * never resolve.
 */
const LOAD_TIMEOUT_MS = 10_000;

type Exports = Readonly<Record<string, unknown>>;

/** Imports the user's bundle. */
export type ImportJobs = (loadNumber: number) => Promise<Exports>;

/** Imports the user's bundle, which the stack puts next to the worker's bundle. */
const importBundle: ImportJobs = (loadNumber) => {
  // Node caches a module's failure to load. The new query string makes Node try again, in case the failure was temporary.
  const url = new URL(`./jobs/index.mjs?load=${loadNumber}`, import.meta.url);
  return import(url.href) as Promise<Exports>;
};

/** The user's Lambda functions, which run the function jobs. */
export interface UserFunctions {
  /** The functions' ARNs, by job name. */
  readonly arns: ReadonlyMap<string, string>;
  readonly invoke: InvokeFunction;
}

/**
 * Loads the job types in the user's jobs file, starting immediately. If loading fails, the next attempt tries again.
 *
 * @param jobsFile the file's path in the user's project, for messages
 */
export function createUserJobTypes(
  jobsFile: string,
  { arns, invoke }: UserFunctions,
  guard: ErrorGuard,
  importJobs: ImportJobs = importBundle,
): RunnableJobTypes {
  const jobTypeOf = (definition: JobDefinition): RunnableJobType =>
    definition.inFunction
      ? runnable(runInFunction(definition, arns.get(definition.name), invoke))
      : guarded(definition, guard);
  let loads = 0;
  let loading: Promise<ReadonlyMap<string, RunnableJobType>> | undefined;

  const load = async (): Promise<ReadonlyMap<string, RunnableJobType>> => {
    loads += 1;
    const timer = new AbortController();
    const timeout = wait(LOAD_TIMEOUT_MS, undefined, { signal: timer.signal, ref: false }).then(() => {
      throw new Error(`a top-level await did not settle within ${LOAD_TIMEOUT_MS / 1000} seconds`);
    });
    try {
      const exports = await Promise.race([importJobs(loads), timeout]);
      const definitions = Object.values(exports).filter(isJobDefinition);
      return new Map(definitions.map((definition) => [definition.name, jobTypeOf(definition)]));
    } catch (error) {
      loading = undefined;
      const reason = error instanceof Error ? error.message : String(error);
      throw new Error(`The jobs file ${jobsFile} could not be loaded: ${reason}`, { cause: error });
    } finally {
      timeout.catch(() => undefined);
      timer.abort();
    }
  };
  const loaded = (): Promise<ReadonlyMap<string, RunnableJobType>> => (loading ??= load());

  // Make stack traces show the lines of the user's own source files.
  process.setSourceMapsEnabled(true);
  loaded().catch(() => undefined); // Ignore a failure here: every attempt that needs the file reports it.
  return {
    async find(name) {
      return (await loaded()).get(name);
    },
  };
}

function guarded(definition: JobDefinition, guard: ErrorGuard): RunnableJobType {
  const jobType = runnable(definition);
  return {
    ...jobType,
    run: (payload, context) => guard(context, (guardedContext) => jobType.run(payload, guardedContext)),
  };
}
