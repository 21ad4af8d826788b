import { describe, expect, it } from '@jest/globals';
import { CLIENT_ERRORS } from 'errand-client';
import { JOB, JOB_ID, problem, refusedConnection, useClient, type Answer, type Sent } from './fake-api.ts';

const taken = (): Response => Response.json(JOB, { status: 201 });
const busy = (): Response => problem(429, 'too-many-submissions', '1');
const unavailable = (): Response => problem(503, 'unavailable', '5');
/** Creates an error response from API Gateway itself, which does not contain a problem document. */
const gatewayTimeout = (): Response => Response.json({ message: 'Service Unavailable' }, { status: 503 });
const brokenBody = (): Response =>
  new Response(
    new ReadableStream({
      start(controller) {
        controller.error(new Error('terminated'));
      },
    }),
    { headers: { 'content-type': 'application/json' } },
  );

const pausesBetween = (sent: readonly Sent[]): number[] =>
  sent.slice(1).map(({ at }, index) => at - (sent[index]?.at ?? NaN));

describe('a submission without objectId', () => {
  it('is retried after 429, which means that nothing was accepted', async () => {
    const { sent, result } = await useClient([busy, busy, taken], (errand) => errand.submit('sleep'));
    expect(result?.jobId).toBe(JOB_ID);
    expect(sent.map(({ body }) => body)).toEqual([{ type: 'sleep' }, { type: 'sleep' }, { type: 'sleep' }]);
    // The pause is the `Retry-After` time plus up to 25 %.
    for (const pause of pausesBetween(sent)) {
      expect(pause).toBeGreaterThanOrEqual(1_000);
      expect(pause).toBeLessThanOrEqual(1_300);
    }
  });

  it.each<[string, () => Answer, object]>([
    ['a failed connection', refusedConnection, { type: CLIENT_ERRORS.noResponse, status: undefined }],
    ['a response that breaks off', brokenBody, { type: CLIENT_ERRORS.noResponse }],
    [
      'an unavailable store',
      unavailable,
      { type: 'urn:errand:problem:unavailable', status: 503, retryAfter: 5 },
    ],
    ["a timeout of API Gateway's", gatewayTimeout, { type: 'about:blank', detail: 'Service Unavailable' }],
  ])('is not retried after %s, because it may have been accepted', async (_name, answer, expected) => {
    const { sent, error } = await useClient([answer, taken], (errand) => errand.submit('sleep'));
    expect(sent).toHaveLength(1);
    expect(error).toMatchObject({ name: 'ErrandError', ...expected });
  });

  it('reports that Errand may have received it', async () => {
    const { error } = await useClient([refusedConnection], (errand) => errand.submit('sleep'));
    expect(String(error)).toBe(
      'ErrandError: POST http://127.0.0.1:1/v1/jobs got no response: fetch failed: connect ECONNREFUSED 127.0.0.1:1.' +
        ' Errand may have received the request.',
    );
  });
});

