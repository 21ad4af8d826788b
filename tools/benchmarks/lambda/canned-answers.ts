import { createHash } from 'node:crypto';

/** A canned response, with a JSON body and the content type of the service's protocol. */
export interface CannedAnswer {
  readonly contentType: string;
  readonly body: string;
}

type Fields = Readonly<Record<string, unknown>>;

/** Responses to operations in AWS's JSON protocols, keyed by `X-Amz-Target` without the service prefix. */
const OPERATIONS: Readonly<Record<string, (input: Fields) => Fields>> = {
  PutItem: () => ({}),
  UpdateItem: () => ({}),
  BatchExecuteStatement: ({ Statements: statements }) => ({
    Responses: (statements as unknown[]).map(() => ({ TableName: 'Errand-DedupTable' })),
  }),
  SendMessage: ({ MessageBody: body }) => sent(body),
  SendMessageBatch: ({ Entries: entries }) => ({
    Successful: (entries as Fields[]).map(({ Id, MessageBody: body }) => ({ Id, ...sent(body) })),
  }),
};

function sent(body: unknown): Fields {
  return {
    MD5OfMessageBody: createHash('md5').update(String(body)).digest('hex'),
    MessageId: '2f5d1c39-7c0f-4d52-a5c2-8a7e0b9d6f11',
  };
}

const NOW = '2026-11-22T01:50:11.133Z';

/**
 * Responds in the service's format, with a body of realistic size.
 *
 * @throws Error if no benchmark should make this call
 */
export function cannedAnswer(target: string | undefined, path: string, body: string): CannedAnswer {
  const input = JSON.parse(body) as Fields;
  if (path === '/Execute') {
    return { contentType: 'application/json', body: JSON.stringify(executeStatement(input)) };
  }
  const operation = OPERATIONS[target?.split('.').at(-1) ?? ''];
  if (!operation) throw new Error(`There is no canned response for ${target ?? path}.`);
  return { contentType: 'application/x-amz-json-1.0', body: JSON.stringify(operation(input)) };
}

/** Returns the Data API's response, with rows of one text column. Recognizes the statement by its parameters. */
function executeStatement(input: Fields): Fields {
  const { parameters = [] } = input as {
    parameters?: { name: string; value: { stringValue?: string } }[];
  };
  const given = new Map(parameters.map(({ name, value }) => [name, value.stringValue ?? 'null']));
  const read = (name: string): Fields[] => JSON.parse(given.get(name) ?? '[]') as Fields[];
  let rows: Fields[];
  if (given.has('jobs')) rows = read('jobs').map(inserted);
  else if (given.has('job_ids')) rows = (JSON.parse(given.get('job_ids') ?? '[]') as string[]).map(claimed);
  else if (given.has('results')) rows = read('results').map(recorded);
  // The peers' functions send an INSERT that returns no rows.
  else if (given.has('object_id')) return { generatedFields: [], numberOfRecordsUpdated: 1 };
  else
    throw new Error(
      `There is no canned response for a statement with the parameters ${[...given.keys()].join(', ')}.`,
    );
  return {
    generatedFields: [],
    numberOfRecordsUpdated: 0,
    records: rows.map((row) => [{ stringValue: JSON.stringify(row) }]),
  };
}

function inserted(job: Fields): Fields {
  const { job_id, object_id, type, max_attempts, timeout_seconds } = job;
  return {
    inserted: true,
    job: {
      job_id,
      object_id,
      type,
      queue: 'default',
      status: 'created',
      attempt: 0,
      max_attempts,
      timeout_seconds,
      create_time: NOW,
      run_at: NOW,
      start_time: null,
      end_time: null,
      message: null,
      cancel_requested: false,
      progress: null,
      callback_job_id: null,
      trace_id: null,
      tags: [],
      metadata: {},
    },
  };
}

/** Returns a claimed job that does nothing: it sleeps for 0 seconds. */
function claimed(jobId: string): Fields {
  return {
    job_id: jobId,
    verdict: 'claimed',
    in_ms: null,
    tenant: 'default',
    type: 'sleep',
    callback_job_id: null,
    attempt: 1,
    max_attempts: 2,
    timeout_seconds: 46,
    payload_in_parts: false,
    payload: { seconds: 0 },
  };
}

function recorded(result: Fields): Fields {
  return {
    job_id: result.jobId,
    recorded: true,
    status: result.status,
    callback_job_id: null,
    in_ms: 0,
  };
}
