import { Readable } from 'node:stream';

/** The response to one request: rows, an error, or nothing, so that the request times out. */
export type Answer = { rows: string[] } | { error: string; status?: number; message?: string } | 'timeout';

export const STATEMENT = { name: 'a-statement', sql: 'SELECT :a' };

/** The Data API's error while a cluster is resuming and its writer does not respond yet. */
export const NO_CONNECTION: Answer = {
  error: 'BadRequestException',
  message:
    'Communications link failure\n\nThe last packet sent successfully to the server was 0 milliseconds ago.',
};

/** Converts a response to the form that the SDK's HTTP handler returns. */
export function toResponse(answer: Exclude<Answer, 'timeout'>) {
  const isError = 'error' in answer;
  const body = isError
    ? { message: answer.message ?? '' }
    : { records: answer.rows.map((stringValue) => [{ stringValue }]) };
  return {
    statusCode: isError ? (answer.status ?? 400) : 200,
    headers: { 'content-type': 'application/json', ...(isError && { 'x-amzn-errortype': answer.error }) },
    body: Readable.from([Buffer.from(JSON.stringify(body))]),
  };
}
