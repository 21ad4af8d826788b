import { startReceiver } from './webhook-receiver.ts';

/** A span, as received in OTLP/JSON, with its attributes as an object. */
export interface ReceivedSpan {
  readonly traceId: string;
  readonly spanId: string;
  readonly parentSpanId?: string;
  readonly traceState?: string;
  readonly name: string;
  readonly kind: number;
  readonly startTimeUnixNano: string;
  readonly endTimeUnixNano: string;
  readonly attributes: Readonly<Record<string, unknown>>;
  readonly links: readonly { readonly traceId: string; readonly spanId: string }[];
  readonly status: { readonly code?: number; readonly message?: string };
  /** The attributes of the span's resource. */
  readonly resource: Readonly<Record<string, unknown>>;
}

interface KeyValue {
  readonly key: string;
  readonly value: Readonly<Record<string, unknown>>;
}

interface ExportRequest {
  readonly resourceSpans: readonly {
    readonly resource: { readonly attributes: readonly KeyValue[] };
    readonly scopeSpans: readonly {
      readonly spans: readonly (Omit<ReceivedSpan, 'attributes' | 'resource'> & {
        readonly attributes: readonly KeyValue[];
      })[];
    }[];
  }[];
}

export interface OtlpReceiver {
  /** The value for OTEL_EXPORTER_OTLP_ENDPOINT. */
  readonly origin: string;
  /** Returns the spans received so far for a trace. */
  spansOf(traceId: string): ReceivedSpan[];
  /** Waits until a trace's spans meet the condition. */
  until(traceId: string, isComplete: (spans: readonly ReceivedSpan[]) => boolean): Promise<ReceivedSpan[]>;
  end(): Promise<void>;
}

/** Starts a collector that stores the spans it receives, and refuses anything except OTLP/JSON. */
export async function startOtlpReceiver(): Promise<OtlpReceiver> {
  const spans: ReceivedSpan[] = [];
  const listeners = new Set<() => void>();
  const receiver = await startReceiver(({ path, method, headers, body }, response) => {
    if (method !== 'POST' || path !== '/v1/traces' || headers['content-type'] !== 'application/json') {
      response.writeHead(415).end();
      return;
    }
    spans.push(...readSpans(JSON.parse(body.toString()) as ExportRequest));
    response.writeHead(200, { 'content-type': 'application/json' }).end('{}');
    for (const listener of listeners) listener();
  });
  const spansOf = (traceId: string): ReceivedSpan[] => spans.filter((span) => span.traceId === traceId);
  return {
    origin: receiver.origin,
    spansOf,
    until(traceId, isComplete) {
      return new Promise((resolve) => {
        const check = (): void => {
          const found = spansOf(traceId);
          if (!isComplete(found)) return;
          listeners.delete(check);
          resolve(found);
        };
        listeners.add(check);
        check();
      });
    },
    end: () => receiver.end(),
  };
}

export function readSpans({ resourceSpans }: ExportRequest): ReceivedSpan[] {
  return resourceSpans.flatMap(({ resource, scopeSpans }) =>
    scopeSpans.flatMap(({ spans }) =>
      spans.map((span) => ({
        ...span,
        attributes: toObject(span.attributes),
        resource: toObject(resource.attributes),
      })),
    ),
  );
}

function toObject(attributes: readonly KeyValue[]): Record<string, unknown> {
  return Object.fromEntries(attributes.map(({ key, value }) => [key, Object.values(value)[0]]));
}
