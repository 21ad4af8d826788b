import * as z from 'zod';
import { named } from '../components.ts';
import { moment } from '../../../job/job-schema.ts';

export const upload = named(
  'Upload',
  z.object({
    file: z.string().meta({ description: 'The key by which a job’s payload names the file.' }),
    method: z.literal('POST'),
    url: z.string(),
    fields: z
      .record(z.string(), z.string())
      .meta({ description: 'The form’s fields. Send all of them and no others, followed by `file`.' }),
    max_bytes: z.int().min(0),
    expires_at: moment,
  }),
);

export type Upload = z.output<typeof upload>;

const FILE = 'uploads/default/0192f3a0-7c1e-7000-8000-000000000000';

export const uploadExample: Upload = {
  file: FILE,
  method: 'POST',
  url: 'https://uploads.s3.eu-central-1.amazonaws.com/',
  fields: { key: FILE, policy: 'eyJleHAiOiAi…', 'x-amz-signature': '5f1d…' },
  max_bytes: 104857600,
  expires_at: '2030-01-31T13:00:00.000Z',
};

export const download = named(
  'Download',
  z.object({
    file: z.string(),
    url: z.string().meta({ description: 'The download URL, which works for anyone until `expires_at`.' }),
    bytes: z.int().min(0),
    content_type: z.string(),
    expires_at: moment,
  }),
);

export type Download = z.output<typeof download>;

export const downloadExample: Download = {
  file: FILE,
  url: 'https://uploads.s3.eu-central-1.amazonaws.com/uploads/default/0192f3a0-7c1e-7000-8000-000000000000?X-Amz-Signature=5f1d…',
  bytes: 20480,
  content_type: 'image/png',
  expires_at: '2030-01-31T13:00:00.000Z',
};
