import { jest } from '@jest/globals';
import { createErrand, type Errand, type ErrandOptions } from 'errand-client';

/** The API's response, or the error if there is no response. */
export type Answer = Response | Error;

/** A request that the API received. */
export interface Sent {
  readonly method: string;
  readonly path: string;
  readonly body: unknown;
  readonly authorization: string | null;
  /** Milliseconds since the first request. */
  readonly at: number;
}

export const JOB_ID = '01900000-0000-7000-8000-000000000001';

export const JOB = {
  job_id: JOB_ID,
  type: 'sleep',
  status: 'created',
  attempt: 0,
  max_attempts: 2,
  message: null,
  result: null,
  deduplicated: false,
  replaced: false,
  window_ends_at: null,
};

export function problem(status: number, slug: string, retryAfter?: string): Response {
  return Response.json(
    { type: `urn:errand:problem:${slug}`, title: 'A title', status, detail: 'A detail.' },
    {
      status,
      headers: {
        'content-type': 'application/problem+json',
        ...(retryAfter !== undefined && { 'retry-after': retryAfter }),
      },
    },
  );
}

/** Creates the error that Undici throws for a refused connection. */
export function refusedConnection(): Error {
  return new TypeError('fetch failed', { cause: new Error('connect ECONNREFUSED 127.0.0.1:1') });
}

/** Uses a client of an API that returns these responses in order, and then repeats the last one. Waits take no real time. */
export async function useClient<Result>(
  answers: readonly (() => Answer)[],
  use: (errand: Errand) => Promise<Result>,
  options: ErrandOptions = {},
): Promise<{ sent: Sent[]; result?: Result; error?: unknown }> {
  jest.useFakeTimers();
  try {
    const sent: Sent[] = [];
    const startedAt = performance.now();
    const errand = createErrand({
      url: 'http://127.0.0.1:1',
      ...options,
      fetch: async (request) => {
        const { pathname, search } = new URL(request.url);
        const answer = answers[Math.min(sent.length, answers.length - 1)]?.() ?? new Error('no answer');
        const isJson = request.headers.get('content-type') === 'application/json';
        sent.push({
          method: request.method,
          path: pathname + search,
          body: isJson ? await request.json() : undefined,
          authorization: request.headers.get('authorization'),
          at: Math.round(performance.now() - startedAt),
        });
        if (answer instanceof Error) throw answer;
        return answer;
      },
    });
    let outcome: { result: Result } | { error: unknown } | undefined;
    const using = use(errand).then(
      (result) => (outcome = { result }),
      (error: unknown) => (outcome = { error }),
    );
    while (!outcome) await jest.advanceTimersByTimeAsync(50);
    return { sent, ...(await using) };
  } finally {
    jest.useRealTimers();
  }
}
