import { untilHeld, type Answer, type JobView, type SubmittedView } from '../../helpers/api-client.ts';
import type { Cloud } from '../../helpers/cloud.ts';
import { headerFor } from '../../helpers/keys.ts';
import { documentedOperations } from '../../helpers/openapi.ts';
import { sendForm, type UploadView } from '../../helpers/upload.ts';

/** A tenant with an API key that has every scope. The tenant's traffic is recorded. */
export interface Tenant {
  readonly name: string;
  readonly headers: { authorization: string };
  /** The ids of the operations that the tenant has called. */
  readonly called: ReadonlySet<string>;
  /** The paths and bodies that the tenant sent, and all the data that the tenant received. */
  readonly traffic: { readonly sent: string[]; readonly got: string[] };
  call<Body>(method: string, path: string, body?: unknown): Promise<Answer<Body>>;
  /** Sends a GET request, which must succeed, and returns the response's body. */
  get<Body>(path: string): Promise<Body>;
  post<Body>(path: string, body?: unknown): Promise<Body>;
  put<Body>(path: string, body?: unknown): Promise<Body>;
  /** Submits a job, waits until the job has ended, and returns it. */
  run(job: object): Promise<JobView>;
  ended(jobId: string): Promise<JobView>;
  /** Uploads a file, and returns its key. */
  upload(content: string): Promise<string>;
}

export async function newTenant(cloud: Cloud, name: string): Promise<Tenant> {
  const headers = await headerFor(cloud, name);
  const called = new Set<string>();
  const traffic = { sent: [] as string[], got: [] as string[] };

  const call: Tenant['call'] = async <Body>(method: string, path: string, body?: unknown) => {
    called.add(operationAt(method, path));
    traffic.sent.push(`${path} ${JSON.stringify(body ?? null)}`);
    const answer = await cloud.api.call<Body>(method, path, body, headers);
    traffic.got.push(`${JSON.stringify([...answer.headers])} ${JSON.stringify(answer.body)}`);
    return answer;
  };
  const successOf = <Body>(path: string, answer: Answer<Body>): Body => {
    if (answer.status >= 300) throw new Error(`${path}: ${answer.status} ${JSON.stringify(answer.body)}`);
    return answer.body;
  };
  const succeed = async <Body>(method: string, path: string, body?: unknown): Promise<Body> =>
    successOf(path, await call<Body>(method, path, body));
  const ended = async (jobId: string): Promise<JobView> => {
    const path = `/v1/jobs/${jobId}?wait=20`;
    for (;;) {
      const job = successOf(path, await untilHeld(() => call<JobView>('GET', path)));
      if (job.end_time !== null) return job;
    }
  };
  return {
    ...{ name, headers, called, traffic, call, ended },
    get: (path) => succeed('GET', path),
    post: (path, body) => succeed('POST', path, body),
    put: (path, body) => succeed('PUT', path, body),
    run: async (job) => ended((await succeed<SubmittedView>('POST', '/v1/jobs', job)).job_id),
    async upload(content) {
      const form = await succeed<UploadView>('POST', '/v1/uploads');
      const { status, text } = await sendForm(form, new Blob([content]));
      if (status !== 204) throw new Error(`The form was refused: ${status} ${text}`);
      return form.file;
    },
  };
}

const routes = documentedOperations().map(({ method, path, operation }) => ({
  id: operation.operationId,
  method,
  pattern: new RegExp(`^${path.replaceAll(/\{\w+\}/g, '[^/]+')}(\\?|$)`),
}));

/** Returns the id of the operation that handles a request. */
function operationAt(method: string, path: string): string {
  // A literal path such as /v1/jobs/batch takes precedence over a matching pattern such as /v1/jobs/{job_id}.
  const fitting = routes.filter((route) => route.method === method && route.pattern.test(path));
  const [route] = fitting.toSorted((a, b) => count(a.pattern) - count(b.pattern));
  if (!route) throw new Error(`No operation handles ${method} ${path}.`);
  return route.id;
}

const count = ({ source }: RegExp): number => source.split('[^/]+').length;
