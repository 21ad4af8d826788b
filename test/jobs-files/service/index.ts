import { toStandardJsonSchema } from '@valibot/to-json-schema';
import { type } from 'arktype';
import { FinalError, job, RetryLaterError } from 'errand/jobs';
import sharp from 'sharp';
import * as v from 'valibot';
import * as z from 'zod';
import { failDeepInside } from './failure.ts';

/** A job that creates a picture with a native package, and returns the picture's dimensions, format and size. */
export const paint = job('paint', {
  payload: z.object({ width: z.int().min(1).max(64), height: z.int().min(1).max(64).default(8) }),
  async run({ width, height }) {
    const png = await sharp({ create: { width, height, channels: 3, background: 'red' } })
      .png()
      .toBuffer();
    const { format } = await sharp(png).metadata();
    return { width, height, format, bytes: png.length };
  },
});

/** A job that creates a file. At most three `draw` jobs with the same text run concurrently. */
export const draw = job('draw', {
  payload: z.object({ text: z.string() }),
  priority: 4,
  concurrency: { key: 'payload.text', limit: 3 },
  run: async ({ text }, { files }) => files.write(`<svg>${text}</svg>`, { contentType: 'image/svg+xml' }),
});

export const greet = job('greet', {
  payload: toStandardJsonSchema(v.object({ name: v.pipe(v.string(), v.minLength(1)) })),
  run: ({ name }, { log, jobId, attempt }) => {
    log.info('Greeting.', { name_length: name.length });
    return { greeting: `Hello, ${name}!`, jobId, attempt };
  },
});

export const add = job('add', {
  payload: type({ numbers: 'number[]' }),
  timeoutSeconds: 5,
  run: ({ numbers }) => numbers.reduce((sum, each) => sum + each, 0),
});

/** Submits a job for each name. The first `failures` attempts then fail. */
export const greetAll = job('greet-all', {
  payload: z.object({
    names: z.array(z.string()),
    failures: z.int().default(0),
    /** Whether to use the names as object ids. Each name is then greeted only once per dedup window. */
    once: z.boolean().default(false),
    delaySeconds: z.int().default(0),
  }),
  retry: { attempts: 3, baseSeconds: 0 },
  async run({ names, failures, once, delaySeconds }, { submit, attempt }) {
    const greetings = names.map((name) =>
      submit('greet', { name }, { delaySeconds, ...(once && { objectId: name }) }),
    );
    const children = await Promise.all(greetings);
    if (attempt <= failures) throw new Error(`failed after it submitted ${children.length} jobs`);
    return children.map(({ jobId }) => jobId);
  },
});

/** A job with a schema refinement. JSON Schema can't express the refinement, so only the worker checks it. */
export const even = job('even', {
  payload: z.object({ number: z.int().refine((value) => value % 2 === 0, 'must be even') }),
  retry: { attempts: 3 },
  run: ({ number }) => number / 2,
});

/** Fails in the given way on every attempt except the last. */
export const flaky = job('flaky', {
  payload: z.object({ how: z.enum(['throw', 'final', 'later', 'hang']) }),
  retry: { attempts: 2, baseSeconds: 0, onTimeout: true },
  timeoutSeconds: 1,
  async run({ how }, { attempt, signal }) {
    if (attempt === 2) return { attempt };
    if (how === 'final') throw new FinalError('no use');
    if (how === 'later') throw new RetryLaterError('busy', { afterSeconds: 1 });
    if (how === 'throw') return failDeepInside();
    await new Promise((_resolve, reject) => {
      signal.addEventListener('abort', () => {
        reject(new Error('told to stop'));
      });
    });
    return null;
  },
});