describe('a submission with objectId', () => {
  it.each<[string, () => Answer]>([
    ['a failed connection', refusedConnection],
    ['a response that breaks off', brokenBody],
    ['an unavailable store', unavailable],
    ["a timeout of API Gateway's", gatewayTimeout],
  ])('is retried after %s', async (_name, answer) => {
    const { sent, result } = await useClient([answer, taken], (errand) =>
      errand.submit('sleep', {}, { objectId: 1 }),
    );
    expect(result?.jobId).toBe(JOB_ID);
    expect(sent).toHaveLength(2);
    expect(sent[1]?.body).toEqual(sent[0]?.body);
  });

  it('is not retried if duplicates are rejected, because the second would be a duplicate of the first', async () => {
    const { sent } = await useClient([unavailable, taken], (errand) =>
      errand.submit('sleep', {}, { objectId: 1, onDuplicate: 'reject' }),
    );
    expect(sent).toHaveLength(1);
  });

  it.each([
    ['replaces', { onDuplicate: 'replace' as const }],
    ['is debounced', { debounce: { seconds: 5 } }],
  ])(
    'is not retried if it %s, because the second could overwrite a newer payload',
    async (_what, options) => {
      const { sent } = await useClient([unavailable, taken], (errand) =>
        errand.submit('sleep', {}, { objectId: 1, ...options }),
      );
      expect(sent).toHaveLength(1);
    },
  );

  it('is retried at most four times', async () => {
    const { sent, error } = await useClient([unavailable], (errand) =>
      errand.submit('sleep', {}, { objectId: 1 }),
    );
    expect(sent).toHaveLength(5);
    expect(error).toMatchObject({ status: 503, retryAfter: 5 });
  });

  it('is retried as often as configured', async () => {
    const submit = (retries: number) =>
      useClient([unavailable], (errand) => errand.submit('sleep', {}, { objectId: 1 }), { retries });
    expect((await submit(0)).sent).toHaveLength(1);
    expect((await submit(1)).sent).toHaveLength(2);
  });

  it('pauses for longer before each retry if there is no Retry-After', async () => {
    const { sent } = await useClient([refusedConnection], (errand) =>
      errand.submit('sleep', {}, { objectId: 1 }),
    );
    pausesBetween(sent).forEach((pause, index) => {
      const longest = 250 * 2 ** index;
      expect(pause).toBeGreaterThanOrEqual(longest / 2);
      expect(pause).toBeLessThanOrEqual(longest + 50);
    });
  });

  it('leaves a Retry-After of more than 30 seconds to the caller', async () => {
    const { sent, error } = await useClient([() => problem(503, 'unavailable', '31')], (errand) =>
      errand.submit('sleep', {}, { objectId: 1 }),
    );
    expect(sent).toHaveLength(1);
    expect(error).toMatchObject({ retryAfter: 31 });
  });
});

describe('while the database resumes', () => {
  const resuming = (): Response => problem(503, 'resuming', '5');

  it.each<[string, Parameters<typeof useClient>[1]]>([
    ['a submission without objectId', (errand) => errand.submit('sleep')],
    ['a submission with objectId', (errand) => errand.submit('sleep', {}, { objectId: 1 })],
    [
      'a submission that rejects duplicates',
      (errand) => errand.submit('sleep', {}, { objectId: 1, onDuplicate: 'reject' }),
    ],
    ['a submission with a file', (errand) => errand.submitFile('analyze', new Blob(['a']))],
    ['a retry', (errand) => errand.retry(JOB_ID)],
    ['a read', (errand) => errand.get(JOB_ID)],
    ['a wait', (errand) => errand.wait(JOB_ID)],
    ['a list', (errand) => errand.list().next()],
    [
      'a message',
      (errand) => errand.http.POST('/v1/messages', { body: { to: '+905551111111', content: 'a' } }),
    ],
  ])('%s is retried until the database has resumed', async (_name, use) => {
    const done = (): Response => Response.json({ ...JOB, status: 'success', items: [], next_cursor: null });
    const answers = [...Array.from({ length: 7 }, () => resuming), done];
    const { sent, error } = await useClient(answers, use);
    expect(error).toBeUndefined();
    expect(sent).toHaveLength(8);
  });

  it('a request is retried for 90 seconds, and then fails', async () => {
    const { sent, error } = await useClient([resuming], (errand) => errand.submit('sleep'));
    const last = sent.at(-1)?.at ?? NaN;
    expect(last).toBeGreaterThan(90_000);
    expect(last).toBeLessThan(97_000);
    expect(error).toMatchObject({ status: 503, type: 'urn:errand:problem:resuming', retryAfter: 5 });
  });

  it('requests with other failures are additionally retried four times', async () => {
    const answers = [resuming, unavailable, resuming, unavailable, unavailable, unavailable, taken];
    const { sent, result } = await useClient(answers, (errand) =>
      errand.submit('sleep', {}, { objectId: 1 }),
    );
    expect(result?.jobId).toBe(JOB_ID);
    expect(sent).toHaveLength(7);
  });

  it('nothing is retried by a client with retries turned off', async () => {
    const { sent } = await useClient([resuming], (errand) => errand.submit('sleep'), { retries: 0 });
    expect(sent).toHaveLength(1);
  });

  it('a batch is retried, and so are its jobs that were refused because of the resume', async () => {
    const item = (problemType: string) => ({
      status: 503,
      problem: {
        type: `urn:errand:problem:${problemType}`,
        title: 'A title',
        status: 503,
        detail: 'A detail.',
      },
    });
    const answers = [
      resuming,
      () => Response.json({ items: [item('resuming'), item('unavailable')] }, { status: 207 }),
      () => Response.json({ items: [{ status: 201, job: JOB }] }, { status: 207 }),
    ];
    const { sent, result } = await useClient(answers, (errand) =>
      errand.submitMany([{ type: 'sleep' }, { type: 'sleep' }]),
    );
    expect(sent.map(({ body }) => (body as { jobs: unknown[] }).jobs.length)).toEqual([2, 2, 1]);
    expect(result?.[0]?.run?.jobId).toBe(JOB_ID);
    expect(result?.[1]?.error).toMatchObject({ type: 'urn:errand:problem:unavailable' });
  });

  it('jobs of a batch that were refused because of the resume are retried for 90 seconds, whatever the number of retries', async () => {
    const refused = () => Response.json({ items: [RESUMING_ITEM] });
    const { sent, result } = await useClient([refused], (errand) => errand.submitMany([{ type: 'sleep' }]), {
      retries: 1,
    });
    const last = sent.at(-1)?.at ?? NaN;
    expect(last).toBeGreaterThanOrEqual(90_000);
    expect(last).toBeLessThan(110_000);
    expect(result?.[0]?.error).toMatchObject({ type: 'urn:errand:problem:resuming' });
  });

  it('accepted jobs of a batch stay accepted if retrying the others fails', async () => {
    const answers = [
      () => Response.json({ items: [{ status: 201, job: JOB }, RESUMING_ITEM] }),
      () => problem(401, 'unauthorized'),
    ];
    const { result } = await useClient(answers, (errand) =>
      errand.submitMany([{ type: 'sleep' }, { type: 'sleep' }]),
    );
    expect(result?.[0]?.run?.jobId).toBe(JOB_ID);
    expect(result?.[1]?.error).toMatchObject({ status: 401 });
  });
});

