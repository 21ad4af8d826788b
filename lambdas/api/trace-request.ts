import type { APIGatewayProxyEventV2, APIGatewayProxyStructuredResultV2, Context } from 'aws-lambda';
import type { Tracing } from '../adapters/otlp/tracing.ts';
import { readTraceContext, traceIdOf, type TraceContext } from '../job/trace-context.ts';
import { toProblem } from '../middleware/problem.ts';
import type { Operation } from './operation.ts';

type Response = APIGatewayProxyStructuredResultV2;

/** Runs an operation with the request's trace context. */
export type TraceRequest = (
  request: {
    readonly event: APIGatewayProxyEventV2;
    readonly context: Context;
    readonly operation: Operation;
  },
  handle: (trace: TraceContext | undefined) => Promise<Response>,
) => Promise<Response>;

/**
 * Creates a function that reads each request's trace context from its headers. If tracing is enabled, the operation
 * becomes a span in the request's trace, or in a new trace if the request has no trace context.
 *
 * @param logFields receives the current request's `trace_id`
 */
export function createTraceRequest(
  tracing: Tracing | undefined,
  logFields: { trace_id?: string | undefined },
): TraceRequest {
  return (request, handle) => {
    const parent = readTraceContext(request.event.headers);
    const handleLogged: typeof handle = (trace) => {
      logFields.trace_id = traceIdOf(trace);
      return handle(trace);
    };
    return tracing
      ? tracing.request({ ...request, parent, statusOf: (error) => toProblem(error).status }, handleLogged)
      : handleLogged(parent);
  };
}
