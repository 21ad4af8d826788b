import { setTimeout as wait } from 'node:timers/promises';
import { HistoryRecorder, type Access, type Answer } from '../../chaos/history/recorder.ts';

/** The tenant of all callers, because the stack has no authentication. */
export const TENANT = 'default';

/** A job's expected end. */
export interface Expected {
  /** The job's expected outcomes, in order. */
  readonly outcomes: readonly string[];
  /** The expected outcome of each attempt. */
  readonly attempts: readonly string[];
}

export const SUCCESS: Expected = { outcomes: ['success'], attempts: ['success'] };
export const CANCELED: Expected = { outcomes: ['canceled'], attempts: [] };
export const RETRIED: Expected = { outcomes: ['canceled', 'success'], attempts: ['success'] };

/** The version that responds to requests. During a deployment, either version may respond. */
export type Serving = 'release' | 'ours' | 'either';

export interface Request {
  readonly method: 'GET' | 'POST';
  readonly path: string;
  readonly body?: unknown;
  /** The request's effect on jobs. */
  readonly access: Access;
  /** Whether a response with a status other than 2xx is allowed. */
  readonly allows?: (answer: Answer, serving: Serving) => boolean;
}

/** Sends all clients' requests, and records the accepted jobs and the invalid responses. */
export class Ledger {
  /** The jobs that the service accepted, by id. */
  readonly accepted = new Map<string, Expected>();
  /** The job id of each object. */
  readonly jobOf = new Map<string, string>();
  readonly history = new HistoryRecorder();
  /** Invalid responses, and requests without a response. */
  readonly findings: string[] = [];
  /** The number of 503 responses. */
  unavailable = 0;
  responses = 0;
  serving: Serving = 'release';
  readonly #url: string;

  constructor(url: string) {
    this.#url = url;
  }

  /** Sends a request, and retries it as long as the response is a 503. @returns the response; undefined if there was a finding */
  async send(request: Request): Promise<Answer | undefined> {
    const { method, path, body, access, allows } = request;
    for (;;) {
      const record = this.history.begin(TENANT, access);
      const before = this.serving;
      let response: Response;
      let text: string;
      try {
        response = await fetch(this.#url + path, {
          method,
          ...(body !== undefined && {
            headers: { 'content-type': 'application/json' },
            body: JSON.stringify(body),
          }),
        });
        text = await response.text();
      } catch (error) {
        record();
        this.findings.push(`${method} ${path} got no response: ${String((error as Error).cause ?? error)}`);
        return undefined;
      }
      this.responses += 1;
      const retryAfter = response.headers.get('retry-after');
      if (response.status === 503 && retryAfter !== null) {
        record();
        this.unavailable += 1;
        await wait(Number(retryAfter) * 1_000);
        continue;
      }
      const answer: Answer = { status: response.status, body: JSON.parse(text) as Answer['body'] };
      record(answer);
      const serving = before === this.serving ? before : 'either';
      if (response.ok || allows?.(answer, serving)) return answer;
      this.findings.push(`${method} ${path} got ${response.status} from ${serving}: ${text}`);
      return undefined;
    }
  }

  /** Records an accepted job. */
  accept(jobId: string, expected: Expected, objectId?: string): void {
    this.accepted.set(jobId, expected);
    if (objectId !== undefined) this.jobOf.set(objectId, jobId);
  }

  /** Records a finding if a client's check of a successful response failed. */
  expect(isRight: boolean, what: string): void {
    if (!isRight) this.findings.push(what);
  }
}
