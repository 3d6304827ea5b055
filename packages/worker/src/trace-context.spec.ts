// Trace context: what W3C says of a traceparent, beside what OpenTelemetry makes of the same text.
import { parseTraceParent } from '@opentelemetry/core';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import {
  beginTrace,
  isSampled,
  newSpanId,
  readTraceparent,
  sampled,
  spanIdOf,
  traceIdOf,
  traceNamedBy,
  withSpan,
} from './trace-context.ts';

const TRACE = '0af7651916cd43dd8448eb211c80319c';
const SPAN = 'b7ad6b7169203331';
const GIVEN = `00-${TRACE}-${SPAN}-01`;

const hex = (length: number) =>
  fc.string({ unit: fc.constantFrom(...'0123456789abcdef'), minLength: length, maxLength: length });
const part = (length: number) =>
  fc.oneof({ weight: 8, arbitrary: hex(length) }, fc.constant('0'.repeat(length)), fc.string());
const text = fc.oneof(
  fc
    .tuple(part(2), part(32), part(16), part(2), fc.constantFrom('', '-', '-more', 'x'))
    .map(([version, trace, span, flags, more]) => `${version}-${trace}-${span}-${flags}${more}`),
  fc.constantFrom(GIVEN, `01-${TRACE}-${SPAN}-01-x`, `ff-${TRACE}-${SPAN}-01`, GIVEN.toUpperCase()),
  fc.string(),
);

test('any text is read as OpenTelemetry reads it', () => {
  fc.assert(
    fc.property(text, (given) => {
      // It also takes one blank at either end, which no header that is parsed has.
      fc.pre(given.trim() === given && !given.includes('\n'));
      const theirs = parseTraceParent(given);
      const ours = readTraceparent(given);
      expect(ours && { traceId: traceIdOf(ours), spanId: spanIdOf(ours) }).toEqual(
        theirs === null ? undefined : { traceId: theirs.traceId, spanId: theirs.spanId },
      );
      if (ours !== undefined) expect(isSampled(ours)).toBe((theirs!.traceFlags & 1) === 1);
    }),
    { numRuns: 5_000 },
  );
});

test('a context of a later version goes on as one of the first', () => {
  expect(readTraceparent(`cc-${TRACE}-${SPAN}-03-what-comes`)).toBe(`00-${TRACE}-${SPAN}-03`);
});

test('another span in the same trace changes nothing else', () => {
  const id = newSpanId();
  expect(withSpan(GIVEN, id)).toBe(`00-${TRACE}-${id}-01`);
});

test('without tracing what came is passed on as it is, whatever its flags say', () => {
  for (const flags of ['00', '01', '02', '03', 'fe', 'ff']) {
    const given = `00-${TRACE}-${SPAN}-${flags}`;
    expect(sampled(given, undefined)).toBe(given);
  }
});

test('the sampler is told what the parent said, and only its bit is changed', () => {
  const asked: unknown[] = [];
  const refuses = (traceId: string, isParents: boolean | undefined) => {
    asked.push([traceId, isParents]);
    return false;
  };
  expect(sampled(`00-${TRACE}-${SPAN}-03`, refuses)).toBe(`00-${TRACE}-${SPAN}-02`);
  expect(sampled(`00-${TRACE}-${SPAN}-02`, () => true)).toBe(`00-${TRACE}-${SPAN}-03`);
  expect(asked).toEqual([[TRACE, true]]);
});

test('what came without a trace has the same one each time, another beside another identity', () => {
  const one = traceNamedBy('saidao.submissions.v1 a m-1', undefined);
  expect(readTraceparent(one)).toBe(one);
  expect(traceNamedBy('saidao.submissions.v1 a m-1', () => true)).toBe(`${one.slice(0, 53)}01`);
  expect(traceNamedBy('saidao.submissions.v1 a m-2', undefined)).not.toBe(one);
});

test('a new trace is recorded only where a sampler says so', () => {
  expect(isSampled(beginTrace(undefined))).toBe(false);
  expect(isSampled(beginTrace(() => true))).toBe(true);
  expect(beginTrace(undefined)).not.toBe(beginTrace(undefined));
});
