import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { ApiClient, type SubmittedView } from '../helpers/api-client.ts';
import { BODIES_OF_KEYS, callApiKeyOperations, NEED_KEYS } from './documented-api-keys.ts';
import { callBatchOperations, callBulkOperation } from './documented-many-jobs.ts';
import { callQueueOperations, oversize, type Call } from './documented-queues.ts';
import { sendForm, type UploadView } from '../helpers/upload.ts';
import { startCloud, type Cloud } from '../helpers/cloud.ts';
import { callStepOperations } from './documented-steps.ts';
import { hasGap } from '../helpers/gaps.ts';
import { itUnless } from '../helpers/it-unless.ts';
import { operationsOf, schemaChecker, scriptOf, type DocumentView } from '../helpers/openapi.ts';

const UNKNOWN = '01900000-0000-7000-8000-000000000000';

/** Statuses that no request to this deployment can cause: API Gateway's own responses, internal errors, and an unavailable store. */
const NOT_BY_REQUEST = ['401', '403', '429', '500', '503'];

const PLAIN_TEXT = { 'content-type': 'text/plain' };

let cloud: Cloud;
let api: ApiClient;
let document: DocumentView;
let check: ReturnType<typeof schemaChecker>;
const [seen, sentTypes] = [new Set<string>(), new Set<string>()];

beforeAll(async () => {
  cloud = await startCloud({ JOB_TIMEOUT: '20', JOB_PREFETCH: '4', WEBHOOK_ALLOWED_HOSTS: 'example.com' });
  api = cloud.api;
  document = (await (await fetch(`${api.url}/openapi.json`)).json()) as DocumentView;
  check = schemaChecker(document);
}, 120_000);

afterAll(async () => {
  await cloud.end();
});

/** Calls a documented operation, and checks the response's status, content type, body and headers. */
const call: Call = async ({ operation: id, path = {}, query = '', body, headers = {} }) => {
  const found = operationsOf(document).find(({ operation }) => operation.operationId === id);
  if (!found) throw new Error(`The document has no operation ${id}.`);
  const { method, operation } = found;
  const url = api.url + found.path.replaceAll(/\{(\w+)\}/g, (_all, name: string) => path[name] ?? '') + query;
  const isForm = body instanceof FormData;
  const request = new Request(url, {
    method,
    headers: { ...(body !== undefined && !isForm && { 'content-type': 'application/json' }), ...headers },
    ...(body !== undefined && { body: isForm || typeof body === 'string' ? body : JSON.stringify(body) }),
  });
  const sentType = request.headers.get('content-type')?.split(';')[0];
  const answer = await fetch(request);
  if (answer.ok && sentType !== undefined) sentTypes.add(`${id} ${sentType}`);
  const described = operation.responses[String(answer.status)];
  if (!described)
    throw new Error(
      `${id} returned ${answer.status}, which the document does not list: ${await answer.text()}`,
    );
  seen.add(`${id} ${answer.status}`);
  for (const [name, { required }] of Object.entries(described.headers ?? {})) {
    if (required === false) continue;
    expect([id, answer.status, name, answer.headers.has(name)]).toEqual([id, answer.status, name, true]);
  }
  const mediaType = answer.headers.get('content-type')?.split(';')[0] ?? '';
  const { content } = described;
  if (!content) expect(answer.headers.get('content-length') ?? '0').toBe('0');
  else {
    const { schema } = content[mediaType] ?? content['*/*'] ?? {};
    expect(Object.keys(content)).toContain(content['*/*'] ? '*/*' : mediaType);
    if (schema) expect([id, check(schema, await answer.clone().json())]).toEqual([id, undefined]);
  }
  return answer;
};

async function submitted(body: unknown): Promise<string> {
  const { job_id: jobId } = await api.submit(body);
  return jobId;
}

const waiting = { payload: { seconds: 0 }, delay_seconds: 600 };

