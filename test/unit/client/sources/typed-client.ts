// `npm run types` compiles this file, but nothing runs it. The line after each `@ts-expect-error` must not compile; all other lines must compile.
import { createErrand, type Errand } from 'errand-client';
import { job } from 'errand/jobs';
import * as z from 'zod';
import type * as functions from '../../../jobs-files/functions.ts';
import type * as images from '../../../jobs-files/images.ts';

const errand = createErrand<typeof images>({ url: 'http://127.0.0.1:3000' });

/** Compiles only if both types are the same. */
export function same<Expected>() {
  return <Given>(given: [Given] extends [Expected] ? ([Expected] extends [Given] ? Given : never) : never) =>
    given;
}

export async function submitsWhatTheJobsTake() {
  const run = await errand.submit(
    'resize',
    { image: 'a.png', width: 10 },
    { objectId: 'a', runAt: new Date() },
  );
  const result = await run.result();
  same<{ image: string; bytes: number }>()(result);
  same<string>()(await (await errand.submit('greet', { name: 'Ada' })).result());
  same<{ image: string; bytes: number } | null>()((await run.get()).result);
  // The schema has a default, so the client's input type differs from the handler's.
  await errand.submit('resize', { image: 'a.png' });
  await errand.submitFile('analyze', new Blob(['text']), { patterns: ['t'] });
  same<string>()(await errand.run('greet', run.jobId).result());
}

export async function typesTheJobsOfFunctions() {
  const others = createErrand<typeof functions>({ url: 'http://127.0.0.1:3000' });
  const transcoded = await others.submit('transcode', { video: 'a.mp4' });
  same<{ seconds: number }>()(await transcoded.result());
  // The job declares no result.
  same<unknown>()(await (await others.submit('count', { text: 'a' })).result());
  // @ts-expect-error -- the video is a string
  await others.submit('transcode', { video: 1 });
}

export async function refusesWhatTheyDoNot() {
  // @ts-expect-error -- no job has this name
  await errand.submit('resise', { image: 'a.png' });
  // @ts-expect-error -- the width is a number
  await errand.submit('resize', { image: 'a.png', width: '10' });
  // @ts-expect-error -- there must be an image
  await errand.submit('resize', { width: 10 });
  // @ts-expect-error -- there must be a payload
  await errand.submit('resize');
  // @ts-expect-error -- the payload has no such field
  await errand.submit('greet', { name: 'Ada', title: 'Countess' });
  // @ts-expect-error -- no option has this name
  await errand.submit('greet', { name: 'Ada' }, { object_id: 'a' });
  // @ts-expect-error -- no built-in type has this name
  await errand.submit('slep', { seconds: 1 });
  // @ts-expect-error -- seconds are a number
  await errand.submit('sleep', { seconds: 'one' });
  // @ts-expect-error -- no job has this name
  errand.run('resise', 'an-id');
}

export async function typesEachSubmissionOfMany() {
  const [resized, greeted] = await errand.submitMany([
    { type: 'resize', payload: { image: 'a.png' }, objectId: 1 },
    { type: 'greet', payload: { name: 'Ada' } },
    { type: 'sleep' },
  ]);
  if (resized.run) same<{ image: string; bytes: number }>()(await resized.run.result());
  if (greeted.run) same<string>()(await greeted.run.result());
  const names = ['Ada', 'Grace'];
  const outcomes = await errand.submitMany(
    names.map((name) => ({ type: 'greet' as const, payload: { name } })),
  );
  for (const { run } of outcomes) if (run) same<string>()(await run.result());
  // @ts-expect-error -- no job has this name
  await errand.submitMany([{ type: 'slep' }]);
  // @ts-expect-error -- the name is a string
  await errand.submitMany([{ type: 'greet', payload: { name: 1 } }]);
}

export const jobs = {
  dated: job('dated', {
    payload: z.object({ since: z.string().transform((text) => new Date(text)) }),
    run: ({ since }) => Promise.resolve({ since, nested: [{ until: since }], unknown: since }),
  }),
  nothing: job('nothing', { payload: z.object({}), run: () => undefined }),
  silent: job('silent', {
    payload: z.object({}),
    run: () => {
      // The handler returns nothing.
    },
  }),
  optional: job('optional', {
    payload: z.object({}),
    run: (): { a?: number; b: string | undefined } => ({ b: 'b' }),
  }),
  // A deployment without the built-in types can reuse a built-in type's name.
  sleep: job('sleep', { payload: z.object({ sheep: z.int() }), run: ({ sheep }) => sheep }),
};

export async function givesResultsAsJson() {
  const own = createErrand<typeof jobs>();
  const { since, nested } = await (await own.submit('dated', { since: '2030-01-01' })).result();
  same<string>()(since);
  same<{ until: string }[]>()(nested);
  same<null>()(await (await own.submit('nothing')).result());
  same<null>()(await (await own.submit('silent')).result());
  const { a, b } = await (await own.submit('optional')).result();
  same<number | undefined>()(a);
  same<string | undefined>()(b);
  same<number>()(await (await own.submit('sleep', { sheep: 3 })).result());
  // @ts-expect-error -- the payload is the schema's input
  await own.submit('dated', { since: new Date() });
  // @ts-expect-error -- the module's own sleep takes sheep
  await own.submit('sleep', { seconds: 1 });
}

export async function takesAnyTypeWithoutJobs(type: string) {
  const any: Errand = createErrand({ url: 'http://127.0.0.1:3000' });
  same<unknown>()(await (await any.submit(type, { whatever: true })).result());
  await any.submit('send_messages');
  await any.submit('sleep');
  // @ts-expect-error -- the built-in types are known: seconds are a number
  await any.submit('sleep', { seconds: 'one' });
}

export const orders = {
  order: job('order', {
    payload: z.object({}),
    signals: { approve: z.object({ by: z.string(), at: z.coerce.date<string>() }), stop: z.null() },
    maxDurationSeconds: 86_400,
    run: () => 'done',
  }),
  open: job('open', { payload: z.object({}), run: () => null }),
};

export async function typesTheSignalsOfAJob() {
  const own = createErrand<typeof orders>();
  const run = await own.submit('order', {}, { maxDurationSeconds: 60 });
  await run.signal('approve', { by: 'Ada', at: '2030-01-31' }, { key: 'first' });
  await run.signal('stop');
  await own.run('order', run.jobId).signal('stop', null);
  // @ts-expect-error -- the job declares no such signal
  await run.signal('aprove', { by: 'Ada', at: '2030-01-31' });
  // @ts-expect-error -- the payload is the schema's input
  await run.signal('approve', { by: 'Ada', at: new Date() });
  // @ts-expect-error -- there must be a payload
  await run.signal('approve');
  // A job that declares no signals accepts any signal.
  await (await own.submit('open')).signal('anything', [1]);
  await (await own.submit('sleep')).signal('anything');
  const [outcome] = await own.submitMany([{ type: 'order' }]);
  // @ts-expect-error -- the job declares no such signal
  await outcome.run?.signal('aprove');
}
