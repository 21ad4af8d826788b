import { InvalidRequestError } from '../job/errors.ts';
import type { Submission } from '../job/submit.ts';
import type { Caller } from './caller.ts';
import { readSubmission, type SubmissionRules } from './submission.ts';

/**
 * Validates a job that Errand will submit later.
 *
 * @param field the body field that contains the job
 * @throws InvalidRequestError that names the invalid fields, such as `job.payload.seconds`
 */
export function readLaterJob(
  field: string,
  job: unknown,
  caller: Pick<Caller, 'tenant' | 'actor'>,
  rules: SubmissionRules,
): Submission {
  try {
    return readSubmission(job, caller, rules);
  } catch (error) {
    if (!(error instanceof InvalidRequestError)) throw error;
    const errors = error.errors.map(({ field: inner, message }) => ({
      field: inner === 'body' ? field : `${field}.${inner}`,
      message,
    }));
    throw new InvalidRequestError('body', errors);
  }
}
