import type { APIGatewayProxyStructuredResultV2 } from 'aws-lambda';
import * as z from 'zod/mini';
import { fileKey, MAX_FILE_BYTES } from '../../job/file-key.ts';
import type { Chance, UploadStore } from '../../job/ports.ts';
import type { JsonEvent } from '../../middleware/json-body.ts';
import { MEDIA_TYPE } from '../media-type.ts';
import { json } from '../response.ts';
import type { OfTenant } from '../caller.ts';
import { validate } from '../validation.ts';

/** What uploads stand on. */
export interface UploadRoutes {
  uploads: UploadStore;
  chance: Pick<Chance, 'now' | 'newId'>;
}

/** The answer of `POST /v1/uploads`. */
export interface UploadAnswer {
  /** The key, by which a job's payload names the file. */
  file: string;
  method: 'POST';
  url: string;
  fields: Record<string, string>;
  max_bytes: number;
  /** ISO 8601 in UTC. */
  expires_at: string;
}

/** How long a form can be used, in seconds. An upload that has begun by then may end later. */
const FORM_SECONDS = 3600;

/** The body of `POST /v1/uploads`. */
export const uploadSchema = z.strictObject(
  {
    content_type: z.optional(
      z
        .string('must be a string')
        .check(
          z.maxLength(255, 'must have at most 255 characters'),
          z.regex(MEDIA_TYPE, 'must be a media type such as text/plain'),
        ),
    ),
    bytes: z.optional(
      z
        .number('must be a number of bytes')
        .check(
          z.int('must be a whole number of bytes'),
          z.minimum(0, 'must be at least 0'),
          z.maximum(
            MAX_FILE_BYTES,
            `must be at most ${MAX_FILE_BYTES} (5 GiB), which is S3's limit of one upload`,
          ),
        ),
    ),
  },
  'must be a JSON object',
);

/** `POST /v1/uploads`: 201 with a form that uploads one file, of exactly `bytes` if they were given. */
export function createUpload({
  uploads,
  chance,
}: UploadRoutes): (event: JsonEvent & OfTenant) => Promise<APIGatewayProxyStructuredResultV2> {
  return async (event) => {
    const { content_type: contentType, bytes } = validate(uploadSchema, event.body, 'body');
    const file = fileKey(event.tenant, chance.newId());
    const maxBytes = bytes ?? MAX_FILE_BYTES;
    const expiresAt = new Date(chance.now().getTime() + FORM_SECONDS * 1000);
    const { url, fields } = await uploads.form(file, {
      contentType,
      minBytes: bytes ?? 0,
      maxBytes,
      expiresIn: FORM_SECONDS,
    });
    const answer: UploadAnswer = {
      file,
      method: 'POST',
      url,
      fields,
      max_bytes: maxBytes,
      expires_at: expiresAt.toISOString(),
    };
    return json(201, answer);
  };
}
