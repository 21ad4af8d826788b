import { fileKey } from '../job/file-key.ts';
import { InvalidRequestError } from '../job/errors.ts';
import type { Json } from '../job/job.ts';
import type { Chance, UploadStore } from '../job/ports.ts';
import type { FormEvent } from '../middleware/form-body.ts';
import { MEDIA_TYPE } from './media-type.ts';

export interface AttachmentPorts {
  uploads: UploadStore;
  chance: Chance;
}

/** A submission's body whose payload names the attached file, and how to store that file. */
export interface Attached {
  body: Json;
  /** To be called once the submission is known to be good, and before any worker may see it. */
  readonly store: () => Promise<void>;
}

/**
 * Gives the file of a form a key, which stands in the payload as `file`.
 *
 * @throws InvalidRequestError for a payload that names a file already, or is no object that could
 */
export function attachFile(event: FormEvent, tenant: string, { uploads, chance }: AttachmentPorts): Attached {
  const { body, file } = event;
  if (!file) return { body, store: () => Promise.resolve() };
  const { payload = {} } = body as { payload?: Json };
  if (typeof payload !== 'object' || payload === null || Array.isArray(payload)) {
    throw invalid('payload', 'must be a JSON object, for the key of the file goes into it');
  }
  if ('file' in payload) {
    throw invalid('payload.file', 'must not be given with a file: it becomes the key of that file');
  }
  const key = fileKey(tenant, chance.newId());
  return {
    body: { ...(body as object), payload: { ...payload, file: key } },
    store: () =>
      uploads.put(key, file.bytes, MEDIA_TYPE.test(file.contentType) ? file.contentType : undefined),
  };
}

function invalid(field: string, message: string): InvalidRequestError {
  return new InvalidRequestError('body', [{ field, message }]);
}
