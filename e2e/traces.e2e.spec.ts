// One trace from the channel's request to the ledger's entry and the payout, over all topics.
import {
  applicantsOf,
  BUSINESS_DATE,
  playFlow,
  seedOutsideWorld,
  STRAIGHT_SHARES,
  type Applicants,
  type Doors,
  type Via,
} from '@saidao/applicants';
import { allTopics, type LineName } from '@saidao/schemas';
import {
  eventually,
  startOtlpReceiver,
  type OtlpReceiver,
  type ReceivedSpan,
} from '@saidao/testkit';
import { readTraceparent, spanIdOf, traceIdOf } from '@saidao/worker/trace-context';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { untilSettled } from './settled.ts';
import { doorsOf, services, startSystem, type System } from './system.ts';

const LENDERS = ['exim-zj', 'boc-zj', 'czb-hz'];
const FLOW_MS = 90_000;
const PATIENCE_MS = 60_000;
const EXPORTED_MS = 20_000;
const TELL_OF_MODULES = `--import=${import.meta.resolve('./loaded-modules.ts')}`;
const LATEST = /^saidao\.latest-decisions\./;
const LOADED = 'loaded of OpenTelemetry';

vi.setConfig({ testTimeout: 240_000 });

let receiver: OtlpReceiver;
let system: System;
/** What workers are told when they start. */
let settings: Readonly<Record<string, string>> = {};
const { signal } = new AbortController();

beforeAll(async () => {
  receiver = await startOtlpReceiver();
  system = await startSystem({
    environment: { ...process.env },
    lenders: LENDERS,
    partitions: 6,
    businessDate: BUSINESS_DATE,
    extrasOf: () => ({ NODE_OPTIONS: TELL_OF_MODULES, ...settings }),
  });
}, 240_000);

afterAll(async () => {
  await system?.[Symbol.asyncDispose]();
  await receiver?.[Symbol.asyncDispose]();
}, 60_000);

/** All applicants of one test, and by reference the trace that a channel sends with each. */
interface Sent {
  readonly applicants: Applicants;
  readonly traceparents: readonly string[];
  readonly via: Via;
}

let seed = 1;

function sentBy(via: Via, traceparents: readonly string[]): Sent {
  const applicants = applicantsOf({
    count: traceparents.length,
    seed: (seed += 1),
    shares: STRAIGHT_SHARES,
  });
  return { applicants, traceparents, via };
}

/** Plays each to the payout, submission and acceptance by the same channel in the same trace. */
async function pay({ applicants, traceparents, via }: Sent): Promise<void> {
  await seedOutsideWorld(system.worldUrl, applicants, signal);
  const doors = new Map<string, Doors>();
  for (const [index, { id }] of [...applicants].entries()) {
    doors.set(id, await doorsOf(system, PATIENCE_MS, signal, traceparents[index]));
  }
  const report = await playFlow({
    applicants,
    ...{ log: system.log, lenders: LENDERS, viaOf: () => via, timeoutMs: FLOW_MS, signal },
    doors: {
      submit: (body, ...given) => doors.get(body.reference)!.submit(body, ...given),
      act: (step, body, ...given) => doors.get(body.reference)!.act(step, body, ...given),
      review: () => Promise.reject(new Error('Nobody asks an officer.')),
    },
  });
  expect(report.otherwise).toEqual([]);
  const outcomes = [...applicants].map(({ expect: { outcome } }) => outcome);
  expect(new Set(outcomes)).toEqual(new Set(['paid']));
  await untilSettled(system);
}

async function restart(given: Readonly<Record<string, string>>): Promise<void> {
  settings = given;
  await Promise.all(services.map(async (service) => system.workers.get(service)?.stop()));
  await Promise.all(services.map((service) => system.start(service).ready(PATIENCE_MS)));
}

function modulesLoaded(): string[] {
  return services.flatMap((service) =>
    system.workers.get(service)!.lines.flatMap(({ msg }) => (msg === LOADED ? [service] : [])),
  );
}

let traces = 0;

/** A channel's own span: its trace, and that span's id. */
function channelSpan(): { traceparent: string; traceId: string; spanId: string } {
  traces += 1;
  const traceId = traces.toString(16).padStart(32, 'c');
  const spanId = traces.toString(16).padStart(16, 'd');
  return { traceparent: `00-${traceId}-${spanId}-01`, traceId, spanId };
}

