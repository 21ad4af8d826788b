import { fileKey } from '../job/file-key.ts';
import { InvalidRequestError } from '../job/errors.ts';
import type { Json } from '../job/job.ts';
import type { Clock } from '../job/clock.ts';
import type { UploadStore } from '../job/upload-store.ts';
import type { AttachedFile } from '../middleware/form-body.ts';
import { MEDIA_TYPE } from './media-type.ts';

export interface AttachmentPorts {
  uploads: UploadStore;
  clock: Clock;
}

/** A submission's body whose payload names the attached file. */
export interface Attached {
  readonly body: unknown;
  /** Stores the file. Call it once the submission is valid, before a worker can see the job. */
  readonly store: () => Promise<void>;
}

/**
 * Gives the file of a form a key, and adds the key to the payload as `file`.
 *
 * @throws InvalidRequestError for a payload that is no object or already has a `file`
 */
export function attachFile(
  body: unknown,
  file: AttachedFile | undefined,
  tenant: string,
  { uploads, clock }: AttachmentPorts,
): Attached {
  if (!file) return { body, store: () => Promise.resolve() };
  const { payload = {} } = body as { payload?: Json };
  if (typeof payload !== 'object' || payload === null || Array.isArray(payload)) {
    throw invalid('payload', 'must be a JSON object, for the key of the file goes into it');
  }
  if ('file' in payload) {
    throw invalid('payload.file', 'must not be given with a file: it becomes the key of that file');
  }
  const key = fileKey(tenant, clock.newId());
  return {
    body: { ...(body as object), payload: { ...payload, file: key } },
    store: () =>
      uploads.put(key, file.bytes, MEDIA_TYPE.test(file.contentType) ? file.contentType : undefined),
  };
}

function invalid(field: string, message: string): InvalidRequestError {
  return new InvalidRequestError('body', [{ field, message }]);
}