/** A batch item for a job that was refused because the database was resuming. */
const RESUMING_ITEM = {
  status: 503,
  problem: { type: 'urn:errand:problem:resuming', title: 'A title', status: 503, detail: 'A detail.' },
};

describe('among other requests,', () => {
  it.each<[string, Parameters<typeof useClient>[1], number]>([
    ['a read is retried', (errand) => errand.get(JOB_ID), 2],
    ['a list is retried', (errand) => errand.list().next(), 2],
    ['a cancellation is retried', (errand) => errand.cancel(JOB_ID), 2],
    [
      'a retry of a job is not retried, because the job might run a third time',
      (errand) => errand.retry(JOB_ID),
      1,
    ],
    ['a PUT is retried', (errand) => errand.http.PUT('/jobs/stop'), 2],
    [
      'a message is not retried, because it would be sent twice',
      (errand) => errand.http.POST('/v1/messages', { body: { to: '+905551111111', content: 'a' } }),
      1,
    ],
  ])('%s', async (_name, use, requests) => {
    const done = (): Response => Response.json({ ...JOB, items: [], next_cursor: null });
    expect((await useClient([unavailable, done], use)).sent).toHaveLength(requests);
  });

  it('a refusal is never retried', async () => {
    const { sent, error } = await useClient([() => problem(404, 'job-not-found')], (errand) =>
      errand.get(JOB_ID),
    );
    expect(sent).toHaveLength(1);
    expect(error).toMatchObject({
      status: 404,
      type: 'urn:errand:problem:job-not-found',
      detail: 'A detail.',
    });
  });
});

describe('a signal', () => {
  it('ends the pause before a retry', async () => {
    const over = new AbortController();
    const { sent, error } = await useClient([unavailable], (errand) => {
      setTimeout(() => {
        over.abort(new Error('no more'));
      }, 2_000);
      return errand.get(JOB_ID, { signal: over.signal });
    });
    expect(error).toEqual(new Error('no more'));
    expect(sent).toHaveLength(1);
  });

  it('ends a wait, between two requests', async () => {
    const over = new AbortController();
    const running = (): Response =>
      Response.json({ ...JOB, status: 'running' }, { headers: { 'retry-after': '5' } });
    const { sent, error } = await useClient([running], (errand) => {
      setTimeout(() => {
        over.abort(new Error('no more'));
      }, 7_000);
      return errand.wait(JOB_ID, { signal: over.signal });
    });
    expect(error).toEqual(new Error('no more'));
    expect(sent).toHaveLength(2);
  });
});
