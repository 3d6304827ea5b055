// The spans of turns, requests and providers: what hangs below what, and that off makes none.
import { describe, expect, it } from 'vitest';
import type { Line } from './define.ts';
import { createProvider } from './provider.ts';
import { asked, LANE, toyGround } from './toy-ground.fixture.ts';
import { isSampled, spanIdOf, traceIdOf } from './trace-context.ts';
import {
  recordRequest,
  traceOfRequest,
  traceProvider,
  withinSpan,
  type EndedSpan,
  type Tracing,
} from './tracing.ts';
import {
  applicationIds,
  APPLICATIONS,
  mendable,
  PLEDGES,
  toyLine,
  turnOf,
  withdrawn,
} from './turn.fixture.ts';

const [ONE, TWO] = applicationIds(2, LANE) as [string, string];
const TRACE = '0af7651916cd43dd8448eb211c80319c';
const SPAN = 'b7ad6b7169203331';
const sentBy = (traceId: string, flags = '01') => `00-${traceId}-${SPAN}-${flags}`;
const OTHER = 'c'.repeat(32);
const traced = (traceparent: string) => ({ headers: { traceparent } });

function recording() {
  const spans: EndedSpan[] = [];
  const tracing: Tracing = {
    samples: (_traceId, isParents) => isParents ?? true,
    record: (span) => void spans.push(span),
    stop: () => Promise.resolve(),
  };
  const named = (name: string) => spans.filter((span) => span.name === name);
  return { spans, tracing, named };
}

function tracedGround(line?: Line) {
  const { tracing, ...recorded } = recording();
  const ground = toyGround(line, tracing);
  const headersOn = (topic: string) =>
    ground.broker
      .partition(topic, LANE)
      .records.map(({ headers }) => String(headers['traceparent']));
  return { ...recorded, ...ground, headersOn };
}

const PROCESS = `process ${APPLICATIONS}`;

