import { CLIENT_ERRORS, dataOf, ErrandError } from './errand-error.ts';
import type { Connection, RequestOptions, Schema } from './http-client.ts';
import { exchange } from './retries.ts';

/**
 * Uploads a file of up to 5 GiB as a stream, for a job to read.
 *
 * @returns the file's key, for the payload
 * @throws ErrandError
 */
export async function upload(
  { http, idempotent, retries }: Connection,
  file: Blob,
  { signal }: RequestOptions = {},
): Promise<string> {
  // Requesting a presigned form changes nothing, so the request is idempotent.
  const presigned = dataOf(
    await http.POST('/v1/uploads', { body: { bytes: file.size }, ...idempotent, ...(signal && { signal }) }),
  );
  const send = (): Promise<Response> => {
    const body = formOf(presigned, file);
    // Uses the global fetch, because the client's own fetch may add credentials. The form already contains credentials, and S3 refuses a request with
    // two sets of credentials.
    return fetch(presigned.url, { method: 'POST', body, ...(signal && { signal }) });
  };
  const { host } = new URL(presigned.url);
  const response = await exchange(
    { name: `The upload to ${host}`, isIdempotent: true, signal, send },
    retries,
  );
  if (response.ok) return presigned.file;
  const [, reason = 'no reason given'] = /<Message>([^<]*)<\/Message>/.exec(await response.text()) ?? [];
  throw new ErrandError(
    CLIENT_ERRORS.uploadRefused,
    'The upload was refused',
    `The upload was refused: ${reason}`,
    { status: response.status },
  );
}

/** Builds the form. S3 requires the file after all other fields. */
function formOf({ fields }: Schema<'Upload'>, file: Blob): FormData {
  const form = new FormData();
  for (const [name, value] of Object.entries(fields)) form.append(name, value);
  form.append('file', file, 'file');
  return form;
}
