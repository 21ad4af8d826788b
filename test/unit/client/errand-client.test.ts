import { describe, expect, it } from '@jest/globals';
import { CLIENT_ERRORS, createErrand, ErrandError } from 'errand-client';
import { JOB, JOB_ID, problem, useClient } from './fake-api.ts';

const job = (fields: object) => () => Response.json({ ...JOB, ...fields });
const ended = (fields: object) => () => job({ attempt: 2, ...fields })();

describe('the result of a job', () => {
  it('is its handler’s return value', async () => {
    const { result } = await useClient(
      [job({}), ended({ status: 'success', result: { bytes: 3 } })],
      async (errand) => (await errand.submit('sleep')).result(),
    );
    expect(result).toEqual({ bytes: 3 });
  });

  it.each([
    [
      'failed',
      ended({ status: 'failed', message: 'out of ink' }),
      {
        type: CLIENT_ERRORS.jobFailed,
        message: `Job ${JOB_ID} of type "sleep" failed after attempt 2 of 2: out of ink`,
      },
    ],
    [
      'was canceled',
      ended({ status: 'canceled' }),
      { type: CLIENT_ERRORS.jobCanceled, message: `Job ${JOB_ID} of type "sleep" was canceled.` },
    ],
    [
      'has not ended in time',
      job({ status: 'running' }),
      {
        type: CLIENT_ERRORS.jobNotEnded,
        message: `Job ${JOB_ID} of type "sleep" has not ended within the timeout; its status is running.`,
      },
    ],
  ])('is an error for a job that %s', async (_name, answer, expected) => {
    const { error } = await useClient([answer], (errand) =>
      errand.run('sleep', JOB_ID).result({ timeoutSeconds: 0 }),
    );
    expect(error).toBeInstanceOf(ErrandError);
    expect(error).toMatchObject({ ...expected, status: undefined, job: { job_id: JOB_ID } });
  });
});

describe('a submission', () => {
  it('sends its options with the API’s names', async () => {
    const { sent } = await useClient([job({})], (errand) =>
      errand.submit(
        'sleep',
        { seconds: 1 },
        {
          objectId: 'a',
          runAt: new Date('2030-01-31T12:00:00Z'),
          maxAttempts: 3,
          timeoutSeconds: 10,
          callbackUrl: 'https://example.com',
          onDuplicate: 'return',
        },
      ),
    );
    expect(sent[0]?.body).toEqual({
      type: 'sleep',
      payload: { seconds: 1 },
      object_id: 'a',
      run_at: '2030-01-31T12:00:00.000Z',
      max_attempts: 3,
      timeout_seconds: 10,
      callback_url: 'https://example.com',
      on_duplicate: 'return',
    });
  });

  it('sends a debounce and the length of a dedup window with the API’s names', async () => {
    const { sent, result } = await useClient(
      [job({ replaced: true, deduplicated: true })],
      async (errand) => {
        await errand.submit('sleep', {}, { objectId: 'a', onDuplicate: 'replace', dedupSeconds: 60 });
        return errand.submit('sleep', {}, { objectId: 'a', debounce: { seconds: 5, maxSeconds: 60 } });
      },
    );
    expect(sent.map(({ body }) => body)).toEqual([
      { type: 'sleep', payload: {}, object_id: 'a', on_duplicate: 'replace', dedup_seconds: 60 },
      { type: 'sleep', payload: {}, object_id: 'a', debounce: { seconds: 5, max_seconds: 60 } },
    ]);
    expect(result).toMatchObject({ deduplicated: true, replaced: true });
  });

  it('that is refused names the fields', async () => {
    const errors = [{ field: 'payload.seconds', message: 'must be a number' }];
    const body = {
      type: 'urn:errand:problem:invalid-request',
      title: 'Not valid',
      detail: 'See errors.',
      errors,
    };
    const { error } = await useClient([() => Response.json(body, { status: 422 })], (errand) =>
      errand.submit('other', {}),
    );
    expect(error).toMatchObject({
      status: 422,
      title: 'Not valid',
      message: 'See errors. (422)',
      errors,
      problem: body,
    });
  });
});

