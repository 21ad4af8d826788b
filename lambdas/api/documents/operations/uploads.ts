import { uploadSchema } from '../../routes/uploads.ts';
import { named } from '../components.ts';
import { BODY_PROBLEMS, type Operation } from '../operation.ts';
import { upload } from '../views/upload.ts';

const FILE = 'uploads/default/0192f3a0-7c1e-7000-8000-000000000000';

export const uploadOperations: readonly Operation[] = [
  {
    id: 'createUpload',
    method: 'POST',
    path: '/v1/uploads',
    scope: 'submit',
    tag: 'Uploads',
    summary: 'Get a form for one large file',
    description: 'The file goes to S3, by the form and not through this API; a job then names it.',
    body: {
      schema: named('UploadRequest', uploadSchema),
      optional: true,
      examples: { sized: { content_type: 'text/plain', bytes: 104857600 }, any: {} },
    },
    answers: [
      {
        status: 201,
        description: 'A form that takes one file, for an hour.',
        content: {
          schema: upload,
          example: {
            file: FILE,
            method: 'POST',
            url: 'https://uploads.s3.eu-central-1.amazonaws.com/',
            fields: { key: FILE, policy: 'eyJleHAiOiAi…', 'x-amz-signature': '5f1d…' },
            max_bytes: 104857600,
            expires_at: '2030-01-31T13:00:00.000Z',
          },
        },
      },
    ],
    problems: BODY_PROBLEMS,
  },
];
