import { describe, expect, it, jest } from '@jest/globals';
import { createErrand, type WaitOptions } from 'errand-client';

const JOB_ID = '01900000-0000-7000-8000-000000000001';

interface ApiAnswer {
  status: string;
  retryAfter?: string;
}

/** Waits for a job. The API immediately returns `answers` in order, and then repeats the last one. */
async function waitWith(answers: readonly ApiAnswer[], options: WaitOptions = {}) {
  jest.useFakeTimers();
  try {
    const asked: { at: number; wait: string | null }[] = [];
    const startedAt = performance.now();
    const errand = createErrand({
      url: 'http://127.0.0.1:1',
      fetch: ({ url }) => {
        const answer = answers[Math.min(asked.length, answers.length - 1)];
        asked.push({ at: performance.now() - startedAt, wait: new URL(url).searchParams.get('wait') });
        const headers = answer?.retryAfter === undefined ? {} : { 'retry-after': answer.retryAfter };
        return Promise.resolve(Response.json({ job_id: JOB_ID, status: answer?.status }, { headers }));
      },
    });
    let job: Awaited<ReturnType<typeof errand.wait>> | undefined;
    const waiting = errand.wait(JOB_ID, options).then((seen) => (job = seen));
    while (!job) await jest.advanceTimersByTimeAsync(100);
    await waiting;
    return { status: job.status, asked };
  } finally {
    jest.useRealTimers();
  }
}

describe("a client that waits for a job's end", () => {
  it('asks again after the API’s number of seconds', async () => {
    const { status, asked } = await waitWith([
      { status: 'created', retryAfter: '2' },
      { status: 'running', retryAfter: '1' },
      { status: 'success' },
    ]);
    expect(status).toBe('success');
    expect(asked).toEqual([
      { at: 0, wait: '25' },
      { at: 2_000, wait: '25' },
      { at: 3_000, wait: '25' },
    ]);
  });

  it('asks a last time at its own timeout, even if the API says later', async () => {
    const { status, asked } = await waitWith([{ status: 'running', retryAfter: '2' }], { timeoutSeconds: 5 });
    expect(status).toBe('running');
    expect(asked).toEqual([
      { at: 0, wait: '5' },
      { at: 2_000, wait: '3' },
      { at: 4_000, wait: '1' },
      { at: 5_000, wait: '0' },
    ]);
  });

  it('pauses equally long when it shows the job’s progress', async () => {
    const seen: string[] = [];
    const watch = { everySeconds: 1, see: (job: { status: string }) => seen.push(job.status) };
    const { asked } = await waitWith(
      [{ status: 'created' }, { status: 'running', retryAfter: '2' }, { status: 'success' }],
      { watch },
    );
    expect(asked.map(({ wait }) => wait)).toEqual(['0', '1', '1']);
    expect(asked.at(-1)?.at).toBe(2_000);
    expect(seen).toEqual(['created', 'running', 'success']);
  });

  it('does not pause for a header that is not a number of seconds', async () => {
    const { asked } = await waitWith([{ status: 'running', retryAfter: 'soon' }, { status: 'success' }]);
    expect(asked).toHaveLength(2);
  });
});
