import * as z from 'zod/mini';
import { fileKey, MAX_FILE_BYTES, MEDIA_TYPE } from '../../../job/file-key.ts';
import { named } from '../../documents/components.ts';
import { BODY_PROBLEMS } from '../../documents/operation-docs.ts';
import { upload, uploadExample, type Upload } from '../../documents/views/upload.ts';
import { operation, json } from '../../operation.ts';
import { MAX_BODY_BYTES } from '../../request.ts';

/** How long the form stays valid, in seconds. An upload must begin within this time, but may finish later. */
const FORM_SECONDS = 3600;

const uploadSchema = z.strictObject(
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
            `must be at most ${MAX_FILE_BYTES} (5 GiB), which is S3's limit for one upload`,
          ),
        ),
    ),
  },
  'must be a JSON object',
);

/**
 * Creates an upload. Responds with 201 and a form for uploading one file. If `bytes` is set, the file must have exactly that
 * size.
 */
export const createUpload = operation({
  id: 'createUpload',
  method: 'POST',
  path: '/v1/uploads',
  scope: 'submit',
  request: { body: { maxBytes: MAX_BODY_BYTES, whenAbsent: {}, schema: uploadSchema } },
  async handle({ tenant, body: { content_type: contentType, bytes } }, { uploads: { store, clock } }) {
    const file = fileKey(tenant, clock.newId());
    const maxBytes = bytes ?? MAX_FILE_BYTES;
    const expiresAt = new Date(clock.now().getTime() + FORM_SECONDS * 1000);
    const { url, fields } = await store.form(file, {
      contentType,
      minBytes: bytes ?? 0,
      maxBytes,
      expiresIn: FORM_SECONDS,
    });
    return json(201, {
      file,
      method: 'POST',
      url,
      fields,
      max_bytes: maxBytes,
      expires_at: expiresAt.toISOString(),
    } satisfies Upload);
  },
  docs: !import.meta.bundled && {
    tag: 'Uploads',
    summary: 'Get a form for one large file',
    description: 'The form uploads the file directly to S3. A job’s payload then names it.',
    body: {
      schema: named('UploadRequest', uploadSchema),
      examples: { sized: { content_type: 'text/plain', bytes: 104857600 }, any: {} },
    },
    responses: [
      {
        status: 201,
        description: 'A form for one file, valid for an hour.',
        content: { schema: upload, example: uploadExample },
      },
    ],
    problems: BODY_PROBLEMS,
    unaudited: 'The operation writes nothing. Submitting a job that names the file is audited.',
  },
});
