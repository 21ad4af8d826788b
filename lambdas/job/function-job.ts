import type { StandardSchemaV1 } from '@standard-schema/spec';
import { isStandardSchema, type NoSignals, type PayloadSchema } from './definition-schemas.ts';
import { defineJob, refuse, type JobDefinition, type JobOptions } from './definition.ts';

export interface FunctionJobOptions<
  Schema extends PayloadSchema,
  ResultSchema extends StandardSchemaV1,
> extends Omit<JobOptions<Schema, unknown>, 'run' | 'signals' | 'maxDurationSeconds' | 'versioning'> {
  /**
   * Validates and types the function's result. The job fails if the result does not match this schema.
   *
   * @default - any JSON, typed `unknown`
   */
  readonly result?: ResultSchema;
}

/**
 * Defines a job type that runs in your own Lambda function, in any language. Name the function in the stack: `new
 * Errand(this, 'Jobs', { jobs, functions: { transcode: fn } })`.
 *
 * The function receives `{job_id, type, tenant, attempt, payload, deadline}`, plus `traceparent` if the job has a trace. The
 * JSON that the function returns becomes the job's result. If the function raises an error, the attempt fails with that
 * error. An error whose type is named `FinalError` fails the job immediately. A `RetryLaterError` with a message such as `30
 * s: the printer is busy` sets the time of the next attempt.
 *
 * ```ts
 * export const transcode = functionJob('transcode', {
 *   payload: z.object({ video: z.string() }),
 *   result: z.object({ seconds: z.number() }),
 * });
 * ```
 *
 * @param name as in `job`
 * @throws TypeError that names the option and the valid values
 */
export function functionJob<
  const Name extends string,
  Schema extends PayloadSchema,
  ResultSchema extends StandardSchemaV1 = StandardSchemaV1,
>(
  name: Name,
  options: FunctionJobOptions<Schema, ResultSchema>,
): JobDefinition<
  Name,
  StandardSchemaV1.InferInput<Schema>,
  StandardSchemaV1.InferOutput<ResultSchema>,
  NoSignals
> {
  const { result } = options;
  if ('run' in options) {
    throw new TypeError(`job "${name}": a functionJob has no run: remove run, or define the job with job().`);
  }
  if (result !== undefined && !isStandardSchema(result)) {
    refuse(name, 'result', result, 'a Standard Schema, such as z.object({ … })');
  }
  return {
    ...defineJob<Name, Schema>(name, options),
    inFunction: { result },
    run() {
      throw new TypeError(`The job "${name}" runs in a Lambda function: only a deployed worker can run it.`);
    },
  };
}
