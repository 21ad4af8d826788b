import type { HttpRequest } from '@smithy/types';
import type { AttemptResult, ClaimedJob } from '../../job/attempt-store.ts';
import type { ServiceLog } from '../../job/log.ts';
import type { TraceContext } from '../../job/trace-context.ts';
import type { Tracer } from '../../job/tracer.ts';
import { observeCalls } from '../aws/http-handler.ts';
import { describeCall } from './aws-call.ts';
import { createOtlpExporter } from './exporter.ts';
import { samplerOf } from './sampler.ts';
import { contextOf, placeOf, type Attributes, type Span } from './span.ts';
import { fail, Spans, type SpanOptions, type SpansOptions } from './spans.ts';

/** The OpenTelemetry variables that a function reads. They are described in lib/settings/traces.ts. */
export interface OtelEnvironment {
  readonly otelExporterOtlpEndpoint: string | undefined;
  readonly otelExporterOtlpHeaders: string | undefined;
  readonly otelServiceName: string | undefined;
  readonly otelTracesSampler: string | undefined;
  readonly otelTracesSamplerArg: string | undefined;
  readonly awsLambdaFunctionName: string | undefined;
  readonly awsRegion: string | undefined;
}

/** The fields of Lambda's context that tracing uses. */
interface InvocationContext {
  readonly awsRequestId: string;
  getRemainingTimeInMillis(): number;
}

/** A request to the API, and the operation that handles it. */
export interface TracedRequest {
  readonly operation: { readonly method: string; readonly path: string };
  readonly event: { readonly rawPath: string };
  readonly context: InvocationContext;
  /** The caller's trace context. */
  readonly parent: TraceContext | undefined;
  /** Returns the status of the API's response to an error. */
  readonly statusOf: (error: unknown) => number;
}

/** A batch of messages. */
export interface TracedBatch {
  readonly queue: string;
  readonly count: number;
  readonly context: InvocationContext;
}

/**
 * Creates a function's spans, including one for the whole invocation. At the end of an invocation, its spans are exported
 * within a limited time.
 *
 * The names follow OpenTelemetry's semantic conventions (https://opentelemetry.io/docs/specs/semconv/) for HTTP servers
 * (http/http-spans), messaging (messaging/messaging-spans, messaging/sqs), FaaS (faas/faas-spans) and the AWS SDK
 * (cloud-providers/aws-sdk).
 */
export interface Tracing extends Tracer {
  /** @param handle receives the span's trace context */
  request<Response extends { statusCode?: number | undefined }>(
    request: TracedRequest,
    handle: (trace: TraceContext) => Promise<Response>,
  ): Promise<Response>;
  batch<Result>(batch: TracedBatch, work: () => Promise<Result>): Promise<Result>;
}

/** Creates a function's tracing, and starts observing its AWS calls. */
export function startTracing(environment: OtelEnvironment, log: ServiceLog): Tracing {
  const { otelExporterOtlpEndpoint: endpoint = '', otelExporterOtlpHeaders: headers = '' } = environment;
  const resource = {
    'service.name': environment.otelServiceName ?? 'errand',
    'cloud.provider': 'aws',
    'cloud.platform': 'aws_lambda',
    'cloud.region': environment.awsRegion,
    'faas.name': environment.awsLambdaFunctionName,
    'telemetry.sdk.name': 'errand',
    'telemetry.sdk.language': 'nodejs',
  };
  const { otelTracesSampler: sampler, otelTracesSamplerArg: ratio } = environment;
  return createTracing({
    exporter: createOtlpExporter(endpoint, headers, resource),
    sampler: samplerOf(sampler, ratio === undefined ? undefined : Number(ratio)),
    log,
    // The performance clock is more precise than Date.now, and monotonic within an invocation. Between invocations, the
    // sandbox may be frozen.
    now: () => performance.timeOrigin + performance.now(),
  });
}

