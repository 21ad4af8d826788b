import * as z from 'zod';
import type { UploadAnswer } from '../../routes/uploads.ts';
import { named } from '../components.ts';
import { shapeOf } from '../shape.ts';
import { moment } from './job.ts';

export const upload = named(
  'Upload',
  shapeOf<UploadAnswer>()(
    z.object({
      file: z.string().meta({ description: 'How a payload names the file once it is there.' }),
      method: z.literal('POST'),
      url: z.string(),
      fields: z
        .record(z.string(), z.string())
        .meta({ description: 'The fields of the form: all of them and no others, then `file`.' }),
      max_bytes: z.int().min(0),
      expires_at: moment,
    }),
  ),
);
