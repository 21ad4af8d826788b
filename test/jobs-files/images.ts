import { toStandardJsonSchema } from '@valibot/to-json-schema';
import { job } from 'errand/jobs';
import * as v from 'valibot';
import * as z from 'zod';

export const resize = job('resize', {
  payload: z.object({
    image: z.string().min(1),
    width: z.int().max(4000).default(800),
    taken: z.iso.datetime().optional(),
  }),
  queue: 'images',
  retry: { attempts: 5, baseSeconds: 1, capSeconds: 60, onTimeout: true },
  timeoutSeconds: 30,
  run: ({ image, width }) => ({ image, bytes: image.length * width }),
});

export const greet = job('greet', {
  payload: toStandardJsonSchema(v.object({ name: v.string() })),
  run: ({ name }) => `Hello, ${name}!`,
});

/** An export that is not a job. */
export const MAX_WIDTH = 4000;
