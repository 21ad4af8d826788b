import { dataOf } from './errand-error.ts';
import type { Connection, RequestOptions, Schema } from './http-client.ts';
import { isIdempotent } from './submission.ts';
import { upload } from './upload.ts';

/** The maximum size of a file that can be sent in one request with its job, in bytes. Larger files are uploaded first. */
const MAX_FORM_FILE = 4_500_000;

/** @throws ErrandError */
export async function submit(
  { http, idempotent }: Connection,
  body: Schema<'Submission'>,
  { signal }: RequestOptions,
): Promise<Schema<'SubmittedJob'>> {
  return dataOf(
    await http.POST('/v1/jobs', {
      body,
      ...(isIdempotent(body) && idempotent),
      ...(signal && { signal }),
    }),
  );
}

/**
 * Submits a job with a file. A small file is sent with the job in one multipart request. A larger file is uploaded first. The file's key
 * becomes `payload.file`.
 *
 * @param submission a submission whose payload, if any, is an object without `file`
 * @throws ErrandError
 */
export async function submitFile(
  connection: Connection,
  submission: Schema<'Submission'>,
  file: Blob,
  options: RequestOptions,
): Promise<Schema<'SubmittedJob'>> {
  if (file.size > MAX_FORM_FILE) {
    const key = await upload(connection, file, options);
    const payload = { ...(submission.payload as object | undefined), file: key };
    return submit(connection, { ...submission, payload } as Schema<'Submission'>, options);
  }
  const form = formOf(submission, file);
  const { http, idempotent } = connection;
  return dataOf(
    await http.POST('/v1/jobs', {
      // The OpenAPI types require the form's fields as the body, but `bodySerializer` sends the form itself.
      body: {} as never,
      bodySerializer: () => form,
      ...(isIdempotent(submission) && idempotent),
      ...(options.signal && { signal: options.signal }),
    }),
  );
}

/** Builds a form with the fields as strings, the payload as JSON, and the file at the end. */
function formOf(submission: Schema<'Submission'>, file: Blob): FormData {
  const form = new FormData();
  for (const [name, value] of Object.entries<unknown>(submission)) {
    if (value === undefined) continue;
    const isText = typeof value === 'string' && name !== 'payload';
    form.append(name, isText ? value : JSON.stringify(value));
  }
  form.append('file', file, 'file');
  return form;
}
