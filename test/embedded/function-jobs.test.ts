import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { JobView } from '../helpers/api-client.ts';
import { startCloud, type Cloud } from '../helpers/cloud.ts';
import { busySandbox } from '../helpers/embedded.ts';
import { startOtlpReceiver, type OtlpReceiver, type ReceivedSpan } from '../helpers/otlp-receiver.ts';
import { startReceiver, type Receiver } from '../helpers/webhook-receiver.ts';
import { needPackages } from '../helpers/system-packages.ts';

let cloud: Cloud;
let collector: OtlpReceiver;
let receiver: Receiver;
/** The ids of two slow jobs, which run while the other tests run. */
let killed: string;
let canceled: string;

beforeAll(async () => {
  await needPackages('A Python function', ['python3']);
  collector = await startOtlpReceiver();
  receiver = await startReceiver((_request, response) => response.end('thanks'));
  cloud = await startCloud(
    {
      ...{ JOBS: 'test/function-jobs/jobs.ts', JOB_TIMEOUT: '7', JOB_PREFETCH: '8', VISIBILITY_TIMEOUT: '8' },
      ...{ WEBHOOK_ALLOWED_HOSTS: receiver.origin, OTEL_EXPORTER_OTLP_ENDPOINT: collector.origin },
    },
    { app: 'test/function-jobs/app.ts' },
  );
  killed = await runAndKill();
  canceled = await runAndCancel();
}, 120_000);

afterAll(async () => {
  await cloud.end();
  await collector.end();
  await receiver.end();
});

/** Runs a job, and kills its worker while the worker waits for the function. */
async function runAndKill(): Promise<string> {
  const { job_id: jobId } = await cloud.api.submit({ type: 'act', payload: { how: 'return', seconds: 1 } });
  await cloud.api.until(jobId, ['running']);
  const { pid } = await busySandbox(cloud, cloud.output('WorkerFunctionName'));
  process.kill(pid, 'SIGKILL');
  return jobId;
}

async function runAndCancel(): Promise<string> {
  const { job_id: jobId } = await cloud.api.submit({ type: 'act', payload: { how: 'return', seconds: 6 } });
  await cloud.api.until(jobId, ['running']);
  await cloud.api.call('POST', `/v1/jobs/${jobId}/cancel`);
  return jobId;
}

async function run(type: string, payload: object, more: object = {}): Promise<JobView> {
  const { job_id: jobId } = await cloud.api.submit({ type, payload, ...more });
  return cloud.api.finished(jobId);
}

describe('a job that runs in a Python function', () => {
  it('succeeds with the function’s return value', async () => {
    expect(await run('report', { numbers: [1, 2, 6] })).toMatchObject({
      status: 'success',
      result: { mean: 3, largest: 6 },
    });
  });

  it('passes the job, the attempt, the payload and the deadline to the function', async () => {
    const before = Date.now();
    const { job_id: jobId, result } = await run('act', { how: 'return' });
    const { event } = result as { event: Record<string, unknown> };
    expect(event).toEqual({
      job_id: jobId,
      type: 'act',
      tenant: 'default',
      attempt: 1,
      payload: { how: 'return', seconds: 0 },
      deadline: expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/),
      traceparent: expect.stringMatching(/^00-[\da-f]{32}-[\da-f]{16}-01$/),
    });
    const deadline = Date.parse(event.deadline as string);
    expect(deadline).toBeGreaterThan(before);
    expect(deadline).toBeLessThanOrEqual(Date.now() + 7_000);
  });

  it("fails with the function's error and its Python stack, after all attempts", async () => {
    const job = await run('act', { how: 'fail' });
    expect(job).toMatchObject({ status: 'failed', attempt: 3, message: 'the numbers\ndo not add up' });
    const [attempt] = await cloud.api.attempts(job.job_id);
    expect(attempt?.stack).toMatch(
      /^ValueError: the numbers\ndo not add up\n {2}File ".*act\.py", line \d+, in handler\n {4}fail_deep_inside\(\)\n(.*\n)* {2}File ".*act\.py", line \d+, in fail_deep_inside\n {4}raise ValueError\(/,
    );
    expect(attempt?.stack).not.toContain('bootstrap.py');
  });

  it('fails immediately with a FinalError', async () => {
    expect(await run('act', { how: 'final' })).toMatchObject({
      status: 'failed',
      attempt: 1,
      message: 'no use',
    });
  });

  it('runs again after a RetryLaterError’s delay', async () => {
    const job = await run('act', { how: 'later' });
    expect(job).toMatchObject({ status: 'success', attempt: 2 });
    const [first, second] = await cloud.api.attempts(job.job_id);
    expect(first).toMatchObject({ outcome: 'failed', message: '1 s: busy' });
    expect(Date.parse(second?.start_time ?? '') - Date.parse(first?.end_time ?? '')).toBeGreaterThanOrEqual(
      990,
    );
  });

  it.each([
    ['nul', /^The result contains a NUL character/],
    ['large', /^The result has 300002 bytes; the maximum is \d+\. Write it elsewhere/],
  ])('fails immediately if its result can’t be stored: %s', async (how, message) => {
    expect(await run('act', { how })).toMatchObject({
      status: 'failed',
      attempt: 1,
      message: expect.stringMatching(message),
    });
  });

  it("ends at the job's timeout, while the function keeps running", async () => {
    expect(await run('act', { how: 'return', seconds: 3 }, { timeout_seconds: 1 })).toMatchObject({
      status: 'failed',
      attempt: 1,
      message: 'exceeded the timeout of 1 s',
    });
  });

  it('can be canceled while its function runs', async () => {
    expect(await cloud.api.finished(canceled)).toMatchObject({ status: 'canceled', attempt: 1 });
  });

  it('is rerun if its worker dies while waiting', async () => {
    expect(await cloud.api.finished(killed)).toMatchObject({ status: 'success', attempt: 2 });
    expect(await cloud.api.attempts(killed)).toMatchObject([{ outcome: 'lost' }, { outcome: 'success' }]);
  });
});