describe('many submissions', () => {
  const outcomes = (sent: { body: unknown }[]) =>
    sent.map(({ body }) => (body as { jobs: unknown[] }).jobs.length);
  /** Returns a response that accepts every job in a batch. */
  const takeAll = (count: number) => () =>
    Response.json({
      items: Array.from({ length: count }, (_item, id) => ({
        status: 201,
        job: { ...JOB, job_id: String(id) },
      })),
    });

  it('are sent in batches of 100', async () => {
    const { sent, result } = await useClient([takeAll(100), takeAll(100), takeAll(50)], (errand) =>
      errand.submitMany(Array.from({ length: 250 }, () => ({ type: 'sleep' }))),
    );
    expect(outcomes(sent)).toEqual([100, 100, 50]);
    expect(result?.map(({ run }) => run?.jobId)).toEqual(
      [...Array(100).keys(), ...Array(100).keys(), ...Array(50).keys()].map(String),
    );
  });

  it('are sent in batches within the API’s limit of 1.5 MiB of JSON', async () => {
    const text = 'ü'.repeat(350_000);
    const { sent } = await useClient([takeAll(2), takeAll(1)], (errand) =>
      errand.submitMany(Array.from({ length: 3 }, () => ({ type: 'other', payload: { text } }))),
    );
    expect(outcomes(sent)).toEqual([2, 1]);
  });

  it('are submitted again if they were refused temporarily', async () => {
    const refusal = {
      status: 429,
      problem: { type: 'urn:errand:problem:too-many-submissions', detail: 'Too many.' },
    };
    const invalid = {
      status: 422,
      problem: { type: 'urn:errand:problem:invalid-request', detail: 'Invalid.' },
    };
    const first = () =>
      Response.json({ items: [{ status: 201, job: { ...JOB, job_id: 'a' } }, refusal, invalid, refusal] });
    const second = () => Response.json({ items: [{ status: 201, job: { ...JOB, job_id: 'b' } }, refusal] });
    const third = () => Response.json({ items: [{ status: 201, job: { ...JOB, job_id: 'd' } }] });
    const { sent, result } = await useClient([first, second, third], (errand) =>
      errand.submitMany(['a', 'b', 'c', 'd'].map((id) => ({ type: 'sleep', objectId: id }))),
    );
    expect(outcomes(sent)).toEqual([4, 2, 1]);
    expect(result?.map(({ run, error }) => run?.jobId ?? error?.detail)).toEqual(['a', 'b', 'Invalid.', 'd']);
  });

  it('keep the jobs of a batch when another batch fails', async () => {
    const { result } = await useClient(
      [takeAll(100), () => problem(403, 'forbidden'), takeAll(1)],
      (errand) => errand.submitMany(Array.from({ length: 201 }, () => ({ type: 'sleep' }))),
    );
    expect(result?.map(({ error }) => error?.status)).toEqual([
      ...Array<undefined>(100).fill(undefined),
      ...Array<number>(100).fill(403),
      undefined,
    ]);
  });
});

describe('a list', () => {
  it('requests a page when it is reached', async () => {
    const page = (ids: string[], cursor: string | null) => () =>
      Response.json({ items: ids.map((id) => ({ ...JOB, job_id: id })), next_cursor: cursor });
    const answers = [page(['a', 'b'], 'next'), page(['c'], null)];
    const use = (most: number) =>
      useClient(answers, async (errand) => {
        const ids: string[] = [];
        for await (const { job_id: id } of errand.list({ status: 'failed', objectId: 7, pageSize: 2 })) {
          ids.push(id);
          if (ids.length === most) break;
        }
        return ids;
      });
    const all = await use(9);
    expect(all.result).toEqual(['a', 'b', 'c']);
    expect(all.sent.map(({ path }) => path)).toEqual([
      '/v1/jobs?status=failed&object_id=7&limit=2',
      '/v1/jobs?status=failed&object_id=7&limit=2&cursor=next',
    ]);
    expect((await use(2)).sent).toHaveLength(1);
  });
});

