// Tracing as the line, doors and providers use it: spans told when they have ended, nothing if off.
import { AsyncLocalStorage } from 'node:async_hooks';
import type { Provider } from './provider.ts';
import {
  beginTrace,
  isSampled,
  newSpanId,
  readTraceparent,
  sampled,
  spanIdOf,
  withSpan,
  type Samples,
} from './trace-context.ts';

export type SpanKind = 'server' | 'client' | 'producer' | 'consumer' | 'internal';

/**
 * Names of places, counts and codes; never anything that a person or an applicant wrote. What is
 * undefined is left out.
 */
export type SpanAttributes = Readonly<Record<string, string | number | undefined>>;

/** A moment within a span. */
export interface SpanEvent {
  readonly name: string;
  /** In milliseconds since 1970, with fractions. */
  readonly timeMs: number;
  readonly attributes?: SpanAttributes;
}

/** A span that has ended: all that there is to say of it. */
export interface EndedSpan {
  readonly name: string;
  readonly kind: SpanKind;
  /** The span's own context, as a `traceparent`. */
  readonly trace: string;
  /** Undefined: it is the first of its trace. */
  readonly parentSpanId: string | undefined;
  /** In milliseconds since 1970, with fractions. */
  readonly startMs: number;
  readonly endMs: number;
  readonly attributes: SpanAttributes;
  /** In their order. */
  readonly events?: readonly SpanEvent[];
  /** Other spans that it has to do with, as `traceparent`s. */
  readonly links?: readonly string[];
  /** A code or class; undefined where all went well. */
  readonly error?: string | undefined;
}

/** What a worker has where traces are exported; one without it makes no spans. */
export interface Tracing {
  readonly samples: Samples;
  /** Takes a span of a sampled trace; never throws, never waits. */
  record(span: EndedSpan): void;
  /** Exports what it has, within a bound; never rejects. */
  stop(): Promise<void>;
}

/** The time since 1970 of a moment of `performance.now()`, in milliseconds. */
export function epochMsOf(steadyMs: number): number {
  return Date.now() - performance.now() + steadyMs;
}

/** The code of an error, or else its class: what a span may say of it. */
export function errorTypeOf(error: unknown): string {
  const { code, name } = (error ?? {}) as { code?: unknown; name?: unknown };
  return typeof code === 'string' ? code : String(name);
}

/** The trace of a request: a span below what came with it, or where none is made just that. */
export function traceOfRequest(given: string | undefined, tracing: Tracing | undefined): string {
  const came = readTraceparent(given);
  if (came === undefined) return beginTrace(tracing?.samples);
  const trace = sampled(came, tracing?.samples);
  return tracing !== undefined && isSampled(trace) ? withSpan(trace, newSpanId()) : trace;
}

export interface AnsweredRequest {
  readonly method: string;
  /** As it is declared: an address may hold what a person wrote. */
  readonly route: string;
  readonly statusCode: number;
  readonly durationMs: number;
  /** The `traceparent` that came with it. */
  readonly given: string | undefined;
  /** What `traceOfRequest` said of it. */
  readonly trace: string;
}

export function recordRequest(request: AnsweredRequest, tracing: Tracing | undefined): void {
  const { method, route, statusCode, durationMs, given, trace } = request;
  // Refused before it had one: what came was no HTTP.
  if (tracing === undefined || trace === '' || !isSampled(trace)) return;
  const parent = readTraceparent(given);
  const endMs = epochMsOf(performance.now());
  tracing.record({
    name: `${method} ${route}`,
    kind: 'server',
    trace,
    parentSpanId: parent && spanIdOf(parent),
    startMs: endMs - durationMs,
    endMs,
    attributes: {
      'http.request.method': method,
      'http.route': route,
      'http.response.status_code': statusCode,
    },
    error: statusCode >= 500 ? String(statusCode) : undefined,
  });
}

// Whose gathering is under way: providers are asked through adapters that know of no trace.
const gatheringFor = new AsyncLocalStorage<string>();

/** Runs `work` so that providers asked in it are spans below this one. */
export function withinSpan<T>(trace: string, work: () => T): T {
  return gatheringFor.run(trace, work);
}

/** Records each asking of a provider that is made for a sampled record. */
export function traceProvider(provider: Provider, tracing: Tracing): void {
  provider.on('answer', ({ lenderId, outcome, attempts, durationMs }) => {
    const parent = gatheringFor.getStore();
    if (parent === undefined || outcome === 'not-configured') return;
    const endMs = Date.now();
    tracing.record({
      name: `ask ${provider.name}`,
      kind: 'client',
      trace: withSpan(parent, newSpanId()),
      parentSpanId: spanIdOf(parent),
      startMs: endMs - durationMs,
      endMs,
      // Not what was asked about: it may be a person.
      attributes: {
        'saidao.provider': provider.name,
        'saidao.lender.id': lenderId,
        'saidao.attempts': attempts,
        'saidao.outcome': outcome,
      },
      error: outcome === 'answered' ? undefined : outcome,
    });
  });
}
