import * as z from 'zod';
import type { WebhookKey } from '../../../webhook-key/manage-key.ts';
import { named, shapeOf } from '../components.ts';
import { moment } from '../../../job/job-schema.ts';

export const webhookKey = named(
  'WebhookKey',
  shapeOf<WebhookKey>()(
    z.object({
      key: z
        .string()
        .regex(/^whsec_[A-Za-z0-9+/]{43}=$/)
        .meta({ description: 'The key that receivers verify with: `whsec_` and 32 bytes in base64.' }),
      generation: z.int().min(1).meta({ description: 'The number of keys that the tenant has had.' }),
      rotate_time: moment
        .nullable()
        .meta({ description: 'When this key replaced the previous one; null for the first key.' }),
      previous_until: moment
        .nullable()
        .meta({ description: 'Until when the previous key is used as well; null if only this key is used.' }),
    }),
  ),
);

/** An example key, whose 32 bytes spell out that it is not real. */
export const firstKeyExample: WebhookKey = {
  key: `whsec_${Buffer.from('an example, not a key of anybody').toString('base64')}`,
  generation: 1,
  rotate_time: null,
  previous_until: null,
};

export const nextKeyExample: WebhookKey = {
  key: `whsec_${Buffer.from('another one, of nobody either...').toString('base64')}`,
  generation: 2,
  rotate_time: '2030-01-31T12:00:00.000Z',
  previous_until: '2030-02-01T12:00:00.000Z',
};
