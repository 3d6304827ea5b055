// Metrics of a worker in Prometheus' text format: lines, providers, caches, HTTP, process.
import { collectDefaultMetrics, Registry } from '@prometheus-io/client';
import type { PartitionLag } from '@saidao/event-log';
import type { Cache } from './cache.ts';
import { keptAnswer } from './kept-answer.ts';
import type { LineBacklog, LineStatus } from './line-runner.ts';
import { counterOf, gaugeOf, histogramOf } from './metric-catalogue.ts';
import type { Observer } from './observe.ts';
import type { Provider } from './provider.ts';

export interface TrackedLine {
  status(): LineStatus;
  backlog(): Promise<LineBacklog>;
  /** Of all partitions, with since when their oldest records wait. */
  lag(): Promise<readonly PartitionLag[]>;
}

export interface Metrics {
  readonly registry: Registry;
  readonly contentType: string;
  text(): Promise<string>;
  observeLine(observer: Observer): void;
  /** Asks the line at each scrape; backlog and lag at most once in 5 s, see `keptAnswer`. */
  trackLine(line: string, asked: TrackedLine): void;
  trackDatabase(waiting: () => number): void;
  /** Of these lenders a breaker is shown from the start: as closed. */
  observeProvider(provider: Provider, lenders?: readonly string[]): void;
  observeCache(cache: Cache): void;
  observeHttp(method: string, route: string, statusCode: number, durationMs: number): void;
}

export interface MetricsOptions {
  readonly service: string;
  /** Process, heap, event loop. Default true. */
  readonly defaults?: boolean;
  /** What the age of records is told by; default: the system's. */
  readonly now?: () => number;
}

const KEPT_MS = 5_000;

export function createMetrics(options: MetricsOptions): Metrics {
  const registry = new Registry();
  registry.setDefaultLabels({ service: options.service });
  if (options.defaults ?? true) {
    // Looking a hundred times a second, as is the default, doubles what an idle worker uses.
    collectDefaultMetrics({
      register: registry,
      eventLoopUtilizationTimeout: 5_000,
      eventLoopMonitoringPrecision: 500,
    });
  }
  return {
    registry,
    contentType: registry.contentType,
    text: () => registry.metrics(),
    observeLine: lineMetrics(registry),
    trackLine: lineGauges(registry, options.now ?? Date.now),
    trackDatabase(waiting) {
      gaugeOf(registry, 'saidao_database_waiting', (gauge) => gauge.set(waiting()));
    },
    observeProvider: providerMetrics(registry),
    observeCache: cacheMetrics(registry),
    observeHttp: httpMetrics(registry),
  };
}

function lineMetrics(registry: Registry): Metrics['observeLine'] {
  const turns = histogramOf(registry, 'saidao_turn_seconds');
  const batches = histogramOf(registry, 'saidao_turn_records');
  const stages = counterOf(registry, 'saidao_turn_stage_seconds_total');
  const records = counterOf(registry, 'saidao_records_total');
  const published = counterOf(registry, 'saidao_published_records_total');
  const deadLetters = counterOf(registry, 'saidao_dead_letters_total');
  const alarms = counterOf(registry, 'saidao_alarms_total');
  return (observer) => {
    observer.on('turn', (turn) => {
      const { line } = turn;
      turns.observe({ line }, toSeconds(turn.durationMs));
      batches.observe({ line }, turn.taken);
      stages.inc({ line, stage: 'gather' }, toSeconds(turn.gatherMs));
      stages.inc({ line, stage: 'transaction' }, toSeconds(turn.transactionMs));
      stages.inc({ line, stage: 'publish' }, toSeconds(turn.publishMs));
      published.inc({ line }, turn.published);
      for (const [topic, outcomes] of turn.outcomes) {
        for (const [outcome, count] of outcomes) records.inc({ line, topic, outcome }, count);
      }
    });
    observer.on('deadLettered', ({ line, code }) => deadLetters.inc({ line, code }));
    observer.on('alarm', ({ line, kind }) => alarms.inc({ line, kind }));
  };
}

