// Metrics: what lines, providers and HTTP tell becomes text for Prometheus.
import { afterEach, describe, expect, it, vi } from 'vitest';
import { createMetrics, type TrackedLine } from './metrics.ts';
import { Observer } from './observe.ts';
import { createProvider, ProviderError } from './provider.ts';

const metrics = () => createMetrics({ service: 'scoring', defaults: false });
const line: TrackedLine = {
  status: () => ({
    joined: true,
    lanes: [0, 3],
    paused: undefined,
    broken: [3],
    oldestTurnMs: 1_500,
  }),
  backlog: async () => ({
    parked: 4,
    oldestParkedMs: 61_000,
    blocked: 2,
    timers: 7,
    timersDue: 3,
    oldestDueMs: 9_000,
  }),
  lag: async () => [{ topic: 'saidao.scores.v1', partition: 3, next: 40n, lag: 12n }],
};

afterEach(() => vi.useRealTimers());

describe('metrics', () => {
  it('count turns, records, dead letters and alarms of a line', async () => {
    const all = metrics();
    const observer = new Observer();
    all.observeLine(observer);
    observer.emit('turn', {
      line: 'scoring',
      lanes: [1],
      records: 3,
      taken: 3,
      published: 2,
      durationMs: 30,
      gatherMs: 10,
      transactionMs: 15,
      publishMs: 5,
      outcomes: new Map([['t', new Map([['decided', 2] as const, ['repeated', 1] as const])]]),
    });
    observer.emit('alarm', { line: 'scoring', kind: 'gap', message: 'x' });
    observer.emit('deadLettered', {
      line: 'scoring',
      code: 'SAIDAO_MAGIC',
      reason: 'x',
      topic: 't',
      partition: 0,
      offset: 1n,
    });
    const text = await all.text();
    const label = 'line="scoring"';
    const service = 'service="scoring"';
    expect(text).toContain(`saidao_turn_seconds_count{${service},${label}} 1`);
    expect(text).toContain(
      `saidao_records_total{${label},topic="t",outcome="decided",${service}} 2`,
    );
    expect(text).toContain(`saidao_turn_records_bucket{le="5",${service},${label}} 1`);
    expect(text).toContain(`saidao_published_records_total{${label},${service}} 2`);
    expect(text).toContain(
      `saidao_turn_stage_seconds_total{${label},stage="transaction",${service}} 0.015`,
    );
    expect(text).toContain(`saidao_alarms_total{${label},kind="gap",${service}} 1`);
    expect(text).toContain(`saidao_dead_letters_total{${label},code="SAIDAO_MAGIC",${service}} 1`);
  });

  it('show a line as it is at the scrape, with backlog and lag', async () => {
    const all = metrics();
    all.trackLine('scoring', line);
    const text = await all.text();
    const labels = '{line="scoring",service="scoring"}';
    expect(text).toContain(`saidao_joined${labels} 1`);
    expect(text).toContain(`saidao_paused${labels} 0`);
    expect(text).toContain(`saidao_broken_lanes${labels} 1`);
    expect(text).toContain(`saidao_lanes${labels} 2`);
    expect(text).toContain(`saidao_oldest_turn_seconds${labels} 1.5`);
    expect(text).toContain(`saidao_parked_records${labels} 4`);
    expect(text).toContain(`saidao_oldest_gap_seconds${labels} 61`);
    expect(text).toContain(`saidao_blocked_applications${labels} 2`);
    expect(text).toContain(`saidao_timers_due${labels} 3`);
    expect(text).toContain(`saidao_oldest_due_timer_seconds${labels} 9`);
    expect(text).toContain(
      'saidao_lag_records{line="scoring",topic="saidao.scores.v1",partition="3",service="scoring"} 12',
    );
  });

  it('ask for the lag at most once in 5 s, and leave it out when it cannot be asked', async () => {
    vi.useFakeTimers();
    const all = metrics();
    let asked = 0;
    let works = true;
    const lag = async () => {
      asked += 1;
      if (!works) throw new Error('no broker');
      return [{ topic: 't', partition: 0, next: 1n, lag: 1n }];
    };
    all.trackLine('scoring', { ...line, lag });
    expect(await all.text()).toContain('saidao_lag_records{');
    expect(await all.text()).toContain('saidao_lag_records{');
    expect(asked).toBe(1);
    works = false;
    await vi.advanceTimersByTimeAsync(5_000);
    expect(await all.text()).not.toContain('saidao_lag_records{');
    expect(asked).toBe(2);
  });

  it('show the age of the oldest record of each topic, which rises while nobody processes', async () => {
    vi.useFakeTimers();
    const now = Date.parse('2026-11-26T02:00:00.000Z');
    vi.setSystemTime(now);
    const all = metrics();
    const of = (topic: string, partition: number, sinceMs?: number) => ({
      ...{ topic, partition, next: 9n, lag: sinceMs === undefined ? 0n : 5n },
      ...(sinceMs !== undefined && { sinceMs }),
    });
    const lag = async () => [
      of('a', 0),
      of('a', 1, now - 2_000),
      of('a', 2, now - 7_000),
      of('b', 0),
    ];
    all.trackLine('scoring', { ...line, lag });
    const age = async (topic: string) =>
      new RegExp(`saidao_lag_seconds\\{line="scoring",topic="${topic}",[^}]*\\} (.*)`).exec(
        await all.text(),
      )?.[1];
    expect([await age('a'), await age('b')]).toEqual(['7', '0']);
    await vi.advanceTimersByTimeAsync(6_000);
    expect([await age('a'), await age('b')]).toEqual(['13', '0']);
  });

  it('do not wait for a broker or database that hangs', async () => {
    vi.useFakeTimers();
    const all = metrics();
    const hangs = () => new Promise<never>(() => {});
    all.trackLine('scoring', { ...line, lag: hangs, backlog: hangs });
    const text = all.text();
    await vi.advanceTimersByTimeAsync(1_000);
    expect(await text).toContain('saidao_joined');
  });

  it('show answers and breakers of providers', async () => {
    const all = metrics();
    const provider = createProvider({ name: 'register', deadlineMs: 100 });
    all.observeProvider(provider, ['exim-zj', 'boc-zj']);
    await provider.ask('exim-zj', 'p', async () => 1);
    const fails = () => Promise.reject(new ProviderError('garbage', 'x'));
    for (let call = 0; call < 80; call += 1) await provider.ask('boc-zj', 'p', fails);
    const text = await all.text();
    expect(text).toMatch(/saidao_provider_seconds_count\{[^}]*lender="exim-zj",outcome="answered"/);
    expect(text).toMatch(/saidao_provider_seconds_count\{[^}]*outcome="garbage"[^}]*\} 20/);
    expect(text).toMatch(/saidao_provider_seconds_count\{[^}]*outcome="breaker-open"[^}]*\} 60/);
    expect(text).toMatch(/saidao_breaker_open\{[^}]*lender="boc-zj"[^}]*\} 1/);
    expect(text).toMatch(/saidao_breaker_open\{[^}]*lender="exim-zj"[^}]*\} 0/);
  });

  it('show requests by route and status, and the process by default', async () => {
    const all = createMetrics({ service: 'intake' });
    all.observeHttp('POST', '/v1/applications', 202, 12);
    const text = await all.text();
    expect(text).toMatch(
      /saidao_http_request_seconds_count\{[^}]*route="\/v1\/applications",status="202"\} 1/,
    );
    expect(text).toContain('process_resident_memory_bytes');
  });
});
