// The trace context of a job, in the format of W3C Trace Context: https://www.w3.org/TR/trace-context/

/** The two headers of a trace context. */
export interface TraceContext {
  /** Version 00: `00-<trace id>-<span id>-<flags>`. */
  readonly traceparent: string;
  /** Data from other tracing systems. */
  readonly tracestate?: string;
}

/**
 * Matches a `traceparent` header. Later versions of the standard may add fields after the flags. Version ff and all-zero ids
 * are invalid.
 */
const TRACEPARENT = /^(?!ff)([\da-f]{2})-(?!0{32})([\da-f]{32})-(?!0{16})([\da-f]{16})-([\da-f]{2})(-.*)?$/;

/** Matches a member of the `tracestate` list; see section 3.3.1.3 of the standard. */
const MEMBER = /^[a-z\d][\w\-*/@]{0,255}=[ -+\--<>-~]{0,255}[!-+\--<>-~]$/;

const MAX_MEMBERS = 32;
/**
 * The maximum length of a `tracestate`, in characters. According to the standard, systems should propagate at least this many
 * characters.
 */
const MAX_TRACESTATE = 512;

/**
 * If a `tracestate` is too long, members with more characters than this are dropped first:
 * https://www.w3.org/TR/trace-context/#tracestate-limits
 */
const LONG_MEMBER = 128;

/**
 * Reads a request's two trace headers. Invalid headers are ignored, as the standard requires.
 *
 * @param headers with names in lower case
 */
export function readTraceContext(
  headers: Readonly<Record<string, string | undefined>>,
): TraceContext | undefined {
  const [, version, traceId, spanId, flags = '', more] = TRACEPARENT.exec(headers.traceparent ?? '') ?? [];
  if (traceId === undefined || spanId === undefined || (version === '00' && more !== undefined)) return;
  const tracestate = readTracestate(headers.tracestate);
  return {
    traceparent: toTraceparent(traceId, spanId, (Number.parseInt(flags, 16) & 1) === 1),
    ...(tracestate && { tracestate }),
  };
}

export function toTraceparent(traceId: string, spanId: string, isSampled: boolean): string {
  return `00-${traceId}-${spanId}-0${isSampled ? 1 : 0}`;
}

/** Extracts a trace's id, as shown in logs and the API. */
export function traceIdOf(trace: Partial<TraceContext> | undefined): string | undefined {
  return trace?.traceparent?.slice(3, 35);
}

/** Returns the `trace_id` field for a log line, or an empty object without a trace. */
export function traceField(trace: Partial<TraceContext> | undefined): { trace_id?: string } {
  const id = traceIdOf(trace);
  return id === undefined ? {} : { trace_id: id };
}

/**
 * Joins the `tracestate` members without surrounding spaces. If the result would exceed 512 characters, drops members of more
 * than 128 characters first, and then the oldest members, which are at the end.
 */
function readTracestate(text = ''): string | undefined {
  // The standard allows empty members.
  const members = text
    .split(',')
    .map((member) => member.replaceAll(/^[\t ]+|(?<![\t ])[\t ]+$/g, ''))
    .filter((member) => member !== '');
  const keys = new Set(members.map((member) => member.slice(0, member.indexOf('='))));
  if (members.length > MAX_MEMBERS || keys.size < members.length) return;
  if (!members.every((member) => MEMBER.test(member))) return;
  while (members.join(',').length > MAX_TRACESTATE) {
    const long = members.findLastIndex(({ length }) => length > LONG_MEMBER);
    members.splice(long < 0 ? members.length - 1 : long, 1);
  }
  return members.join(',') || undefined;
}
