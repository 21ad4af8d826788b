import * as z from 'zod/mini';
import { isFileOf } from '../../../job/file-key.ts';
import { HttpError } from '../../../middleware/problem.ts';
import { named } from '../../documents/components.ts';
import { BODY_PROBLEMS } from '../../documents/operation-docs.ts';
import { download, downloadExample, type Download } from '../../documents/views/upload.ts';
import { described } from '../../fields.ts';
import { json, operation } from '../../operation.ts';
import { MAX_BODY_BYTES } from '../../request.ts';

const downloadSchema = z.strictObject(
  {
    file: described(
      z.string('must be a file key').check(z.minLength(1, 'must be a file key')),
      !import.meta.bundled && { description: 'The file’s key, from an upload or from a job’s result.' },
    ),
  },
  'must be a JSON object',
);

/** Creates a download link. Responds with 200 and a link to one of the tenant's files. */
export const createDownload = operation({
  id: 'createDownload',
  method: 'POST',
  path: '/v1/downloads',
  scope: 'read',
  request: { body: { maxBytes: MAX_BODY_BYTES, schema: downloadSchema } },
  async handle({ tenant, body: { file } }, { uploads: { store } }) {
    const found = isFileOf(tenant, file) ? await store.download(file) : undefined;
    if (!found) {
      throw new HttpError(
        404,
        'file-not-found',
        'The file does not exist: it has expired, or never existed.',
      );
    }
    return json(200, {
      file,
      url: found.url,
      bytes: found.bytes,
      content_type: found.contentType,
      expires_at: found.expiresAt.toISOString(),
    } satisfies Download);
  },
  docs: !import.meta.bundled && {
    tag: 'Uploads',
    summary: 'Get a link to a file',
    description: 'Works for uploaded files and for files that jobs wrote.',
    body: {
      schema: named('DownloadRequest', downloadSchema),
      examples: { file: { file: downloadExample.file } },
    },
    responses: [
      {
        status: 200,
        description: 'A link, valid for an hour.',
        content: { schema: download, example: downloadExample },
      },
    ],
    problems: { ...BODY_PROBLEMS, 404: ['file-not-found'] },
    unaudited: 'The operation changes nothing.',
  },
});
