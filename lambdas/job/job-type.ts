import type { StandardSchemaV1 } from '@standard-schema/spec';
import type { JobDefinition, Versioning } from './definition.ts';
import { UnfitPayloadError, type FieldError } from './errors.ts';
import type { FlowControl } from './flow-control.ts';
import type { JobContext } from './job-context.ts';
import type { Json } from './job.ts';
import { toFieldErrors } from './payload-errors.ts';
import { toRetryPolicy, type RetryPolicy } from './retry-policy.ts';

/** A job type without its code: enough to validate and accept submissions. */
export interface JobType {
  readonly name: string;
  /** The queue whose workers run jobs of this type. */
  readonly queue: string;
  readonly retry: RetryPolicy;
  /** The timeout of one attempt, in seconds. Undefined to use the queue's timeout. */
  readonly timeoutSeconds: number | undefined;
  /** The maximum duration of a job, in seconds. @default - a day */
  readonly maxDurationSeconds?: number | undefined;
  /**
   * Default priority and limits for the type's jobs. A limit's key may be a path into the payload. @default - priority 5, no
   * limits
   */
  readonly flow?: FlowControl | undefined;
  /** The reason why this deployment can't run jobs of this type, with the remedy; undefined if it can run them. */
  readonly unavailable: string | undefined;
  /**
   * Validates a payload, and returns every error with the path of its field. Returns an empty list if the payload is
   * valid.
   */
  check(payload: unknown, tenant: string): readonly FieldError[];
  /** Validators for the payloads of signals, by signal name. @default - every signal is accepted */
  readonly signals?: ReadonlyMap<string, (payload: unknown) => readonly FieldError[]>;
}

/** A job type, with the code that runs it. */
export interface RunnableJobType extends JobType {
  /** Like `check`, but also supports schemas that validate asynchronously. */
  problems(payload: unknown, tenant: string): Promise<readonly FieldError[]>;
  /**
   * Whether the type's code is part of Errand. A built-in type's error messages may contain parts of a job's payload, or
   * names of the deployment's resources.
   */
  readonly isBuiltIn: boolean;
  /** @default 'latest' */
  readonly versioning?: Versioning | undefined;
  run(payload: unknown, context: JobContext): Promise<Json>;
}

/** A deployment's additions to a job definition. */
export interface DeploymentRules {
  readonly isBuiltIn?: boolean;
  /** The reason why this deployment can't run jobs of this type. */
  readonly unavailable?: string | undefined;
  /** Returns an error if a valid payload requests something that the tenant is not allowed to do; otherwise undefined. */
  readonly refusal?: (payload: never, tenant: string) => FieldError | undefined;
}

/** Makes a definition runnable. The payload is validated on submission, and again before the job runs. */
export function runnable(definition: JobDefinition, rules: DeploymentRules = {}): RunnableJobType {
  const { name, queue, retry, timeoutSeconds, maxDurationSeconds, versioning, flow } = definition;
  const { payload: schema } = definition;
  const refusal = (rules.refusal ?? (() => undefined)) as (
    payload: unknown,
    tenant: string,
  ) => FieldError | undefined;
  const problemsOf = (parsed: StandardSchemaV1.Result<unknown>, tenant: string): readonly FieldError[] => {
    if (parsed.issues) return toFieldErrors(parsed.issues);
    const refused = refusal(parsed.value, tenant);
    return refused ? [refused] : [];
  };
  return {
    name,
    queue,
    retry: toRetryPolicy(retry),
    timeoutSeconds,
    maxDurationSeconds,
    versioning,
    flow,
    unavailable: rules.unavailable,
    isBuiltIn: rules.isBuiltIn ?? false,
    check(payload, tenant) {
      const parsed = schema['~standard'].validate(payload);
      if (parsed instanceof Promise) throw new TypeError(`The schema of "${name}" is asynchronous.`);
      return problemsOf(parsed, tenant);
    },
    async problems(payload, tenant) {
      return problemsOf(await schema['~standard'].validate(payload), tenant);
    },
    async run(payload, context) {
      // Validate the payload again, because a deployment since the submission may have changed the schema or the tenant's
      // permissions.
      const parsed = await schema['~standard'].validate(payload);
      const [problem] = problemsOf(parsed, context.tenant);
      if (problem) {
        throw new UnfitPayloadError(
          `payload no longer matches the job type "${name}": ${problem.field || 'payload'} ${problem.message}`,
        );
      }
      const { value } = parsed as StandardSchemaV1.SuccessResult<unknown>;
      return (await definition.run(value, context)) as Json;
    },
  };
}

/** The job types that a deployment accepts, by name. */
export type JobTypes = ReadonlyMap<string, JobType>;

/** Finds the code that runs a job type. */
export interface RunnableJobTypes {
  /**
   * @returns undefined for a type that is not deployed
   * @throws Error if the code can't be loaded
   */
  find(name: string): RunnableJobType | undefined | Promise<RunnableJobType | undefined>;
}

/** The reasons why job types can't run in this deployment, by type name. */
export type UnavailableTypes = ReadonlyMap<string, string>;

/** Selects the deployment's job types that can't run, with the reason for each. */
export function unavailableOf(jobTypes: Iterable<JobType>): UnavailableTypes {
  const reasons = new Map<string, string>();
  for (const { name, unavailable } of jobTypes) if (unavailable !== undefined) reasons.set(name, unavailable);
  return reasons;
}
