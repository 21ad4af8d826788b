import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import type { ServerResponse } from 'node:http';
import { createOtlpExporter, type SpanExporter } from '../../../../lambdas/adapters/otlp/exporter.ts';
import { samplerOf } from '../../../../lambdas/adapters/otlp/sampler.ts';
import type { Span } from '../../../../lambdas/adapters/otlp/span.ts';
import { FLUSH_MS, Spans } from '../../../../lambdas/adapters/otlp/spans.ts';
import { freePort } from '../../../helpers/free-port.ts';
import { createRecordingLog } from '../../../helpers/recording-log.ts';
import { startReceiver, type Receiver } from '../../../helpers/webhook-receiver.ts';

const TRACE = { traceparent: '00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01' };
const UNSAMPLED = { traceparent: TRACE.traceparent.replace(/1$/, '0') };

/** Creates spans with a clock that the test sets, and an exporter that records them. */
function setUp(problem?: string) {
  const sent: (readonly Span[])[] = [];
  const exporter: SpanExporter = {
    send(spans) {
      sent.push(spans);
      return Promise.resolve(problem);
    },
  };
  const clock = { now: 1_000 };
  const log = createRecordingLog();
  const spans = new Spans({ exporter, sampler: samplerOf(), log, now: () => clock.now });
  return { spans, sent, clock, lines: log.entries };
}

async function record(spans: Spans, parent = TRACE): Promise<void> {
  await spans.run({ name: 'a', kind: 'internal', parent }, () => Promise.resolve());
}

describe('the spans of an invocation', () => {
  it('are exported at its end, each once', async () => {
    const { spans, sent } = setUp();
    await record(spans);
    await spans.flush(10_000);
    await spans.flush(10_000);
    expect(sent.map((batch) => batch.map(({ name }) => name))).toEqual([['a']]);
  });

  it('are not exported if the caller did not sample the trace, but pass on its id', async () => {
    const { spans, sent } = setUp();
    const span = await spans.run({ name: 'a', kind: 'server', parent: UNSAMPLED }, (started) =>
      Promise.resolve(started),
    );
    await spans.flush(10_000);
    expect(sent).toEqual([]);
    expect(span.trace).toMatchObject({ id: TRACE.traceparent.slice(3, 35), isSampled: false });
  });

  it('that the collector does not accept are counted in the log, and no more are sent for 30 s', async () => {
    const { spans, sent, clock, lines } = setUp('The collector responded with 503: busy');
    for (const now of [1_000, 2_000, 32_000]) {
      clock.now = now;
      await record(spans);
      await spans.flush(10_000);
    }
    expect(sent).toHaveLength(2);
    expect(lines.map(({ event, fields }) => [event, fields])).toEqual([
      ['spans_lost', { count: 1, reason: 'The collector responded with 503: busy' }],
      ['spans_lost', { count: 1, reason: 'The collector failed less than 30 s ago.' }],
      ['spans_lost', { count: 1, reason: 'The collector responded with 503: busy' }],
    ]);
  });

  it('are dropped if the function has no time left', async () => {
    const { spans, sent, lines } = setUp();
    await record(spans);
    await spans.flush(100);
    expect(sent).toEqual([]);
    expect(lines).toMatchObject([{ event: 'spans_lost', fields: { count: 1 } }]);
  });

  it('are limited to 2,000', async () => {
    const { spans, sent, lines } = setUp();
    for (let count = 0; count < 2_003; count += 1) await record(spans);
    await spans.flush(10_000);
    expect(sent[0]).toHaveLength(2_000);
    expect(lines).toMatchObject([{ event: 'spans_lost', fields: { count: 3 } }]);
  });
});

