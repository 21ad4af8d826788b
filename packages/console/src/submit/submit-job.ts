import { dataOf, ErrandError, type Schema } from 'errand-client';
import { errorText } from '../api/error-text.ts';
import { errand } from '../app/session.ts';

export interface NewSubmission {
  readonly type: string;
  readonly payload: unknown;
  readonly objectId: string;
  readonly tags: string;
  readonly delaySeconds: string;
  readonly priority: string;
  readonly file: File | undefined;
}

/** The maximum size of a file sent to the API in a form, in bytes (docs/files.md). */
const LARGEST_FILE = 4_500_000;

/** @throws ErrandError, or TypeError if the file is too large for a form */
export async function submitJob(submission: NewSubmission): Promise<Schema<'SubmittedJob'>> {
  const fields = fieldsOf(submission);
  const { file } = submission;
  if (!file) return dataOf(await errand.http.POST('/v1/jobs', { body: fields as never }));
  if (file.size > LARGEST_FILE) {
    throw new TypeError(
      `${file.name} is larger than 4.5 MB. Upload it with errand.submitFile(…) or POST /v1/uploads, and submit the job there.`,
    );
  }
  const form = new FormData();
  for (const [name, value] of Object.entries(fields))
    form.append(name, typeof value === 'string' ? value : JSON.stringify(value));
  form.append('file', file, file.name);
  return dataOf(await errand.http.POST('/v1/jobs', { body: form as never, bodySerializer: () => form }));
}

function fieldsOf({
  type,
  payload,
  objectId,
  tags,
  delaySeconds,
  priority,
}: NewSubmission): Record<string, unknown> {
  const words = tags.split(/[\s,]+/).filter((word) => word !== '');
  return {
    type,
    payload,
    ...(objectId !== '' && { object_id: objectId }),
    ...(words.length > 0 && { tags: words }),
    ...(delaySeconds !== '' && { delay_seconds: Number(delaySeconds) }),
    ...(priority !== '' && { priority: Number(priority) }),
  };
}

export interface Refusal {
  /** The error messages that are not about a payload field. */
  readonly general: string | undefined;
  /** Error messages, keyed by payload field. */
  readonly byField: ReadonlyMap<string, string>;
}

export function refusalOf(error: unknown): Refusal {
  if (!(error instanceof ErrandError)) {
    return { general: errorText(error), byField: new Map() };
  }
  const byField = new Map<string, string>();
  const others: string[] = [];
  for (const { field, message } of error.errors) {
    const [, name] = /^payload\.([^.[]+)/.exec(field) ?? [];
    if (name === undefined) others.push(`${field}: ${message}`);
    else byField.set(name, message);
  }
  if (error.errors.length === 0) others.push(error.detail);
  return { general: others.length > 0 ? others.join('\n') : undefined, byField };
}