describe('a response matches the document', () => {
  it('for a submission: new, a duplicate, refused', async () => {
    const job = { object_id: 'documented', payload: { seconds: 0 } };
    const operation = 'createJob';
    expect((await call({ operation, body: job, query: '?wait=20' })).status).toBe(201);
    expect((await call({ operation, body: job })).status).toBe(200);
    expect((await call({ operation, body: { ...job, on_duplicate: 'reject' } })).status).toBe(409);
    expect((await call({ operation, body: {}, query: '?wait=x' })).status).toBe(400);
    expect((await call({ operation, body: '{' })).status).toBe(400);
    expect((await call({ operation, body: oversize })).status).toBe(413);
    expect((await call({ operation, body: '', headers: PLAIN_TEXT })).status).toBe(415);
    expect((await call({ operation, body: { nope: 1 } })).status).toBe(422);
  });

  it('for a submission with a file, as a form', async () => {
    const operation = 'createJob';
    const payload = { patterns: ['ERROR'] };
    const formOf = (fields: Record<string, string>, file: string): FormData => {
      const form = new FormData();
      for (const [name, value] of Object.entries(fields)) form.append(name, value);
      form.append('file', new Blob([file], { type: 'text/plain' }), 'app.log');
      return form;
    };
    const fields = { type: 'analyze', payload: JSON.stringify(payload), object_id: 'log' };
    const created = await call({ operation, body: formOf(fields, 'ERROR\n'), query: '?wait=20' });
    expect(created.status).toBe(201);
    const { job_id: jobId } = (await created.json()) as SubmittedView;
    expect(await api.finished(jobId)).toMatchObject({ status: 'success', result: { counts: { ERROR: 1 } } });
    expect((await call({ operation, body: formOf(fields, 'ERROR\n') })).status).toBe(200);
    expect((await call({ operation, body: formOf({ payload: '{' }, '') })).status).toBe(400);
    expect((await call({ operation, body: formOf(fields, 'x'.repeat(4_500_001)) })).status).toBe(413);
    expect((await call({ operation, body: formOf({ ...fields, nope: '1' }, '') })).status).toBe(422);
  });

  it('for a batch: outcomes of every kind, refused, closed, read, listed', async () => {
    await callBatchOperations(call);
  });

  it('for a job, its attempts and its log, at every stage', async () => {
    const jobId = await submitted({ payload: { seconds: 0.5 } });
    for (const operation of ['getJob', 'listAttempts', 'getJobLog']) {
      expect((await call({ operation, path: { job_id: jobId } })).status).toBe(200);
      expect((await call({ operation, path: { job_id: UNKNOWN } })).status).toBe(404);
      expect((await call({ operation, path: { job_id: '42' } })).status).toBe(400);
    }
    await call({ operation: 'getJob', path: { job_id: jobId }, query: '?wait=20' });
    await api.finished(jobId);
    await call({ operation: 'listAttempts', path: { job_id: jobId } });
    const log = async (query: string) =>
      (await call({ operation: 'getJobLog', path: { job_id: jobId }, query })).status;
    for (const query of ['', '?attempt=1', '?cursor=1.0']) expect(await log(query)).toBe(200);
    for (const query of ['?attempt=0', '?cursor=1', '?nope=1']) expect(await log(query)).toBe(400);
  });

  it('for cancel and retry', async () => {
    const path = { job_id: await submitted(waiting) };
    expect((await call({ operation: 'retryJob', path })).status).toBe(409);
    expect((await call({ operation: 'cancelJob', path })).status).toBe(200);
    expect((await call({ operation: 'retryJob', path })).status).toBe(200);
    await api.finished(path.job_id);
    expect((await call({ operation: 'cancelJob', path })).status).toBe(409);
    for (const operation of ['cancelJob', 'retryJob']) {
      expect((await call({ operation, path: { job_id: UNKNOWN } })).status).toBe(404);
      expect((await call({ operation, path: { job_id: '42' } })).status).toBe(400);
    }
  });

  it('for signals, steps, children and approval links', async () => {
    await callStepOperations(call);
  });

  it('for lists', async () => {
    const answer = await call({ operation: 'listJobs', query: '?status=success&type=sleep&limit=1' });
    const { next_cursor: cursor } = (await answer.json()) as { next_cursor: string };
    expect(
      (await call({ operation: 'listJobs', query: `?status=success&type=sleep&limit=1&cursor=${cursor}` }))
        .status,
    ).toBe(200);
    expect((await call({ operation: 'listJobs', query: '?limit=0' })).status).toBe(400);
  });

  it('for an upload', async () => {
    const operation = 'createUpload';
    expect((await call({ operation, body: { content_type: 'text/plain', bytes: 5 } })).status).toBe(201);
    expect((await call({ operation, body: '{' })).status).toBe(400);
    expect((await call({ operation, body: oversize })).status).toBe(413);
    expect((await call({ operation, body: '{}', headers: PLAIN_TEXT })).status).toBe(415);
    expect((await call({ operation, body: { bytes: -1 } })).status).toBe(422);
  });

  it('for a bulk request: counted, accepted, refused', async () => {
    await callBulkOperation(call);
  });

  it('for a download', async () => {
    const operation = 'createDownload';
    const upload = await call({ operation: 'createUpload', body: {} });
    const { file } = (await upload.clone().json()) as { file: string };
    await sendForm((await upload.json()) as UploadView, new Blob(['x']));
    expect((await call({ operation, body: { file } })).status).toBe(200);
    expect((await call({ operation, body: { file: `${file}0` } })).status).toBe(404);
    expect((await call({ operation, body: '{' })).status).toBe(400);
    expect((await call({ operation, body: oversize })).status).toBe(413);
    expect((await call({ operation, body: '{}', headers: PLAIN_TEXT })).status).toBe(415);
    expect((await call({ operation, body: {} })).status).toBe(422);
  });

  it('for a schedule: new, replaced, shown, stopped, started, deleted, refused', async () => {
    const operation = 'putSchedule';
    const path = { name: 'documented' };
    const body = { cron: '0 0 1 1 ? *', job: { payload: { seconds: 0 } } };
    expect((await call({ operation, path, body })).status).toBe(201);
    expect((await call({ operation, path, body: { ...body, overlap: 'allow' } })).status).toBe(200);
    expect((await call({ operation, path: { name: '-' }, body })).status).toBe(400);
    expect((await call({ operation, path, body: '{' })).status).toBe(400);
    expect((await call({ operation, path, body: oversize })).status).toBe(413);
    expect((await call({ operation, path, body: '', headers: PLAIN_TEXT })).status).toBe(415);
    expect((await call({ operation, path, body: { rate: 'often', job: {} } })).status).toBe(422);
    expect((await call({ operation: 'listSchedules', query: '?limit=1' })).status).toBe(200);
    expect((await call({ operation: 'listSchedules', query: '?limit=0' })).status).toBe(400);
    for (const operation of ['stopSchedules', 'startSchedules']) {
      expect((await call({ operation })).status).toBe(200);
    }
    for (const operation of ['getSchedule', 'stopSchedule', 'startSchedule']) {
      expect((await call({ operation, path })).status).toBe(200);
    }
    // The schedule can't be started, because the deployment has no MESSAGES_URL.
    const unavailable = { operation: 'startSchedule', path: { name: 'send-messages' } };
    expect((await call(unavailable)).status).toBe(409);
    expect((await call({ operation: 'deleteSchedule', path })).status).toBe(204);
    for (const operation of ['getSchedule', 'stopSchedule', 'startSchedule', 'deleteSchedule']) {
      expect((await call({ operation, path })).status).toBe(404);
      expect((await call({ operation, path: { name: '-' } })).status).toBe(400);
    }
  });

  it('for messages: new, listed, refused', async () => {
    const operation = 'createMessage';
    const text = { to: '+905551111111', content: 'Your order is packed.' };
    const created = await call({ operation, body: text });
    expect(created.status).toBe(201);
    const { message_id: messageId } = (await created.json()) as { message_id: string };
    expect((await call({ operation, body: '{' })).status).toBe(400);
    expect((await call({ operation, body: oversize })).status).toBe(413);
    expect((await call({ operation, body: '', headers: PLAIN_TEXT })).status).toBe(415);
    expect((await call({ operation, body: { ...text, to: '0' } })).status).toBe(422);
    expect((await call({ operation: 'getMessage', path: { message_id: messageId } })).status).toBe(200);
    expect((await call({ operation: 'getMessage', path: { message_id: UNKNOWN } })).status).toBe(404);
    expect((await call({ operation: 'getMessage', path: { message_id: '42' } })).status).toBe(400);
    for (const list of ['listMessages', 'listSentMessages']) {
      expect((await call({ operation: list, query: '?limit=1' })).status).toBe(200);
      expect((await call({ operation: list, query: '?limit=0' })).status).toBe(400);
    }
    expect((await call({ operation: 'listMessages', query: '?status=pending' })).status).toBe(200);
  });

  it('for the webhook key: shown, rotated, refused', async () => {
    const operation = 'rotateWebhookKey';
    expect((await call({ operation: 'getWebhookKey' })).status).toBe(200);
    expect((await call({ operation, body: { generation: 1 } })).status).toBe(200);
    expect((await call({ operation: 'getWebhookKey' })).status).toBe(200);
    expect((await call({ operation, body: { generation: 9 } })).status).toBe(409);
    expect((await call({ operation, body: '{' })).status).toBe(400);
    expect((await call({ operation, body: oversize })).status).toBe(413);
    expect((await call({ operation, body: '', headers: PLAIN_TEXT })).status).toBe(415);
    expect((await call({ operation, body: {} })).status).toBe(422);
  });

  it('for API keys, queues, concurrency keys, the audit, the counts and the health checks', async () => {
    await callApiKeyOperations(call);
    await callQueueOperations(call);
    await submitted(waiting);
    expect((await call({ operation: 'listAudit', query: '?from=yesterday' })).status).toBe(400);
    expect((await call({ operation: 'getHistory', query: '?group_by=type&step=300' })).status).toBe(200);
    expect((await call({ operation: 'getHistory', query: '?step=7' })).status).toBe(400);
    for (const operation of ['listAudit', 'getCaller', 'getStatistics', 'getHealthAlive', 'getHealthCheck']) {
      expect((await call({ operation })).status).toBe(200);
    }
  });

  it('for the document, its page and the job types, whole or unchanged', async () => {
    const file = scriptOf(await (await call({ operation: 'getDocsPage' })).text());
    const consoleFile = scriptOf(await (await call({ operation: 'getConsole' })).text());
    for (const [operation, path] of [
      ['getDocument', {}],
      ['listJobTypes', {}],
      ['getDocsPage', {}],
      ['getDocsFile', { file }],
      ['getConsole', {}],
      ['getConsoleFile', { file: consoleFile }],
    ] as const) {
      const { headers } = await call({ operation, path });
      const etag = headers.get('etag') ?? '';
      expect((await call({ operation, path, headers: { 'if-none-match': etag } })).status).toBe(304);
    }
    for (const operation of ['getDocsFile', 'getConsoleFile'])
      expect((await call({ operation, path: { file: 'nope.js' } })).status).toBe(404);
  });

  itUnless('paths-decoded-once')('for a path with a literal percent sign', async () => {
    for (const operation of ['getDocsFile', 'getConsoleFile'])
      expect((await call({ operation, path: { file: '%25' } })).status).toBe(400);
  });

  it('for every status that a request can cause, for every operation', () => {
    const promised = operationsOf(document).flatMap(({ operation }) =>
      Object.keys(operation.responses)
        .filter((status) => !NOT_BY_REQUEST.includes(status))
        .map((status) => `${operation.operationId} ${status}`),
    );
    // test/integration/refusals.test.ts checks the response of a deployment without WEBHOOK_ALLOWED_HOSTS.
    const left = ['getWebhookKey 409'];
    left.push(...NEED_KEYS);
    // Only jobs with steps create approval links; test/embedded/approvals.test.ts covers them.
    left.push(...['getApproval', 'answerApproval'].flatMap((id) => [`${id} 200`, `${id} 410`]));
    // The API responds with 400 to a path that can be decoded once but not twice. A target with this gap decodes paths only once.
    if (hasGap('paths-decoded-once')) left.push('getDocsFile 400', 'getConsoleFile 400');
    expect([...seen, ...left].sort()).toEqual(promised.sort());
  });

  it('for every content type of every operation with a body', () => {
    const promised = operationsOf(document).flatMap(({ operation: { operationId, requestBody } }) =>
      Object.keys(requestBody?.content ?? {}).map((type) => `${operationId} ${type}`),
    );
    expect([...sentTypes, ...BODIES_OF_KEYS].sort()).toEqual(promised.sort());
  });
});