interface Sending {
  readonly topic: string;
  readonly traceparent: string;
  readonly event: string;
}

/** What the log has of a trace. */
async function recordsOf(traceId: string): Promise<Sending[]> {
  const found: Sending[] = [];
  await system.log.scan(
    allTopics(LENDERS).map(({ name }) => name),
    ({ topic, headers }) => {
      const traceparent = readTraceparent(String(headers['traceparent']));
      if (traceparent === undefined || traceIdOf(traceparent) !== traceId) return;
      found.push({ topic, traceparent, event: String(headers['ce_type']) });
    },
  );
  return found;
}

/**
 * Every span of the trace, once no more come and it leads from one span outside to the payout: what
 * led to each record on the log is among them.
 */
async function spansOf(
  { traceId, spanId }: { readonly traceId: string; readonly spanId: string },
  records: readonly Sending[],
): Promise<ReceivedSpan[]> {
  let before = -1;
  return eventually(
    `all spans of ${traceId} are exported`,
    async () => {
      const spans = (await receiver.spans()).filter((span) => span.traceId === traceId);
      const isComplete = spans.length === before;
      before = spans.length;
      const known = new Set(spans.map((span) => span.spanId));
      const missing = records.filter(({ traceparent }) => !known.has(spanIdOf(traceparent)));
      if (missing.length > 0) throw new Error(`nobody sent ${JSON.stringify(missing)}`);
      assertWhole(spans, spanId);
      return isComplete && spans;
    },
    { deadlineMs: EXPORTED_MS, everyMs: 1_500 },
  );
}

const LINES_OF_A_PAYOUT = [
  ...(['intake', 'verify', 'scoring', 'decisioning', 'book', 'payout'] satisfies LineName[]),
];

/** Faults of a trace that goes from one span outside all the way to the ledger and the payout. */
function assertWhole(spans: readonly ReceivedSpan[], rootSpanId: string): void {
  const byId = new Map(spans.map((span) => [span.spanId, span]));
  expect(byId.size, 'no id is given twice').toBe(spans.length);
  const orphans = spans.filter(
    ({ parentSpanId }) => parentSpanId !== rootSpanId && !byId.has(parentSpanId),
  );
  expect(orphans).toEqual([]);

  const processed = spans.filter(({ name }) => name.startsWith('process '));
  const groups = processed.map(({ attributes }) => attributes['messaging.consumer.group.name']);
  for (const line of LINES_OF_A_PAYOUT) expect(groups).toContain(`saidao.${line}`);
  for (const span of processed) {
    // What led to the record sent it: the chain over all topics has no gap.
    if (span.parentSpanId !== rootSpanId) {
      expect(byId.get(span.parentSpanId)?.name).toMatch(/^(process|POST) /);
    }
    if (span.attributes['saidao.outcome'] !== 'decided') continue;
    const isCommitted = span.events.some(({ name }) => name === 'committed');
    // Committed with others, and told in the span of one of them: its link leads there.
    if (!isCommitted) expect(span.links, `the commit of ${span.name}`).not.toEqual([]);
  }
  const booked = ofEvent(spans, 'book', 'DisbursementAuthorised');
  const paid = ofEvent(spans, 'book', 'PayoutConfirmed');
  for (const span of [...booked, ...paid]) expect(ancestorsOf(span, byId)).toBe(rootSpanId);
  expect(booked.length, 'the entry of the loan').toBeGreaterThan(0);
  expect(paid.length, 'the entry of the payout').toBeGreaterThan(0);
  const names = new Set(spans.map(({ name }) => name));
  expect([...names].filter((name) => name.startsWith('ask '))).not.toEqual([]);
}

function ofEvent(spans: readonly ReceivedSpan[], line: LineName, type: string): ReceivedSpan[] {
  return spans.filter(
    ({ name, attributes }) =>
      name.startsWith('process ') &&
      attributes['messaging.consumer.group.name'] === `saidao.${line}` &&
      attributes['saidao.event.type'] === type,
  );
}

/** The id of the span outside that a span goes back to, parent by parent. */
function ancestorsOf(span: ReceivedSpan, byId: ReadonlyMap<string, ReceivedSpan>): string {
  const parent = byId.get(span.parentSpanId);
  return parent === undefined ? span.parentSpanId : ancestorsOf(parent, byId);
}

