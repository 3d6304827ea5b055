// Spans by OTLP over HTTP: the only file that loads OpenTelemetry, and only where it is asked for.
import { randomUUID } from 'node:crypto';
import { ROOT_CONTEXT, SpanKind, SpanStatusCode, type HrTime } from '@opentelemetry/api';
import { setGlobalErrorHandler } from '@opentelemetry/core';
import { OTLPTraceExporter } from '@opentelemetry/exporter-trace-otlp-proto';
import { resourceFromAttributes, type Resource } from '@opentelemetry/resources';
import {
  AlwaysOffSampler,
  AlwaysOnSampler,
  BatchSpanProcessor,
  SamplingDecision,
  TraceIdRatioBasedSampler,
  type ReadableSpan,
  type Sampler,
} from '@opentelemetry/sdk-trace';
import type { Logger } from './logging.ts';
import { isSampled, spanIdOf, traceIdOf } from './trace-context.ts';
import type { EndedSpan, Tracing } from './tracing.ts';
import type { SamplerName } from './tracing-settings.ts';

const QUEUED_SPANS_MAX = 4_096;
const BATCH_SPANS_MAX = 512;
/** Spans that a killed worker has not sent are lost: it has no more than these. */
const EXPORT_EVERY_MS = 1_000;
const EXPORT_MS_MAX = 5_000;
const STOP_MS_MAX = 2_000;
/** An unreachable collector is told of once in a while, not with every batch. */
const TELL_EVERY_MS = 60_000;

const KINDS = {
  internal: SpanKind.INTERNAL,
  server: SpanKind.SERVER,
  client: SpanKind.CLIENT,
  producer: SpanKind.PRODUCER,
  consumer: SpanKind.CONSUMER,
} as const;

export interface TracingOptions {
  readonly service: string;
  /** As `http://localhost:4318`; spans go to `/v1/traces` below it. */
  readonly endpoint: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly sampler: SamplerName;
  /** Of the traces that begin here, for samplers by ratio. */
  readonly ratio: number;
  readonly logger: Logger;
}

/** Starts exporting; whether anybody takes it shows in the log, never in the work. */
export function startTracing(options: TracingOptions): Tracing {
  const { service, endpoint, headers, logger } = options;
  const resource = resourceFromAttributes({
    'service.namespace': 'saidao',
    'service.name': service,
    'service.instance.id': randomUUID(),
  });
  let toldAtMs = -TELL_EVERY_MS;
  setGlobalErrorHandler((error) => {
    const nowMs = performance.now();
    if (nowMs - toldAtMs < TELL_EVERY_MS) return;
    toldAtMs = nowMs;
    logger.warn({ err: error }, 'spans could not be exported; they are lost');
  });
  const exporter = new OTLPTraceExporter({
    url: `${endpoint}/v1/traces`,
    headers: { ...headers },
    timeoutMillis: EXPORT_MS_MAX,
  });
  const processor = new BatchSpanProcessor({
    exporter,
    maxQueueSize: QUEUED_SPANS_MAX,
    maxExportBatchSize: BATCH_SPANS_MAX,
    scheduledDelayMillis: EXPORT_EVERY_MS,
    exportTimeoutMillis: EXPORT_MS_MAX,
  });
  return {
    samples: samplesOf(options.sampler, options.ratio),
    record: (span) => processor.onEnd(readable(span, resource)),
    async stop() {
      const { promise: late, resolve } = Promise.withResolvers<void>();
      const timer = setTimeout(resolve, STOP_MS_MAX);
      // What fails has been told to the handler, or comes too late for anybody.
      await Promise.race([processor.shutdown().catch(() => undefined), late]);
      clearTimeout(timer);
    },
  };
}

function samplesOf(name: SamplerName, ratio: number): Tracing['samples'] {
  const root = rootOf(name, ratio);
  const decides = (traceId: string): boolean =>
    root.shouldSample(ROOT_CONTEXT, traceId, '', SpanKind.INTERNAL, {}, []).decision ===
    SamplingDecision.RECORD_AND_SAMPLED;
  if (!name.startsWith('parentbased_')) return decides;
  return (traceId, isParents) => isParents ?? decides(traceId);
}

function rootOf(name: SamplerName, ratio: number): Sampler {
  if (name.endsWith('always_on')) return new AlwaysOnSampler();
  if (name.endsWith('always_off')) return new AlwaysOffSampler();
  return new TraceIdRatioBasedSampler(ratio);
}

const SCOPE = { name: '@saidao/worker' };
const NONE: never[] = [];
const OK = { code: SpanStatusCode.UNSET } as const;

/**
 * A span as the SDK hands it on. Made whole: a tracer's own could not be given its id.
 */
function readable(span: EndedSpan, resource: Resource): ReadableSpan {
  const { name, kind, startMs, endMs, links, error, parentSpanId } = span;
  const context = contextOf(span.trace);
  return {
    name,
    kind: KINDS[kind],
    spanContext: () => context,
    ...(parentSpanId !== undefined && {
      parentSpanContext: { ...context, spanId: parentSpanId },
    }),
    startTime: hrTimeOf(startMs),
    endTime: hrTimeOf(endMs),
    duration: hrTimeOf(endMs - startMs),
    status: error === undefined ? OK : { code: SpanStatusCode.ERROR },
    attributes: error === undefined ? span.attributes : { ...span.attributes, 'error.type': error },
    links: links === undefined ? NONE : links.map((link) => ({ context: contextOf(link) })),
    events: NONE,
    ended: true,
    resource,
    instrumentationScope: SCOPE,
    droppedAttributesCount: 0,
    droppedEventsCount: 0,
    droppedLinksCount: 0,
  };
}

function contextOf(trace: string) {
  return {
    traceId: traceIdOf(trace),
    spanId: spanIdOf(trace),
    traceFlags: isSampled(trace) ? 1 : 0,
  };
}

function hrTimeOf(ms: number): HrTime {
  const seconds = Math.floor(ms / 1_000);
  return [seconds, Math.round((ms - seconds * 1_000) * 1e6)];
}