it('a throttled function does not use up an attempt of its jobs', async () => {
  const longest = await cloud.api.submit({ type: 'one-at-a-time', payload: { seconds: 2 } });
  await busySandbox(cloud, cloud.output('OneAtATimeName'));
  const others = await Promise.all(
    [1, 2].map(() => run('one-at-a-time', { seconds: 0 }, { max_attempts: 1 })),
  );
  for (const { job_id: jobId, ...job } of others) {
    expect(job.status).toBe('success');
    const attempts = await cloud.api.attempts(jobId);
    const last = attempts.pop();
    expect(last).toMatchObject({ attempt: job.attempt, outcome: 'success' });
    expect(job.max_attempts).toBe(job.attempt);
    expect(attempts.length).toBeGreaterThanOrEqual(1);
    for (const attempt of attempts) {
      expect(attempt).toMatchObject({
        outcome: 'throttled',
        message:
          'The function of the job type "one-at-a-time" has no capacity now: ReservedFunctionConcurrentInvocationLimitExceeded.',
      });
    }
  }
  expect(await cloud.api.finished(longest.job_id)).toMatchObject({ status: 'success', attempt: 1 });
});

describe('the trace of a job', () => {
  const CALLER = { traceId: '4bf92f3577b34da6a3ce929d0e0e4736', spanId: '00f067aa0ba902b7' };
  const IN = { traceparent: `00-${CALLER.traceId}-${CALLER.spanId}-01`, tracestate: 'shop=cart' };

  let parent: JobView & { callback_job_id?: string | null; trace_id?: string | null };
  let child: JobView;
  let spans: ReceivedSpan[];

  beforeAll(async () => {
    const submitted = await cloud.api.call(
      'POST',
      '/v1/jobs',
      { type: 'relay', payload: {}, callback_url: `${receiver.origin}/told` },
      IN,
    );
    parent = await cloud.api.finished((submitted.body as JobView).job_id);
    child = await cloud.api.finished((parent.result as { child: string }).child);
    await cloud.api.finished(parent.callback_job_id ?? '');
    spans = await collector.until(
      CALLER.traceId,
      (found) => found.filter(({ name }) => name.startsWith('attempt ')).length === 3,
    );
  });

  /** Returns the only span with this name. If several job types have a span with this name, `type` selects the job type. */
  function span(name: string, type?: string): ReceivedSpan {
    const found = spans.filter(
      ({ name: its, attributes }) =>
        its === name && (type === undefined || attributes['errand.job.type'] === type),
    );
    expect(found.map(({ name: its }) => its)).toEqual([name]);
    const [only] = found;
    if (!only) throw new Error(`There is no span ${name}.`);
    return only;
  }

  /** Returns the names of a span's ancestors in the trace, nearest first. */
  function ancestorsOf(of: ReceivedSpan): string[] {
    const above = spans.find(({ spanId }) => spanId === of.parentSpanId);
    return above ? [above.name, ...ancestorsOf(above)] : [];
  }

  it('leads from the request to the attempt of the job', () => {
    expect(parent.trace_id).toBe(CALLER.traceId);
    const request = span('POST /v1/jobs');
    expect(request).toMatchObject({
      parentSpanId: CALLER.spanId,
      traceState: 'shop=cart',
      kind: 2,
      attributes: { 'http.response.status_code': '201', 'http.route': '/v1/jobs' },
      resource: { 'service.name': 'errand', 'faas.name': cloud.output('ApiFunctionName') },
    });
    expect(ancestorsOf(span('attempt relay'))).toEqual(['process default', 'send default', 'POST /v1/jobs']);
    expect(ancestorsOf(span('wait in queue', 'relay'))).toEqual(['send default', 'POST /v1/jobs']);
  });

  it('continues to the child job, its function, and the callback', () => {
    const attempt = span('attempt act');
    expect(ancestorsOf(attempt)).toEqual([
      ...['process default', 'send default', 'attempt relay'],
      ...['process default', 'send default', 'POST /v1/jobs'],
    ]);
    const { event } = child.result as { event: { traceparent: string; tracestate: string } };
    expect(event).toMatchObject({
      traceparent: `00-${CALLER.traceId}-${attempt.spanId}-01`,
      tracestate: 'shop=cart',
    });
    expect(receiver.receivedAt('/told')[0]?.headers).toMatchObject({
      traceparent: `00-${CALLER.traceId}-${span('attempt webhook').spanId}-01`,
      tracestate: 'shop=cart',
    });
    expect(ancestorsOf(span('attempt webhook'))).toEqual([
      ...['process default', 'send default', 'POST /v1/jobs'],
    ]);
    const { traceparent } = parent.result as { traceparent: string };
    expect(traceparent).toBe(`00-${CALLER.traceId}-${span('attempt relay').spanId}-01`);
  });

  it('has each AWS call as a child span of its caller', () => {
    const calls = spans.filter(({ kind }) => kind === 3);
    const madeBy = (name: string): string[] =>
      calls
        .filter((call) => ancestorsOf(call)[0] === name)
        .map((call) => call.name)
        .toSorted();
    expect(madeBy('attempt act')).toEqual(['Lambda.Invoke']);
    expect(madeBy('POST /v1/jobs')).toContain('RDSData.ExecuteStatement');
    expect(madeBy('POST /v1/jobs')).toContain('SQS.SendMessage');
    expect(madeBy('process default').filter((name) => name === 'RDSData.ExecuteStatement')).toHaveLength(6);
    for (const { attributes } of calls) {
      expect(attributes).toMatchObject({ 'rpc.system': 'aws-api', 'http.response.status_code': '200' });
    }
  });

  it('has spans that begin after their callers and end after they begin', () => {
    const byId = new Map(spans.map((each) => [each.spanId, each]));
    const toleranceNs = 50_000_000n;
    for (const each of spans) {
      expect(BigInt(each.endTimeUnixNano)).toBeGreaterThanOrEqual(BigInt(each.startTimeUnixNano));
      const caller = byId.get(each.parentSpanId ?? '');
      if (!caller) continue;
      expect(BigInt(each.startTimeUnixNano) + toleranceNs).toBeGreaterThanOrEqual(
        BigInt(caller.startTimeUnixNano),
      );
    }
  });

  it('has an id that appears in its jobs’ log lines', () => {
    const lines = cloud.logs.filter((line) => line.includes('Submitted a child.'));
    expect(lines.join('\n')).toContain(CALLER.traceId);
  });
});

it('a submission without a traceparent begins a trace', async () => {
  const { job_id: jobId } = await run('report', { numbers: [1] });
  const job = (await cloud.api.call('GET', `/v1/jobs/${jobId}`)).body as { trace_id: string };
  expect(job.trace_id).toMatch(/^[\da-f]{32}$/);
  const spans = await collector.until(job.trace_id, (found) =>
    found.some(({ name }) => name === 'attempt report'),
  );
  expect(spans.filter(({ parentSpanId }) => parentSpanId === undefined).map(({ name }) => name)).toEqual([
    'POST /v1/jobs',
  ]);
});
