import { AsyncLocalStorage } from 'node:async_hooks';
import { randomBytes } from 'node:crypto';
import type { TraceContext } from '../../job/trace-context.ts';
import type { ServiceLog } from '../../job/log.ts';
import type { SpanExporter } from './exporter.ts';
import type { Sampler } from './sampler.ts';
import { placeOf, type Attributes, type Span, type SpanKind } from './span.ts';

/** How long an invocation waits for the collector before it ends, in milliseconds. */
export const FLUSH_MS = 500;

/** The time reserved for ending the invocation, in milliseconds. */
const END_MS = 200;

/** How long new spans are discarded after a failed export, in milliseconds. */
const PAUSE_MS = 30_000;

/**
 * The maximum number of spans per invocation. A batch exceeds this maximum only if each of its jobs makes hundreds of AWS
 * calls.
 */
const MAX_SPANS = 2_000;

export interface SpanOptions {
  readonly name: string;
  readonly kind: SpanKind;
  readonly attributes?: Attributes;
  /** The parent span, in this or another process. @default - the current span */
  readonly parent?: Span | TraceContext | undefined;
}

export interface SpansOptions {
  readonly exporter: SpanExporter;
  readonly sampler: Sampler;
  readonly log: ServiceLog;
  /** Milliseconds since 1970. */
  readonly now: () => number;
}

/** A function's spans, which are exported at the end of each invocation. */
export class Spans {
  readonly #current = new AsyncLocalStorage<Span>();
  readonly #options: SpansOptions;
  #ended: Span[] = [];
  #dropped = 0;
  #pausedUntil = 0;

  constructor(options: SpansOptions) {
    this.#options = options;
  }

  /** The active span. */
  get current(): Span | undefined {
    return this.#current.getStore();
  }

  begin(options: SpanOptions, startMs = this.#options.now()): Span {
    const { name, kind, attributes = {} } = options;
    // An explicit undefined begins a new trace.
    const parent = 'parent' in options ? options.parent : this.current;
    return {
      id: randomBytes(8).toString('hex'),
      ...this.#placeBelow(parent),
      name,
      kind,
      startMs,
      attributes,
      links: [],
    };
  }

  /** Returns the trace and parent of a new span. Within a process, the sampling decision is made once per trace. */
  #placeBelow(parent: Span | TraceContext | undefined): Pick<Span, 'trace' | 'parentId'> {
    if (parent !== undefined && 'id' in parent) return { trace: parent.trace, parentId: parent.id };
    const caller = parent && placeOf(parent);
    const id = caller?.trace.id ?? randomBytes(16).toString('hex');
    const isSampled = this.#options.sampler(id, caller?.trace.isSampled);
    return { trace: { id, isSampled, state: caller?.trace.state }, parentId: caller?.spanId };
  }

  end(span: Span, endMs = this.#options.now()): void {
    span.endMs = Math.max(endMs, span.startMs);
    if (this.#ended.length < MAX_SPANS) this.#ended.push(span);
    else this.#dropped += 1;
  }

  /** Runs work in a span. An error marks the span as failed, and is rethrown. */
  async run<Result>(options: SpanOptions, work: (span: Span) => Promise<Result>): Promise<Result> {
    const span = this.begin(options);
    try {
      return await this.#current.run(span, () => work(span));
    } catch (error) {
      fail(span, error);
      throw error;
    } finally {
      this.end(span);
    }
  }

  /**
   * Exports the ended spans. Never rejects, and takes at most {@link FLUSH_MS}. Spans that the collector does not accept in
   * time are lost, and their number is logged.
   *
   * @param remainingMs milliseconds until the function is stopped
   */
  async flush(remainingMs: number): Promise<void> {
    const { exporter, log, now } = this.#options;
    const spans = this.#ended.filter(({ trace }) => trace.isSampled);
    const dropped = this.#dropped;
    this.#ended = [];
    this.#dropped = 0;
    const problem = dropped > 0 ? `An invocation exports at most ${MAX_SPANS} spans.` : undefined;
    const lost = (await this.#export(spans, remainingMs - END_MS, exporter, now)) ?? problem;
    if (lost === undefined) return;
    log.warn('spans_lost', 'Spans were not exported. The jobs are not affected.', {
      count: (lost === problem ? 0 : spans.length) + dropped,
      reason: lost,
    });
  }

  async #export(
    spans: readonly Span[],
    leftMs: number,
    exporter: SpanExporter,
    now: () => number,
  ): Promise<string | undefined> {
    if (spans.length === 0) return undefined;
    if (leftMs <= 0) return 'The invocation has no time left.';
    if (now() < this.#pausedUntil) return `The collector failed less than ${PAUSE_MS / 1_000} s ago.`;
    const problem = await exporter.send(spans, Math.min(FLUSH_MS, leftMs));
    if (problem !== undefined) this.#pausedUntil = now() + PAUSE_MS;
    return problem;
  }
}

/** Marks a span as failed: https://opentelemetry.io/docs/specs/semconv/general/recording-errors/ */
export function fail(span: Span, error: unknown): void {
  span.attributes['error.type'] = error instanceof Error ? error.name : '_OTHER';
  // The error's message is omitted, because it may quote a client's input.
  span.failure = error instanceof Error ? error.name : 'failed';
}
