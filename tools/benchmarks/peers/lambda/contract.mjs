// Code shared by the peers' functions.

/** The dedup window, in seconds. */
export const WINDOW_SECONDS = 300;

const INSERT =
  'INSERT INTO jobs (job_id, object_id, type, payload, status, create_time) ' +
  "VALUES (:job_id, :object_id, 'sleep', :payload, 'created', now())";

/** Returns the input of the ExecuteStatement call that writes a job's row. */
export function insertOf(jobId, { object_id: objectId, payload }) {
  return {
    resourceArn: process.env.CLUSTER_ARN,
    secretArn: process.env.SECRET_ARN,
    database: process.env.DATABASE_NAME,
    sql: INSERT,
    parameters: [
      { name: 'job_id', value: { stringValue: jobId }, typeHint: 'UUID' },
      { name: 'object_id', value: { stringValue: objectId } },
      { name: 'payload', value: { stringValue: JSON.stringify(payload) }, typeHint: 'JSON' },
    ],
  };
}

/** Returns the input of the SendMessage call that wakes a worker. */
export function wakeUpOf(jobId) {
  return { QueueUrl: process.env.QUEUE_URL, MessageBody: JSON.stringify({ job_id: jobId }) };
}

/** Returns a response in API Gateway's format. */
export function answer(statusCode, body) {
  return { statusCode, headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) };
}