/** What names an applicant or its enterprise, and every number and name of a person. */
function personalOf({ applicants }: Sent): string[] {
  const texts = new Set<string>();
  const collect = (value: unknown): void => {
    if (typeof value === 'string') texts.add(value);
    else if (typeof value === 'object' && value !== null) Object.values(value).forEach(collect);
  };
  for (const { id, submission } of applicants) {
    texts.add(id);
    const { enterprise, contact, principals, patents } = submission as Record<string, unknown>;
    [enterprise, contact, principals, patents].forEach(collect);
  }
  return [...texts].filter((text) => text.length >= 6 && !/^\d{4}-\d{2}-\d{2}$/.test(text));
}

test('with tracing off nothing of OpenTelemetry is loaded, and a trace is passed on as it came', async () => {
  const channel = channelSpan();
  await pay(sentBy('http', [channel.traceparent]));
  expect(modulesLoaded()).toEqual([]);
  expect(await receiver.spans()).toEqual([]);
  const records = await recordsOf(channel.traceId);
  const events = records.map(({ event }) => event);
  expect(events).toContain('ApplicationSubmitted');
  expect(events).toContain('LoanDisbursed');
  expect(new Set(records.map(({ traceparent }) => traceparent))).toEqual(
    new Set([channel.traceparent]),
  );
});

test('with tracing on the worker says so, and loads it', async () => {
  await restart({ OTEL_EXPORTER_OTLP_ENDPOINT: receiver.endpoint });
  expect(new Set(modulesLoaded())).toEqual(new Set(services));
});

test.each([
  ['http', ['POST /v1/applications', 'POST /v1/applications/:applicationId/acceptance']],
  ['kafka', []],
] as const)(
  'by %s each application has one trace, from the channel to the ledger',
  async (via, requests) => {
    const channels = [channelSpan(), channelSpan(), channelSpan()];
    const sent = sentBy(
      via,
      channels.map(({ traceparent }) => traceparent),
    );
    await pay(sent);
    for (const { traceId, spanId } of channels) {
      const records = await recordsOf(traceId);
      const ours = records.filter(({ traceparent }) => spanIdOf(traceparent) !== spanId);
      expect(ours.map(({ topic }) => topic)).toContainEqual(expect.stringMatching(LATEST));
      const spans = await spansOf({ traceId, spanId }, ours);
      const served = spans.flatMap(({ name, kind }) => (kind === 2 ? [name] : []));
      for (const request of requests) expect(served).toContain(request);
      const ids = spans.map(({ attributes }) => attributes['saidao.application.id']);
      expect(new Set(ids.filter((id) => id !== undefined)).size).toBe(1);
    }
    const all = await receiver.spans();
    const moments = new Set(all.flatMap(({ events }) => events.map(({ name }) => name)));
    expect(moments).toEqual(new Set(['began', 'committed', 'published', 'presented']));
    const told = JSON.stringify(all);
    expect(personalOf(sent).filter((text) => told.includes(text))).toEqual([]);
  },
);

test.each(['http', 'kafka'] as const)(
  'by %s a malformed trace does no harm: another begins',
  async (via) => {
    const before = (await receiver.spans()).length;
    const malformed = `00-${'0'.repeat(32)}-${'b'.repeat(16)}-01`;
    await pay(sentBy(via, [malformed, 'ff-none', 'x'.repeat(600)]));
    const first = via === 'http' ? 'POST /v1/applications' : 'process saidao.submissions.v1';
    const roots = await eventually(
      'three traces begin here',
      async () => {
        const spans = (await receiver.spans()).slice(before);
        const found = spans.filter(
          ({ name, parentSpanId }) => name === first && parentSpanId === '',
        );
        return new Set(found.map(({ traceId }) => traceId)).size >= 3 && found;
      },
      { deadlineMs: EXPORTED_MS },
    );
    expect(roots.filter(({ traceId }) => /^0+$/.test(traceId))).toEqual([]);
  },
);

test('a collector that hangs, or is not there, holds up nothing', async () => {
  await receiver.mute(true);
  await pay(sentBy('http', [channelSpan().traceparent]));
  const stops = services.map(async (service) => system.workers.get(service)?.stop());
  expect(await Promise.all(stops)).toEqual(services.map(() => 0));
  await restart({ OTEL_EXPORTER_OTLP_ENDPOINT: 'http://127.0.0.1:9' });
  await pay(sentBy('kafka', [channelSpan().traceparent]));
});
