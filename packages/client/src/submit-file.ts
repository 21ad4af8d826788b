import { dataOf } from './refusal.ts';
import type { ErrandClient, Schema } from './http-client.ts';

/** The largest file that the API takes in one request with its job, in bytes; larger ones are uploaded first. */
const MAX_FORM_FILE = 4_500_000;

/**
 * Submits a job on a file: in one form where it is small enough, else by an upload of its own. The file is streamed, and its
 * key becomes `payload.file`.
 *
 * @param submission whose payload, if it has one, is an object without `file`
 * @throws RefusedError, and Error where the store refuses the upload
 */
export async function submitFile(
  client: ErrandClient,
  submission: Schema<'Submission'>,
  file: Blob,
): Promise<Schema<'SubmittedJob'>> {
  if (file.size <= MAX_FORM_FILE) {
    const form = formOf(submission, file);
    // The document says which fields a form has; what is sent is the form itself.
    const answer = await client.POST('/v1/jobs', { body: {} as never, bodySerializer: () => form });
    return dataOf(answer);
  }
  const upload = dataOf(await client.POST('/v1/uploads', { body: { bytes: file.size } }));
  await sendUpload(upload, file);
  const payload = { ...(submission.payload as object | undefined), file: upload.file };
  return dataOf(await client.POST('/v1/jobs', { body: { ...submission, payload } }));
}

/** The fields as texts, the payload as JSON, and then the file. */
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

/** As a browser would send the form. @throws Error with what the store answered */
async function sendUpload({ url, fields }: Schema<'Upload'>, file: Blob): Promise<void> {
  const form = new FormData();
  for (const [name, value] of Object.entries(fields)) form.append(name, value);
  form.append('file', file, 'file');
  const answer = await fetch(url, { method: 'POST', body: form });
  if (answer.ok) return;
  const [, reason = 'no reason given'] = /<Message>([^<]*)<\/Message>/.exec(await answer.text()) ?? [];
  throw new Error(`The upload was refused: ${reason} (${answer.status})`);
}
