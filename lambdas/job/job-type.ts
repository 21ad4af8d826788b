import * as z from 'zod/mini';
import { en } from 'zod/locales';
import type { JobContext } from './job-context.ts';
import type { Json } from './job.ts';
import { FinalError, type FieldError } from './errors.ts';
import { DEFAULT_RETRY_POLICY, type RetryPolicy } from './retry-policy.ts';

// zod/mini says nothing in any language by itself; a check that has no message of its own says it in English.
z.config(en());

/** A kind of job: its name, what its payload must be, how it is retried, and what runs it. */
export interface JobType {
  readonly name: string;
  readonly payload: z.ZodMiniType;
  readonly retry: RetryPolicy;
  /** Why this deployment runs no job of the type, and what to do; undefined where it does. */
  readonly unavailable: string | undefined;
  /** What a payload that fits the schema asks for and this tenant may not have; undefined where the tenant may have all of it. */
  readonly refusal: (payload: unknown, tenant: string) => FieldError | undefined;
  readonly run: (payload: unknown, context: JobContext) => Promise<Json>;
}

/** Declares a job type; the payload's schema types `run`. */
export function defineJobType<Schema extends z.ZodMiniType>(definition: {
  name: string;
  payload: Schema;
  retry?: RetryPolicy;
  unavailable?: string | undefined;
  refusal?: (payload: z.output<Schema>, tenant: string) => FieldError | undefined;
  run: (payload: z.output<Schema>, context: JobContext) => Promise<Json>;
}): JobType {
  const {
    name,
    payload,
    retry = DEFAULT_RETRY_POLICY,
    unavailable,
    refusal = () => undefined,
    run,
  } = definition;
  const noLongerFits = (field = '', message = ''): FinalError =>
    new FinalError(`payload no longer fits the job type "${name}": ${field} ${message}`);
  return {
    name,
    payload,
    retry,
    unavailable,
    refusal: (value, tenant) => refusal(value as z.output<Schema>, tenant),
    async run(value, context) {
      // Checked when submitted; a deploy may have changed the schema, or what the tenant may do, since.
      const parsed = payload.safeParse(value);
      if (!parsed.success) {
        const [issue] = parsed.error.issues;
        throw noLongerFits(issue?.path.join('.'), issue?.message);
      }
      const refused = refusal(parsed.data, context.tenant);
      if (refused) throw noLongerFits(refused.field, refused.message);
      return run(parsed.data, context);
    },
  };
}

/** The job types of a deployment, by name. */
export type JobTypes = ReadonlyMap<string, JobType>;

/** Why job types can't run in a deployment, by their names: those that are not in it can. */
export type UnavailableTypes = ReadonlyMap<string, string>;

/** The job types that a deployment knows and can't run. */
export function unavailableOf(jobTypes: Iterable<JobType>): UnavailableTypes {
  const reasons = new Map<string, string>();
  for (const { name, unavailable } of jobTypes) if (unavailable !== undefined) reasons.set(name, unavailable);
  return reasons;
}