describe('a signal', () => {
  const sent = { job_id: JOB_ID, name: 'go', key: 'first', deduplicated: false };

  it('with a key is retried after a lost response', async () => {
    const used = await useClient(
      [() => problem(503, 'unavailable'), () => Response.json(sent, { status: 202 })],
      (errand) => errand.run('sleep', JOB_ID).signal('go', { by: 'Ada' }, { key: 'first' }),
    );
    expect(used.result).toEqual(sent);
    expect(used.sent).toHaveLength(2);
    expect(used.sent[0]).toMatchObject({
      path: `/v1/jobs/${JOB_ID}/signals/go`,
      body: { payload: { by: 'Ada' }, key: 'first' },
    });
  });

  it('without a key is not retried, because it would be two signals', async () => {
    const used = await useClient([() => problem(503, 'unavailable')], (errand) =>
      errand.signal(JOB_ID, 'go'),
    );
    expect(used.error).toMatchObject({ status: 503 });
    expect(used.sent.map(({ body }) => body)).toEqual([{ payload: null }]);
  });
});

describe('a bulk change', () => {
  const filter = {
    status: ['failed', 'canceled'],
    objectId: 7,
    batchId: 'import-7',
    metadata: { paid: false },
    createdAfter: new Date('2030-01-31T12:00:00Z'),
  } as const;
  const sentFilter = {
    ...{ status: ['failed', 'canceled'], object_id: '7', batch_id: 'import-7', metadata: { paid: false } },
    created_after: '2030-01-31T12:00:00.000Z',
  };

  it('sends its filter with the API’s names, and returns the bulk job’s result', async () => {
    const result = { matched: 3, changed: 2, skipped: 1 };
    const used = await useClient(
      [job({ type: 'bulk' }), ended({ status: 'success', result })],
      async (errand) => (await errand.bulk('retry', filter, { confirm: 'all' })).result(),
    );
    expect(used.result).toEqual(result);
    expect(used.sent[0]).toMatchObject({
      path: '/v1/jobs/bulk',
      body: { action: 'retry', filter: sentFilter, confirm: 'all' },
    });
  });

  it('is not retried, because a job that failed again would be retried twice', async () => {
    const { sent, error } = await useClient([() => problem(503, 'unavailable')], (errand) =>
      errand.bulk('retry', filter),
    );
    expect(error).toMatchObject({ status: 503 });
    expect(sent).toHaveLength(1);
  });

  it('can count the jobs first', async () => {
    const count = { matched: 10_000, exact: false };
    const { sent, result } = await useClient([() => Response.json(count)], (errand) =>
      errand.countBulk('delete', { tag: 'a' }),
    );
    expect(result).toEqual(count);
    expect(sent[0]).toMatchObject({ body: { action: 'delete', filter: { tag: 'a' }, dry_run: true } });
  });
});

describe('the URL and the key', () => {
  it('can come from a function, which is called for each request', async () => {
    const tokens = ['first', 'second'];
    const { sent } = await useClient(
      [job({})],
      async (errand) => [await errand.get(JOB_ID), await errand.get(JOB_ID)],
      {
        apiKey: () => tokens.shift() ?? '',
      },
    );
    expect(sent.map(({ authorization }) => authorization)).toEqual(['Bearer first', 'Bearer second']);
  });

  it('cause an error that asks about the URL if the response is a web page', async () => {
    const page = () => new Response('<html>', { headers: { 'content-type': 'text/html' } });
    const { error } = await useClient([page], (errand) => errand.get(JOB_ID));
    expect(String(error)).toBe(
      `ErrandError: GET http://127.0.0.1:1/v1/jobs/${JOB_ID} got text/html instead of JSON. Is "url" the URL of an Errand API, from the stack output ApiUrl? (200)`,
    );
  });

  it('must include a valid URL', () => {
    expect(() => createErrand({ url: 'example' })).toThrow(
      'url "example" is not a URL such as https://example.com',
    );
  });
});
