/** How often each AWS operation is called, by `<signing name> <operation>`. */
export type Calls = Readonly<Record<string, number>>;

/** By the api function, for a submission with an `object_id`. test/embedded/calls.test.ts counts them. */
export const ACCEPTED: Calls = {
  'dynamodb PutItem': 1,
  'rds-data ExecuteStatement': 1,
  'sqs SendMessage': 1,
};

/** By the api function, for a submission inside the dedup window of an earlier one. */
export const DUPLICATE: Calls = { 'dynamodb PutItem': 1, 'rds-data ExecuteStatement': 1 };

/** By the api function, for `GET /v1/jobs/{job_id}`. */
export const READ: Calls = { 'rds-data ExecuteStatement': 1 };

/**
 * By the api function, for `GET /v1/jobs/{job_id}?wait=` of a job that does not end during the wait, without the reads of its status: the
 * job before and after the wait; for the tenant and for all tenants, the waits left from the previous window, and a slot taken and
 * released.
 */
export const WAIT: Calls = {
  'rds-data ExecuteStatement': 2,
  'dynamodb GetItem': 2,
  'dynamodb UpdateItem': 4,
};

/** By the worker, for a batch of any size whose jobs all succeed: the claim and the record. */
export const EXECUTION: Calls = { 'rds-data ExecuteStatement': 2 };

/** BatchExecuteStatement takes 25 statements. SendMessageBatch takes ten messages, and ten are received at once. */
const STATEMENTS_PER_CALL = 25;
export const MESSAGES_PER_SEND = 10;

/**
 * By the api function, for a `POST /v1/jobs/batch` of several jobs of one queue with different `object_id`s.
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
