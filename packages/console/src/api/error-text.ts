import { ErrandError } from 'errand-client';

/** Returns an error's text for the user: the API's explanation, with one invalid field per line, or the error's own message. */
export function errorText(error: unknown): string {
  if (!(error instanceof ErrandError)) return error instanceof Error ? error.message : String(error);
  if (error.errors.length === 0) return error.detail;
  return error.errors.map(({ field, message }) => `${field}: ${message}`).join('\n');
}
