import type { IncomingMessage } from 'node:http';
import type * as Http from 'node:http';
import { SPAN_KIND, type Attributes, type Span } from './span.ts';

/** Sends spans to a collector. */
export interface SpanExporter {
  /**
   * Sends the spans in one request. Resolves within `limitMs`, and never rejects.
   *
   * @returns why the collector did not accept the spans; undefined if it did
   */
  send(spans: readonly Span[], limitMs: number): Promise<string | undefined>;
}

/** The maximum number of bytes read from a collector's response. */
const MAX_ANSWER_BYTES = 4_096;

/**
 * Creates an exporter that sends OTLP over HTTP, as JSON, to `<endpoint>/v1/traces`
 * (https://opentelemetry.io/docs/specs/otlp/#otlphttp).
 *
 * @param headers as in OTEL_EXPORTER_OTLP_HEADERS: `name=value`, separated by commas, with percent-encoded values
 */
export function createOtlpExporter(endpoint: string, headers: string, resource: Attributes): SpanExporter {
  // Use a new connection each time, because a kept-alive connection may have died while the sandbox was frozen. A new
  // connection takes less than a millisecond, because the collector runs in a Lambda extension.
  const options = {
    method: 'POST',
    agent: false,
    headers: { 'content-type': 'application/json', ...readHeaders(headers) },
  } satisfies Http.RequestOptions;
  return {
    send(spans, limitMs) {
      const body = JSON.stringify(toRequest(spans, resource));
      const sent = new Promise<string | undefined>((resolve) => {
        // A queue's environment can override the endpoint and the headers with any values. Parse these values inside the
        // promise, so that invalid values reject the promise.
        const url = new URL(`${endpoint.replace(/\/$/, '')}/v1/traces`);
        const module = process.getBuiltinModule(url.protocol === 'http:' ? 'node:http' : 'node:https');
        const request = module.request(url, options, (response) => {
          readAnswer(response).then(
            (text) => {
              finish(problemOf(response.statusCode ?? 0, text, spans.length));
            },
            (error: unknown) => {
              finish(String(error));
            },
          );
        });
        const finish = (problem: string | undefined): void => {
          clearTimeout(timer);
          resolve(problem);
          if (problem !== undefined) request.destroy();
        };
        const timer = setTimeout(() => {
          finish(`The collector did not respond within ${Math.round(limitMs)} ms.`);
        }, limitMs);
        request.on('error', (error) => {
          finish(String(error));
        });
        request.end(body);
      });
      return sent.catch(String);
    },
  };
}

function readHeaders(text: string): Record<string, string> {
  const pairs = text.split(',').filter((pair) => pair.includes('='));
  return Object.fromEntries(
    pairs.map((pair) => {
      const at = pair.indexOf('=');
      return [pair.slice(0, at).trim().toLowerCase(), decoded(pair.slice(at + 1).trim())];
    }),
  );
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

async function readAnswer(response: IncomingMessage): Promise<string> {
  let text = '';
  for await (const chunk of response as AsyncIterable<Buffer>) {
    if (text.length < MAX_ANSWER_BYTES) text += chunk.toString();
  }
  return text;
}

/**
 * Returns the reason why the collector did not accept the spans; undefined if it accepted them. A collector that accepts
 * only some of the spans says so in a 200 response.
 */
function problemOf(status: number, text: string, sent: number): string | undefined {
  if (status < 200 || status > 299) return `The collector responded with ${status}: ${text.slice(0, 200)}`;
  const { rejectedSpans = 0, errorMessage = '' } = partialSuccessOf(text);
  const rejected = Number(rejectedSpans);
  return rejected > 0 ? `The collector rejected ${rejected} of ${sent} spans: ${errorMessage}` : undefined;
}

function partialSuccessOf(text: string): { rejectedSpans?: string | number; errorMessage?: string } {
  try {
    const { partialSuccess } = JSON.parse(text) as { partialSuccess?: object };
    return partialSuccess ?? {};
  } catch {
    // Ignore other responses: not every collector responds with JSON, and a 2xx status is enough.
    return {};
  }
}

/** `ExportTraceServiceRequest` in JSON: ids in hexadecimal, 64-bit integers as strings. */
function toRequest(spans: readonly Span[], resource: Attributes) {
  return {
    resourceSpans: [
      {
        resource: { attributes: toAttributes(resource) },
        scopeSpans: [{ scope: { name: 'errand' }, spans: spans.map(toSpan) }],
      },
    ],
  };
}

function toSpan(span: Span) {
  return {
    traceId: span.trace.id,
    spanId: span.id,
    ...(span.parentId !== undefined && { parentSpanId: span.parentId }),
    ...(span.trace.state !== undefined && { traceState: span.trace.state }),
    name: span.name,
    kind: SPAN_KIND[span.kind],
    startTimeUnixNano: toNanoseconds(span.startMs),
    endTimeUnixNano: toNanoseconds(span.endMs ?? span.startMs),
    attributes: toAttributes(span.attributes),
    links: span.links,
    status: span.failure === undefined ? {} : { code: 2, message: span.failure },
  };
}

function toNanoseconds(milliseconds: number): string {
  return `${BigInt(Math.round(milliseconds * 1_000))}000`;
}

function toAttributes(attributes: Attributes) {
  return Object.entries(attributes)
    .filter(([, value]) => value !== undefined)
    .map(([key, value]) => ({ key, value: toValue(value) }));
}

function toValue(value: Attributes[string]): object {
  if (typeof value === 'boolean') return { boolValue: value };
  if (typeof value === 'number') {
    return Number.isInteger(value) ? { intValue: String(value) } : { doubleValue: value };
  }
  return { stringValue: value };
}