describe('a turn', () => {
  it('has for each record a span below its sender’s, which the records sent for it name', async () => {
    const { run, spans, named, headersOn } = tracedGround();
    await run(withdrawn(ONE, 1, 'a', traced(sentBy(TRACE))));
    const [process] = named(PROCESS);
    expect(process).toMatchObject({
      kind: 'consumer',
      parentSpanId: SPAN,
      attributes: {
        'messaging.consumer.group.name': 'saidao.toy',
        'messaging.destination.partition.id': String(LANE),
        'saidao.application.id': ONE,
        'saidao.event.type': 'ApplicationWithdrawn',
        'saidao.outcome': 'decided',
      },
    });
    expect(traceIdOf(process!.trace)).toBe(TRACE);
    expect(headersOn(PLEDGES)).toEqual([process!.trace]);
    expect(spans).toEqual([process]);
  });

  it('tells in it when its transaction began, was committed, and what it sent', async () => {
    const { run, named } = tracedGround();
    await run(withdrawn(ONE, 1, 'a', traced(sentBy(TRACE))));
    const [{ events = [], startMs, endMs }] = named(PROCESS) as [EndedSpan];
    expect(events).toMatchObject([
      { name: 'began' },
      { name: 'committed', attributes: { 'messaging.batch.message_count': 1 } },
      { name: 'published', attributes: { 'messaging.batch.message_count': 1 } },
    ]);
    const times = [startMs, ...events.map(({ timeMs }) => timeMs), endMs];
    expect(times).toEqual(times.toSorted((one, other) => one - other));
  });

  it('of several records tells in the first what was done for all, and links the others', async () => {
    const { run, named } = tracedGround();
    await run(
      withdrawn(ONE, 1, 'a', traced(sentBy(TRACE))),
      withdrawn(TWO, 1, 'b', traced(sentBy(OTHER))),
    );
    const [first, second] = named(PROCESS);
    const count = { attributes: { 'messaging.batch.message_count': 2 } };
    expect(first).toMatchObject({
      events: [{ name: 'began' }, { name: 'committed', ...count }, { name: 'published', ...count }],
      links: [],
    });
    expect(second).toMatchObject({ links: [first!.trace] });
    expect(second).not.toHaveProperty('events');
  });

  it('tells of a repeat beside its taking, and sends the very same again', async () => {
    const { run, named, headersOn } = tracedGround();
    const record = withdrawn(ONE, 1, 'a', traced(sentBy(TRACE)));
    await run(record);
    await run(record);
    const [taking, repeat] = named(PROCESS);
    expect(repeat).toMatchObject({ parentSpanId: SPAN, links: [taking!.trace] });
    expect(repeat!.trace).not.toBe(taking!.trace);
    expect(repeat!.events?.map(({ name }) => name)).toEqual(['began', 'committed', 'published']);
    expect(headersOn(PLEDGES)).toEqual(Array(2).fill(taking!.trace));
  });

  it('tells of what waited when it is taken, linked to what released it', async () => {
    const { run, named } = tracedGround();
    await run(withdrawn(ONE, 2, 'b', traced(sentBy(OTHER))));
    await run(withdrawn(ONE, 1, 'a', traced(sentBy(TRACE))));
    const told = named(PROCESS).map(({ trace, attributes, links }) => [
      ...[traceIdOf(trace), attributes['saidao.outcome']],
      links?.includes(sentBy(TRACE)),
    ]);
    expect(told).toEqual([
      [OTHER, 'parked', false],
      [TRACE, 'decided', false],
      [OTHER, 'decided', true],
    ]);
    const ids = named(PROCESS).map(({ trace }) => trace);
    expect(new Set(ids).size).toBe(ids.length);
  });

  it('is told of once when nothing is committed, whatever it holds', async () => {
    const { run, spans } = tracedGround(toyLine() as unknown as Line);
    const records = [
      withdrawn(ONE, 1, 'impossible', traced(sentBy(TRACE))),
      withdrawn(TWO, 1, 'b', traced(sentBy(OTHER))),
    ];
    await expect(run(...records)).rejects.toThrow('Two and two are five.');
    expect(spans).toMatchObject([
      { name: 'turn toy', parentSpanId: SPAN, links: [sentBy(OTHER)], error: expect.any(String) },
    ]);
  });

  it('that lost its lanes has told what it committed: the next owner sends below it', async () => {
    const { runner, run, named, headersOn } = tracedGround();
    const record = withdrawn(ONE, 1, 'a', traced(sentBy(TRACE)));
    await runner.run(turnOf(LANE, [record], () => false));
    expect(headersOn(PLEDGES)).toEqual([]);
    const [taking] = named(PROCESS);
    expect(taking).toMatchObject({ error: 'lanes-lost' });
    expect(taking!.events?.map(({ name }) => name)).toEqual(['began', 'committed']);
    await run(record);
    expect(headersOn(PLEDGES)).toEqual([taking!.trace]);
  });

  it('that buries a record says so, and a replay goes on in its trace', async () => {
    const { line, mend } = mendable();
    const { run, named } = tracedGround(line);
    const bad = withdrawn(ONE, 1, 'bad', traced(sentBy(TRACE)));
    await run(bad);
    expect(named(PROCESS)).toMatchObject([{ error: 'dead-lettered' }]);
    mend();
    await run(asked('REPLAY', bad));
    const [, again] = named(PROCESS);
    expect(again).toMatchObject({ parentSpanId: SPAN, error: undefined });
  });

  it('sets timers that stay in the trace of what set them', async () => {
    const { run, named, timers } = tracedGround();
    await run(withdrawn(ONE, 1, 'timer:1000', traced(sentBy(TRACE))));
    expect(timers()).toMatchObject([{ traceparent: named(PROCESS)[0]!.trace }]);
  });

  it('makes no span of a trace that is not recorded, and passes it on as it came', async () => {
    const { run, spans, headersOn } = tracedGround();
    await run(withdrawn(ONE, 1, 'a', traced(sentBy(TRACE, '00'))));
    expect(spans).toEqual([]);
    expect(headersOn(PLEDGES)).toEqual([sentBy(TRACE, '00')]);
  });

  it('begins a trace for a record whose own cannot be read', async () => {
    const { run, named } = tracedGround();
    await run(withdrawn(ONE, 1, 'a', traced('00-none')));
    expect(named(PROCESS)).toMatchObject([{ parentSpanId: undefined }]);
    expect(isSampled(named(PROCESS)[0]!.trace)).toBe(true);
  });

  it('makes none where tracing is off, and a repeat has the very same headers', async () => {
    const ground = toyGround();
    const record = withdrawn(ONE, 1, 'a', traced(sentBy(TRACE)));
    await ground.run(record);
    await ground.run(record);
    const [first, again] = ground.broker.partition(PLEDGES, LANE).records;
    expect(first?.headers['traceparent']?.toString()).toBe(sentBy(TRACE));
    expect(again?.headers).toEqual(first?.headers);
  });
});

describe('a request', () => {
  const request = { method: 'POST', route: '/v1/things', statusCode: 202, durationMs: 5 };

  it('is a span below the caller’s, named by its route', () => {
    const { tracing, spans } = recording();
    const given = sentBy(TRACE);
    const trace = traceOfRequest(given, tracing);
    recordRequest({ ...request, given, trace }, tracing);
    expect(spans).toMatchObject([{ name: 'POST /v1/things', trace, parentSpanId: SPAN }]);
    expect(traceIdOf(trace)).toBe(TRACE);
    expect(spanIdOf(trace)).not.toBe(SPAN);
  });

  it('without tracing keeps the trace that came, and has one for the log if none did', () => {
    expect(traceOfRequest(sentBy(TRACE), undefined)).toBe(sentBy(TRACE));
    expect(isSampled(traceOfRequest('nonsense', undefined))).toBe(false);
  });
});

describe('a provider', () => {
  it('that is asked for a sampled record is a span below that record’s', async () => {
    const { tracing, spans } = recording();
    const provider = createProvider({ name: 'register', deadlineMs: 100 });
    traceProvider(provider, tracing);
    await provider.ask('boc-zj', 'a patent', () => Promise.resolve(1));
    expect(spans).toEqual([]);
    const trace = sentBy(TRACE);
    await withinSpan(trace, () => provider.ask('boc-zj', 'a patent', () => Promise.resolve(1)));
    expect(spans).toMatchObject([{ name: 'ask register', kind: 'client', parentSpanId: SPAN }]);
    expect(JSON.stringify(spans)).not.toContain('a patent');
  });
});