function lineGauges(registry: Registry, now: () => number): Metrics['trackLine'] {
  const lines = new Map<string, KeptLine>();
  const status = (name: StatusName, valueOf: (status: LineStatus) => number) =>
    gaugeOf(registry, name, (gauge) => {
      for (const [line, asked] of lines) gauge.set({ line }, valueOf(asked.status()));
    });
  status('saidao_joined', ({ joined }) => Number(joined));
  status('saidao_paused', ({ paused }) => Number(paused !== undefined));
  status('saidao_broken_lanes', ({ broken }) => broken.length);
  status('saidao_lanes', ({ lanes }) => lanes.length);
  status('saidao_oldest_turn_seconds', ({ oldestTurnMs }) => toSeconds(oldestTurnMs));

  const backlog = (name: BacklogName, valueOf: (backlog: LineBacklog) => number) =>
    gaugeOf(registry, name, (gauge) =>
      each(lines, async (line, asked) => {
        const answer = await asked.backlog();
        if (answer !== undefined) gauge.set({ line }, valueOf(answer));
      }),
    );
  backlog('saidao_parked_records', ({ parked }) => parked);
  backlog('saidao_oldest_gap_seconds', ({ oldestParkedMs }) => toSeconds(oldestParkedMs));
  backlog('saidao_blocked_applications', ({ blocked }) => blocked);
  backlog('saidao_timers', ({ timers }) => timers);
  backlog('saidao_timers_due', ({ timersDue }) => timersDue);
  backlog('saidao_oldest_due_timer_seconds', ({ oldestDueMs }) => toSeconds(oldestDueMs));

  gaugeOf(registry, 'saidao_lag_records', (gauge) =>
    each(lines, async (line, asked) => {
      for (const { topic, partition, lag } of (await asked.lag()) ?? []) {
        gauge.set({ line, topic, partition: String(partition) }, Number(lag));
      }
    }),
  );
  gaugeOf(registry, 'saidao_lag_seconds', (gauge) =>
    each(lines, async (line, asked) => {
      const behind = Map.groupBy((await asked.lag()) ?? [], ({ topic }) => topic);
      for (const [topic, partitions] of behind) {
        const oldestMs = Math.min(...partitions.map(({ sinceMs = Infinity }) => sinceMs));
        const isBehind = oldestMs < Infinity;
        gauge.set({ line, topic }, isBehind ? Math.max(0, toSeconds(now() - oldestMs)) : 0);
      }
    }),
  );
  return (line, asked) => {
    lines.set(line, {
      status: () => asked.status(),
      backlog: keptAnswer(() => asked.backlog(), KEPT_MS),
      lag: keptAnswer(() => asked.lag(), KEPT_MS),
    });
  };
}

type StatusName =
  | 'saidao_joined'
  | 'saidao_paused'
  | 'saidao_broken_lanes'
  | 'saidao_lanes'
  | 'saidao_oldest_turn_seconds';
type BacklogName =
  | 'saidao_parked_records'
  | 'saidao_oldest_gap_seconds'
  | 'saidao_blocked_applications'
  | 'saidao_timers'
  | 'saidao_timers_due'
  | 'saidao_oldest_due_timer_seconds';

interface KeptLine extends Pick<TrackedLine, 'status'> {
  backlog(): Promise<LineBacklog | undefined>;
  lag(): Promise<readonly PartitionLag[] | undefined>;
}

async function each<T>(
  all: ReadonlyMap<string, T>,
  work: (name: string, item: T) => Promise<void>,
): Promise<void> {
  await Promise.all([...all].map(([name, item]) => work(name, item)));
}

function providerMetrics(registry: Registry): Metrics['observeProvider'] {
  const asks = histogramOf(registry, 'saidao_provider_seconds');
  const calls = counterOf(registry, 'saidao_provider_calls_total');
  const open = gaugeOf(registry, 'saidao_breaker_open');
  return (provider, lenders = []) => {
    for (const lender of lenders) open.set({ provider: provider.name, lender }, 0);
    provider.on('answer', ({ lenderId, outcome, attempts, durationMs }) => {
      const labels = { provider: provider.name, lender: lenderId, outcome };
      asks.observe(labels, toSeconds(durationMs));
      if (attempts > 0) calls.inc({ provider: provider.name, lender: lenderId }, attempts);
    });
    provider.on('state', ({ lenderId, state }) => {
      const value = { open: 1, 'half-open': 0.5, closed: 0 }[state];
      open.set({ provider: provider.name, lender: lenderId }, value);
    });
  };
}

function cacheMetrics(registry: Registry): Metrics['observeCache'] {
  const lookups = counterOf(registry, 'saidao_cache_lookups_total');
  return (cache) => void cache.on('lookup', (outcome) => lookups.inc({ outcome }));
}

function httpMetrics(registry: Registry): Metrics['observeHttp'] {
  const requests = histogramOf(registry, 'saidao_http_request_seconds');
  return (method, route, statusCode, durationMs) => {
    requests.observe({ method, route, status: String(statusCode) }, toSeconds(durationMs));
  };
}

function toSeconds(durationMs: number): number {
  return durationMs / 1_000;
}
