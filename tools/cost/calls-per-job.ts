/** The number of calls to each AWS operation, keyed by `<signing name> <operation>`. */
export type Calls = Readonly<Record<string, number>>;

/** Calls that the api function makes for a submission with an `object_id`. test/embedded/calls.test.ts counts these calls. */
export const ACCEPTED: Calls = {
  'dynamodb PutItem': 1,
  'rds-data ExecuteStatement': 1,
  'sqs SendMessage': 1,
};

/** Calls that the api function makes for a submission within the dedup window of an earlier submission. */
export const DUPLICATE: Calls = { 'dynamodb PutItem': 1, 'rds-data ExecuteStatement': 1 };

/** Calls that the api function makes for `GET /v1/jobs/{job_id}`. */
export const READ: Calls = { 'rds-data ExecuteStatement': 1 };

/**
 * Calls that the api function makes for `GET /v1/jobs/{job_id}?wait=` if the job does not end during the wait. The function reads the job before
 * and after the wait. The function also counts the unfinished waits of the previous window, takes a slot before the wait, and releases the slot
 * afterwards: each once for the tenant and once for all tenants. The polls of the job's status are not included.
 */
export const WAIT: Calls = {
  'rds-data ExecuteStatement': 2,
  'dynamodb GetItem': 2,
  'dynamodb UpdateItem': 4,
};

/** Calls that the worker makes for a batch of any size if all its jobs succeed: one claim, and one recording of the outcomes. */
export const EXECUTION: Calls = { 'rds-data ExecuteStatement': 2 };

/**
 * Limits of the AWS operations. BatchExecuteStatement accepts 25 statements. SendMessageBatch accepts ten messages, and ReceiveMessage
 * returns up to ten.
 */
const STATEMENTS_PER_CALL = 25;
export const MESSAGES_PER_SEND = 10;

/**
 * Returns the calls that the api function makes for a `POST /v1/jobs/batch` with several jobs for one queue and different `object_id`s.
 *
 * @param jobsPerMessage the queue's batch size
 */
export function acceptedBatch(jobs: number, jobsPerMessage = 1): Calls {
  const messages = Math.ceil(jobs / jobsPerMessage);
  return {
    'dynamodb BatchExecuteStatement': Math.ceil(jobs / STATEMENTS_PER_CALL),
    'rds-data ExecuteStatement': 1,
    ...(messages === 1
      ? { 'sqs SendMessage': 1 }
      : { 'sqs SendMessageBatch': Math.ceil(messages / MESSAGES_PER_SEND) }),
  };
}
