// Spans in protobuf: a collector reads from them what it reads from what OpenTelemetry's SDK writes.
import { SpanKind } from '@opentelemetry/api';
import { ProtobufTraceSerializer } from '@opentelemetry/otlp-transformer';
import { resourceFromAttributes } from '@opentelemetry/resources';
import { spansIn } from '@saidao/testkit';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { SpanBatch } from './span-batch.ts';
import { isSampled, spanIdOf, traceIdOf } from './trace-context.ts';
import type { ReadableSpan } from '@opentelemetry/sdk-trace';
import type { EndedSpan, SpanAttributes, SpanKind as Kind } from './tracing.ts';

const RESOURCE = { 'service.name': '额度', 'service.namespace': 'saidao' };
const resource = resourceFromAttributes(RESOURCE);
const instrumentationScope = { name: '@saidao/worker' };
const KINDS: Record<Kind, SpanKind> = {
  internal: SpanKind.INTERNAL,
  server: SpanKind.SERVER,
  client: SpanKind.CLIENT,
  producer: SpanKind.PRODUCER,
  consumer: SpanKind.CONSUMER,
};

const hex = (length: number) =>
  fc.string({ unit: fc.constantFrom(...'0123456789abcdef'), minLength: length, maxLength: length });
const traceparent = fc
  .tuple(hex(32), hex(16), fc.constantFrom('00', '01'))
  .map(([trace, span, flags]) => `00-${trace}-${span}-${flags}`);
const text = fc.oneof(
  fc.constantFrom('kafka', 'saidao.applications.v1', '申请'),
  fc.string({ unit: 'grapheme', minLength: 1, maxLength: 200 }),
);
const nowMs = fc.integer({ min: 1_700_000_000_000, max: 2_000_000_000_000 });
const attributes = fc.dictionary(
  text,
  fc.oneof(text, fc.integer(), fc.maxSafeInteger(), fc.constant(undefined)),
);
const span: fc.Arbitrary<EndedSpan> = fc.record({
  name: text,
  kind: fc.constantFrom(...(Object.keys(KINDS) as Kind[])),
  trace: traceparent,
  parentSpanId: fc.option(hex(16), { nil: undefined }),
  startMs: nowMs,
  endMs: nowMs,
  attributes,
  events: fc.array(fc.record({ name: text, timeMs: nowMs, attributes }), { maxLength: 3 }),
  links: fc.array(traceparent, { maxLength: 4 }),
  error: fc.option(text, { nil: undefined }),
});

test('any spans are read as if the SDK had written them', () => {
  fc.assert(
    fc.property(fc.array(span, { minLength: 1, maxLength: 20 }), (spans) => {
      const batch = new SpanBatch(RESOURCE, '@saidao/worker');
      for (const one of spans) batch.add(one);
      expect(batch.count).toBe(spans.length);
      const theirs = ProtobufTraceSerializer.serializeRequest(spans.map(asTheSdkHasIt));
      expect(spansIn(batch.take())).toEqual(spansIn(theirs!));
    }),
  );
});

test('each span is in one request, and more values of an attribute than are kept are told', () => {
  const batch = new SpanBatch(RESOURCE, '@saidao/worker');
  const [one] = fc.sample(span, { numRuns: 1, seed: 1 });
  const told = ['a', 'b'].map((request) => {
    for (let at = 0; at < 1_000; at += 1) {
      batch.add({ ...one!, attributes: { id: `${request}-${at}`, same: 'x' } });
    }
    return spansIn(batch.take()).map(({ attributes }) => attributes);
  });
  const expected = (request: string) =>
    Array.from({ length: 1_000 }, (_, at) => ({ id: `${request}-${at}`, same: 'x' }));
  const withError = (all: object[]) =>
    all.map((of) => (one!.error === undefined ? of : { ...of, 'error.type': one!.error }));
  expect(told).toEqual([withError(expected('a')), withError(expected('b'))]);
  expect(batch.count).toBe(0);
});

function asTheSdkHasIt(of: EndedSpan): ReadableSpan {
  const context = contextOf(of.trace);
  const { error } = of;
  const attributes = definedOf(of.attributes);
  return {
    name: of.name,
    kind: KINDS[of.kind],
    spanContext: () => context,
    ...(of.parentSpanId !== undefined && {
      parentSpanContext: { ...context, spanId: of.parentSpanId },
    }),
    startTime: timeOf(of.startMs),
    endTime: timeOf(of.endMs),
    duration: timeOf(0),
    status: { code: error === undefined ? 0 : 2 },
    attributes: error === undefined ? attributes : { ...attributes, 'error.type': error },
    links: (of.links ?? []).map((link) => ({ context: contextOf(link) })),
    events: (of.events ?? []).map(({ name, timeMs, attributes = {} }) => ({
      ...{ name, time: timeOf(timeMs), attributes: definedOf(attributes) },
    })),
    ended: true,
    resource,
    instrumentationScope,
    droppedAttributesCount: 0,
    droppedEventsCount: 0,
    droppedLinksCount: 0,
  };
}

function definedOf(attributes: SpanAttributes): Record<string, string | number> {
  const defined = Object.entries(attributes).filter(([, value]) => value !== undefined);
  return Object.fromEntries(defined) as Record<string, string | number>;
}

function contextOf(of: string) {
  return { traceId: traceIdOf(of), spanId: spanIdOf(of), traceFlags: isSampled(of) ? 1 : 0 };
}

function timeOf(ms: number): [number, number] {
  return [Math.floor(ms / 1_000), (ms % 1_000) * 1e6];
}
