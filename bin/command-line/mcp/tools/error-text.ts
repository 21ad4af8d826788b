import { CLIENT_ERRORS, ErrandError } from 'errand-client';

/** Describes an error and its remedy to the model. */
export function errorText(error: unknown, url: string): string {
  if (!(error instanceof Error)) return String(error);
  if (error.name === 'TimeoutError')
    return 'The API did not respond in time. A paused database takes up to 40 seconds to resume: call again.';
  if (!(error instanceof ErrandError)) return error.message;
  const fields = error.errors
    .map(({ field, message }) => `${field}: ${message}`)
    // Drops lines that the message already contains.
    .filter((line) => !error.message.includes(line));
  return [error.message, ...fields, adviceFor(error, url)].filter((line) => line !== '').join('\n');
}

const CORRECT_FIELDS = 'Correct the fields and call again.';

const ADVICE: Readonly<Record<number, string>> = {
  400: CORRECT_FIELDS,
  401: 'Ask the user to start the server with a valid API key in ERRAND_API_KEY.',
  403: 'The API key lacks a scope: reading needs "read"; submitting, canceling and retrying need "submit". Ask the user for such a key.',
  404: 'Check the id: list_jobs finds jobs.',
  422: CORRECT_FIELDS,
};

function adviceFor({ type, status = 0, retryAfter }: ErrandError, url: string): string {
  if (type === CLIENT_ERRORS.noResponse)
    return `Check that the API runs at ${url}: the server was started with that --url or ERRAND_URL.`;
  if (status === 429) return `Call again ${retryAfter === undefined ? 'later' : `in ${retryAfter} seconds`}.`;
  return ADVICE[status] ?? '';
}
