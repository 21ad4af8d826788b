import { ErrandError } from 'errand-client';

/** What a reader is told about an error: the API's explanation, with the refused fields one on each line, or the error's own message. */
export function errorText(error: unknown): string {
  if (!(error instanceof ErrandError)) return error instanceof Error ? error.message : String(error);
  if (error.errors.length === 0) return error.detail;
  return error.errors.map(({ field, message }) => `${field}: ${message}`).join('\n');
}