describe('the page', () => {
  it.each(['/docs', '/console'])('%s runs no inline scripts and no scripts of other sites', async (page) => {
    const answer = await fetch(api.url + page);
    expect(answer.headers.get('content-security-policy')).toContain("default-src 'none'; script-src 'self';");
    const html = await answer.text();
    expect(html).not.toMatch(/<script(?![^>]* src=)|<style| on\w+=|https?:/);
    expect(html).not.toContain('{{');
  });

  it('has compressed files that are cached forever, and uncompressed ones for clients without gzip', async () => {
    const file = scriptOf(await (await fetch(`${api.url}/docs`)).text());
    const raw = async (encoding: string) =>
      fetch(`${api.url}/docs/${file}`, { headers: { 'accept-encoding': encoding } });
    const compressed = await raw('gzip, br');
    expect(compressed.headers.get('content-encoding')).toBe('gzip');
    expect(compressed.headers.get('cache-control')).toBe('public, max-age=31536000, immutable');
    const plain = await raw('identity');
    expect(plain.headers.get('content-encoding')).toBeNull();
    expect(await plain.text()).toBe(await compressed.text());
  });

  it.each(['..%2Findex.mjs', '..%2F..%2Fetc%2Fpasswd', 'index.html', '%00', 'constructor'])(
    'has no file with the name %s',
    async (file) => {
      expect((await fetch(`${api.url}/docs/${file}`)).status).toBe(404);
    },
  );
});
