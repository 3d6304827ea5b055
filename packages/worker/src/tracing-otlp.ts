// Spans by OTLP over HTTP: the only file that loads OpenTelemetry, and only where it is asked for.
import { randomUUID } from 'node:crypto';
import { ROOT_CONTEXT, SpanKind } from '@opentelemetry/api';
import {
  AlwaysOffSampler,
  AlwaysOnSampler,
  SamplingDecision,
  TraceIdRatioBasedSampler,
  type Sampler,
} from '@opentelemetry/sdk-trace';
import { Agent, RetryAgent } from 'undici';
import type { Logger } from './logging.ts';
import { SpanBatch } from './span-batch.ts';
import type { Tracing } from './tracing.ts';
import type { SamplerName } from './tracing-settings.ts';

const QUEUED_SPANS_MAX = 4_096;
const BATCH_SPANS_MAX = 512;
/** Spans that a killed worker has not sent are lost: it has no more than these. */
const EXPORT_EVERY_MS = 1_000;
const EXPORT_MS_MAX = 5_000;
const STOP_MS_MAX = 2_000;
/** What OTLP calls retryable: the collector is busy or not there now. */
const RETRIED = [429, 502, 503, 504];
/** An unreachable collector is told of once in a while, not with every batch. */
const TELL_EVERY_MS = 60_000;

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
  const { service, logger } = options;
  const resource = {
    'service.namespace': 'saidao',
    'service.name': service,
    'service.instance.id': randomUUID(),
  };
  const batch = new SpanBatch(resource, '@saidao/worker');
  const collector = collectorAt(options);
  let sending: Promise<void> | null = null;
  let timer: NodeJS.Timeout | null = null;
  let lostSpans = 0;
  let toldAtMs = -TELL_EVERY_MS;

  return {
    samples: samplesOf(options.sampler, options.ratio),
    record(span) {
      if (batch.count >= QUEUED_SPANS_MAX) {
        lose(1, 'the collector is slower than spans are made');
        return;
      }
      batch.add(span);
      if (batch.count >= BATCH_SPANS_MAX) send();
      else timer ??= setTimeout(send, EXPORT_EVERY_MS).unref();
    },
    async stop() {
      const { promise: late, resolve } = Promise.withResolvers<void>();
      const giveUp = setTimeout(resolve, STOP_MS_MAX);
      await Promise.race([sendAll(), late]);
      clearTimeout(giveUp);
      await collector.close();
    },
  };

  /** One request at a time: what ends meanwhile goes with the next. */
  function send(): void {
    if (timer !== null) clearTimeout(timer);
    timer = null;
    if (sending !== null || batch.count === 0) return;
    const { count } = batch;
    sending = collector
      .post(batch.take())
      .catch((error: unknown) => lose(count, error))
      .finally(() => {
        sending = null;
        if (batch.count >= BATCH_SPANS_MAX) send();
        else if (batch.count > 0) timer ??= setTimeout(send, EXPORT_EVERY_MS).unref();
      });
  }

  async function sendAll(): Promise<void> {
    while (sending !== null || batch.count > 0) {
      send();
      await sending;
    }
  }

  function lose(spans: number, why: unknown): void {
    lostSpans += spans;
    const nowMs = performance.now();
    if (nowMs - toldAtMs < TELL_EVERY_MS) return;
    toldAtMs = nowMs;
    logger.warn({ err: why, count: lostSpans }, 'spans could not be exported; they are lost');
    lostSpans = 0;
  }
}

interface Collector {
  /** Rejects if it is not taken within a bound, tried again as OTLP asks for. */
  post(request: Uint8Array): Promise<void>;
  /** Gives up what is under way. */
  close(): Promise<void>;
}

function collectorAt({ endpoint, headers }: TracingOptions): Collector {
  const { origin, pathname } = new URL(`${endpoint}/v1/traces`);
  const agent = new RetryAgent(new Agent({ connections: 1 }), {
    methods: ['POST'],
    statusCodes: RETRIED,
  });
  return {
    async post(request) {
      const { statusCode, body } = await agent.request({
        ...{ origin, path: pathname, method: 'POST', body: request },
        headers: { ...headers, 'content-type': 'application/x-protobuf' },
        signal: AbortSignal.timeout(EXPORT_MS_MAX),
      });
      await body.dump();
      if (statusCode >= 300) throw new Error(`The collector answered ${statusCode}.`);
    },
    close: () => agent.destroy(),
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