describe('the exporter', () => {
  let answer: (response: ServerResponse) => void;
  let receiver: Receiver;

  beforeEach(async () => {
    receiver = await startReceiver((_request, response) => {
      answer(response);
    });
  });

  afterEach(() => receiver.end());

  const send = (
    endpoint = receiver.origin,
    limitMs = FLUSH_MS,
    headers = 'X-Team=jobs,key=a%20b',
  ): Promise<string | undefined> => {
    const span = new Spans({
      exporter: { send: () => Promise.resolve(undefined) },
      sampler: samplerOf(),
      log: createRecordingLog(),
      now: () => 1_000.5,
    }).begin({ name: 'a', kind: 'client', parent: TRACE, attributes: { count: 2, share: 0.5, ok: true } });
    return createOtlpExporter(endpoint, headers, { 'service.name': 'errand' }).send([span], limitMs);
  };

  it.each([
    ['an endpoint without a scheme', 'collector/x', ''],
    ['a scheme that is not HTTP', 'localhost:4318', ''],
    ['a header with a line break', 'http://127.0.0.1:9', 'key=a%0Ab'],
  ])('reports the problem with %s without throwing', async (_what, endpoint, headers) => {
    expect(await send(endpoint, FLUSH_MS, headers)).toMatch(/Error/);
  });

  it('posts OTLP in JSON below the endpoint, with the configured headers', async () => {
    answer = (response) => response.end('{}');
    expect(await send(`${receiver.origin}/base/`)).toBeUndefined();
    const [request] = receiver.receivedAt('/base/v1/traces');
    expect(request?.headers).toMatchObject({
      'x-team': 'jobs',
      key: 'a b',
      'content-type': 'application/json',
    });
    expect(JSON.parse(request?.body.toString() ?? '')).toMatchObject({
      resourceSpans: [
        {
          resource: { attributes: [{ key: 'service.name', value: { stringValue: 'errand' } }] },
          scopeSpans: [
            {
              spans: [
                {
                  traceId: TRACE.traceparent.slice(3, 35),
                  parentSpanId: TRACE.traceparent.slice(36, 52),
                  kind: 3,
                  startTimeUnixNano: '1000500000',
                  attributes: [
                    { key: 'count', value: { intValue: '2' } },
                    { key: 'share', value: { doubleValue: 0.5 } },
                    { key: 'ok', value: { boolValue: true } },
                  ],
                },
              ],
            },
          ],
        },
      ],
    });
  });

  it('reports that a collector refused some or all spans', async () => {
    answer = (response) => response.writeHead(401).end('no key');
    expect(await send()).toBe('The collector responded with 401: no key');
    answer = (response) =>
      response.end('{"partialSuccess": {"rejectedSpans": "1", "errorMessage": "too old"}}');
    expect(await send()).toBe('The collector rejected 1 of 1 spans: too old');
  });

  it('gives up on a collector that does not respond completely in time', async () => {
    answer = () => undefined;
    expect(await send(receiver.origin, 50)).toBe('The collector did not respond within 50 ms.');
    answer = (response) => {
      response.writeHead(200);
      response.write('{');
    };
    expect(await send(receiver.origin, 50)).toBe('The collector did not respond within 50 ms.');
  });

  it('reports a missing collector', async () => {
    expect(await send(`http://127.0.0.1:${await freePort()}`)).toMatch(/ECONNREFUSED/);
  });

  it('accepts a response that is not JSON', async () => {
    answer = (response) => response.end();
    expect(await send()).toBeUndefined();
  });
});

describe('the sampler', () => {
  it.each([
    ['always_on', false, true],
    ['always_off', true, false],
    ['parentbased_always_on', false, false],
    ['parentbased_always_off', true, true],
    ['parentbased_always_on', undefined, true],
    ['parentbased_always_off', undefined, false],
    [undefined, undefined, true],
  ])('%s with a parent that is %s', (name, parent, expected) => {
    expect(samplerOf(name)('f'.repeat(32), parent)).toBe(expected);
  });

  it('samples exactly the configured share of trace ids with traceidratio', () => {
    const sampler = samplerOf('traceidratio', 0.25);
    const ids = Array.from({ length: 256 }, (_, index) =>
      index.toString(16).padStart(2, '0').padEnd(13, '0'),
    );
    expect(ids.filter((end) => sampler(end.padStart(32, 'a'), true))).toHaveLength(64);
  });
});
