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
 * By the api function, for `GET /v1/jobs/{job_id}?wait=` of a job that does not end meanwhile, without the reads of its status: the job
 * before and after, the waits that are left of the window before, a slot taken and released, each for the tenant and for all.
 */
export const WAIT: Calls = {
  'rds-data ExecuteStatement': 2,
  'dynamodb GetItem': 2,
  'dynamodb UpdateItem': 4,
};

/** By the worker, for an execution whose jobs all succeed: the claim and the record, whatever the size of the batch. */
export const EXECUTION: Calls = { 'rds-data ExecuteStatement': 2 };

/** SendMessageBatch takes ten messages. */
const MESSAGES_PER_SEND = 10;

/** By the api function, for a `POST /v1/jobs/batch` of so many jobs, each with an `object_id` of its own. */
export function acceptedBatch(jobs: number): Calls {
  return {
    'dynamodb PutItem': jobs,
    'rds-data ExecuteStatement': 1,
    'sqs SendMessageBatch': Math.ceil(jobs / MESSAGES_PER_SEND),
  };
}
