import { readTraceContext, toTraceparent, type TraceContext } from '../../job/trace-context.ts';

/** See https://github.com/open-telemetry/opentelemetry-proto, trace.proto, `SpanKind` */
export const SPAN_KIND = { internal: 1, server: 2, client: 3, producer: 4, consumer: 5 } as const;
export type SpanKind = keyof typeof SPAN_KIND;

export type Attributes = Record<string, string | number | boolean | undefined>;

/**
 * The trace that spans belong to. All spans of an invocation share this object, because the trace may become known only
 * after the jobs are claimed.
 */
export interface Trace {
  id: string;
  isSampled: boolean;
  state?: string | undefined;
}

export interface Span {
  readonly id: string;
  readonly trace: Trace;
  parentId: string | undefined;
  readonly name: string;
  readonly kind: SpanKind;
  /** Milliseconds since 1970, including fractions. */
  readonly startMs: number;
  endMs?: number;
  readonly attributes: Attributes;
  readonly links: { readonly traceId: string; readonly spanId: string }[];
  /** The reason for the operation's failure; undefined if it succeeded. */
  failure?: string | undefined;
}

/** Returns the headers that another service needs to create a child of this span. */
export function contextOf({ id, trace }: Span): TraceContext {
  return {
    traceparent: toTraceparent(trace.id, id, trace.isSampled),
    ...(trace.state !== undefined && { tracestate: trace.state }),
  };
}

/** Parses a trace context into its trace and its span id. */
export function placeOf(context: TraceContext): { trace: Trace; spanId: string } {
  const { traceparent = '', tracestate: state } = readTraceContext({ ...context }) ?? {};
  const [, id = '', spanId = '', flags] = traceparent.split('-');
  return { trace: { id, isSampled: flags === '01', state }, spanId };
}