export function createTracing(options: SpansOptions): Tracing {
  const spans = new Spans(options);
  let isCold = true;
  /** The span of the current invocation. A sandbox runs only one invocation at a time. */
  let root: Span | undefined;

  const callAws = async <
    Answer extends { response: { statusCode: number; headers: Record<string, string> } },
  >(
    request: HttpRequest,
    call: () => Promise<Answer>,
  ): Promise<Answer> => {
    if (!spans.current) return call();
    return spans.run({ ...describeCall(request), kind: 'client' }, async (span) => {
      const answer = await call();
      const { statusCode, headers } = answer.response;
      span.attributes['http.response.status_code'] = statusCode;
      span.attributes['aws.request_id'] = headers['x-amzn-requestid'];
      if (statusCode >= 400) {
        span.attributes['error.type'] = String(statusCode);
        span.failure = String(statusCode);
      }
      return answer;
    });
  };
  observeCalls(callAws);

  /** Creates the span for submitting one job. The span becomes the job's trace context. */
  const sendSpan = (queue: string, parent: Span | TraceContext | undefined, attributes: Attributes): Span =>
    spans.begin({
      name: `send ${queue}`,
      kind: 'producer',
      parent,
      attributes: { ...messagingOf(queue, 'send'), ...attributes },
    });

  const invocation = async <Result>(
    { attributes, ...span }: SpanOptions,
    context: InvocationContext,
    work: (span: Span) => Promise<Result>,
  ): Promise<Result> => {
    const about = { 'faas.invocation_id': context.awsRequestId, 'faas.coldstart': isCold };
    isCold = false;
    try {
      return await spans.run({ ...span, attributes: { ...attributes, ...about } }, (started) => {
        root = started;
        return work(started);
      });
    } finally {
      root = undefined;
      await spans.flush(context.getRemainingTimeInMillis());
    }
  };

  return {
    async request({ operation: { method, path }, event, context, parent, statusOf }, handle) {
      const attributes = {
        'http.request.method': method,
        'http.route': path,
        'url.path': event.rawPath,
        'url.scheme': 'https',
        'faas.trigger': 'http',
      };
      const options = { name: `${method} ${path}`, kind: 'server' as const, attributes, parent };
      const outcome = await invocation(options, context, async (span) => {
        try {
          const response = await handle(contextOf(span));
          span.attributes['http.response.status_code'] = response.statusCode;
          return { response };
        } catch (error) {
          const status = statusOf(error);
          span.attributes['http.response.status_code'] = status;
          // Only a 5xx status is a server error.
          if (status >= 500) throw error;
          return { error };
        }
      });
      if ('error' in outcome) throw outcome.error;
      return outcome.response;
    },

    batch({ queue, count, context }, work) {
      const attributes = {
        ...messagingOf(queue, 'process'),
        'messaging.batch.message_count': count,
        'faas.trigger': 'pubsub',
      };
      return invocation({ name: `process ${queue}`, kind: 'consumer', attributes }, context, work);
    },

    async submissions(submissions, work) {
      // A request's span is the parent of its jobs' spans. For a child job, the parent is the span of the parent job's
      // attempt.
      const sent = submissions.map((submission) =>
        sendSpan(submission.queue, spans.current ?? submission.trace, {
          'errand.job.type': submission.type,
          'errand.tenant': submission.tenant,
        }),
      );
      const traced = submissions.map((submission, index) => {
        const span = sent[index];
        return span ? { ...submission, trace: contextOf(span) } : submission;
      });
      try {
        return await work(traced);
      } catch (error) {
        for (const span of sent) fail(span, error);
        throw error;
      } finally {
        for (const span of sent) spans.end(span);
      }
    },

    firing(work) {
      return spans.run({ name: 'fire schedule', kind: 'producer', parent: undefined }, (span) =>
        work(contextOf(span)),
      );
    },

    claimed(jobs) {
      if (!root) return;
      const traces = jobs.flatMap(({ trace }) => (trace ? [placeOf(trace)] : []));
      const [only] = traces;
      if (jobs.length === 1 && only) {
        // The invocation runs only this job, so the invocation's span and its earlier child spans join the job's trace.
        Object.assign(root.trace, only.trace);
        root.parentId = only.spanId;
      } else root.links.push(...traces.map(({ trace, spanId }) => ({ traceId: trace.id, spanId })));
    },

    async attempt(job, run) {
      const isJoined =
        root !== undefined && job.trace !== undefined && placeOf(job.trace).trace.id === root.trace.id;
      const { tenant, type, attempt, jobId, waitedMs = 0 } = job;
      const about = { 'errand.job.id': jobId, 'errand.job.type': type, 'errand.tenant': tenant };
      const now = options.now();
      if (job.trace) {
        const wait = spans.begin(
          { name: 'wait in queue', kind: 'internal', parent: job.trace, attributes: about },
          now - waitedMs,
        );
        spans.end(wait, now);
      }
      const span = {
        name: `attempt ${type}`,
        kind: isJoined ? ('internal' as const) : ('consumer' as const),
        parent: isJoined ? root : (job.trace ?? root),
        attributes: { ...about, 'errand.job.attempt': attempt },
      };
      return spans.run(span, async (started): Promise<AttemptResult> => {
        if (!isJoined && root) started.links.push({ traceId: root.trace.id, spanId: root.id });
        const result = await run({ ...job, trace: contextOf(started) } satisfies ClaimedJob);
        started.attributes['errand.job.outcome'] = result.outcome;
        if (result.outcome !== 'success' && result.outcome !== 'suspended') {
          started.attributes['error.type'] = result.outcome;
          started.failure = result.outcome;
        }
        return result;
      });
    },
  };
}

/** See https://opentelemetry.io/docs/specs/semconv/messaging/messaging-spans/ */
function messagingOf(queue: string, operation: 'send' | 'process'): Attributes {
  return {
    'messaging.system': 'aws_sqs',
    'messaging.destination.name': queue,
    'messaging.operation.name': operation,
    'messaging.operation.type': operation,
  };
}
