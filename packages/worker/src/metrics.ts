// Metrics of a worker in Prometheus' text format: lines, providers, caches, HTTP, process.
import { collectDefaultMetrics, Counter, Gauge, Histogram, Registry } from '@prometheus-io/client';
import type { Cache } from './cache.ts';
import type { LineBacklog, LineStatus } from './line-runner.ts';
import type { Observer } from './observe.ts';
import type { Provider } from './provider.ts';

export interface PartitionLag {
  readonly topic: string;
  readonly partition: number;
  readonly lag: bigint;
}

export interface TrackedLine {
  status(): LineStatus;
  backlog(): Promise<LineBacklog>;
  lag(): Promise<readonly PartitionLag[]>;
}

export interface Metrics {
  readonly registry: Registry;
  readonly contentType: string;
  text(): Promise<string>;
  observeLine(observer: Observer): void;
  /** Asks the line at each scrape; backlog and lag at most once in 5 s, and left out if late. */
  trackLine(line: string, asked: TrackedLine): void;
  trackDatabase(waiting: () => number): void;
  observeProvider(provider: Provider): void;
  observeCache(cache: Cache): void;
  observeHttp(method: string, route: string, statusCode: number, durationMs: number): void;
}

export interface MetricsOptions {
  readonly service: string;
  /** Process, heap, event loop. Default true. */
  readonly defaults?: boolean;
}

const TURN_SECONDS = [0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10];
const CALL_SECONDS = [0.005, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5];
const HTTP_SECONDS = [0.002, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5];
const KEPT_MS = 5_000;
const WAIT_MS_MAX = 1_000;

export function createMetrics(options: MetricsOptions): Metrics {
  const registry = new Registry();
  registry.setDefaultLabels({ service: options.service });
  const registers = [registry];
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
    observeLine: lineMetrics(registers),
    trackLine: lineGauges(registers),
    trackDatabase(waiting) {
      new Gauge({
        name: 'saidao_database_waiting',
        help: 'Statements that wait for a connection of the pool.',
        registers,
        collect() {
          this.set(waiting());
        },
      });
    },
    observeProvider: providerMetrics(registers),
    observeCache: cacheMetrics(registers),
    observeHttp: httpMetrics(registers),
  };
}

type Registers = Registry[];

function lineMetrics(registers: Registers): Metrics['observeLine'] {
  const turns = new Histogram({
    name: 'saidao_turn_seconds',
    help: 'How long turns took, from decode to publication.',
    labelNames: ['line'],
    buckets: TURN_SECONDS,
    registers,
  });
  const stages = new Counter({
    name: 'saidao_turn_stage_seconds_total',
    help: 'Time spent in the stages of turns: gather, transaction, publish.',
    labelNames: ['line', 'stage'],
    registers,
  });
  const records = new Counter({
    name: 'saidao_records_total',
    help: 'What became of the records that were read.',
    labelNames: ['line', 'topic', 'outcome'],
    registers,
  });
  const published = new Counter({
    name: 'saidao_published_records_total',
    help: 'Records published, those of redeliveries too.',
    labelNames: ['line'],
    registers,
  });
  const deadLetters = new Counter({
    name: 'saidao_dead_letters_total',
    help: 'Records that became dead letters.',
    labelNames: ['line', 'code'],
    registers,
  });
  const alarms = new Counter({
    name: 'saidao_alarms_total',
    help: 'Things that a person should see.',
    labelNames: ['line', 'kind'],
    registers,
  });
  return (observer) => {
    observer.on('turn', (turn) => {
      const { line } = turn;
      turns.observe({ line }, turn.durationMs / 1_000);
      stages.inc({ line, stage: 'gather' }, turn.gatherMs / 1_000);
      stages.inc({ line, stage: 'transaction' }, turn.transactionMs / 1_000);
      stages.inc({ line, stage: 'publish' }, turn.publishMs / 1_000);
      published.inc({ line }, turn.published);
      for (const [topic, outcomes] of turn.outcomes) {
        for (const [outcome, count] of outcomes) records.inc({ line, topic, outcome }, count);
      }
    });
    observer.on('deadLettered', ({ line, code }) => deadLetters.inc({ line, code }));
    observer.on('alarm', ({ line, kind }) => alarms.inc({ line, kind }));
  };
}

function lineGauges(registers: Registers): Metrics['trackLine'] {
  const lines = new Map<string, KeptLine>();
  const status = (name: string, help: string, valueOf: (status: LineStatus) => number) =>
    new Gauge({
      name,
      help,
      labelNames: ['line'],
      registers,
      collect() {
        for (const [line, asked] of lines) this.set({ line }, valueOf(asked.status()));
      },
    });
  status('saidao_joined', '1 while the line belongs to its group.', ({ joined }) => Number(joined));
  status('saidao_paused', '1 while the line starts no turns.', ({ paused }) =>
    Number(paused !== undefined),
  );
  status(
    'saidao_broken_lanes',
    'Lanes of this process that a broken invariant has stopped.',
    ({ broken }) => broken.length,
  );
  status('saidao_lanes', 'Lanes that this process owns.', ({ lanes }) => lanes.length);
  status('saidao_oldest_turn_seconds', 'Age of the oldest turn that runs.', ({ oldestTurnMs }) =>
    toSeconds(oldestTurnMs),
  );

  const backlog = (name: string, help: string, valueOf: (backlog: LineBacklog) => number) =>
    new Gauge({
      name,
      help,
      labelNames: ['line'],
      registers,
      async collect() {
        this.reset();
        await each(lines, async (line, asked) => {
          const answer = await asked.backlog();
          if (answer !== undefined) this.set({ line }, valueOf(answer));
        });
      },
    });
  backlog('saidao_parked_records', 'Records that wait for a missing one.', ({ parked }) => parked);
  backlog('saidao_oldest_gap_seconds', 'Age of the oldest parked record.', ({ oldestParkedMs }) =>
    toSeconds(oldestParkedMs),
  );
  backlog(
    'saidao_blocked_applications',
    'Applications that a dead letter blocks.',
    (answer) => answer.blocked,
  );
  backlog('saidao_timers', 'Timers that wait for their time.', ({ timers }) => timers);

  new Gauge({
    name: 'saidao_lag_records',
    help: 'Records of a partition that the line has not committed yet.',
    labelNames: ['line', 'topic', 'partition'],
    registers,
    async collect() {
      this.reset();
      await each(lines, async (line, asked) => {
        for (const { topic, partition, lag } of (await asked.lag()) ?? []) {
          this.set({ line, topic, partition: String(partition) }, Number(lag));
        }
      });
    },
  });
  return (line, asked) => {
    lines.set(line, {
      status: () => asked.status(),
      backlog: kept(() => asked.backlog()),
      lag: kept(() => asked.lag()),
    });
  };
}

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

/**
 * Asks again only when the answer is old. A scrape never waits long and never fails for it, and
 * what could not be asked is left out rather than shown as it was.
 */
function kept<T>(ask: () => Promise<T>): () => Promise<T | undefined> {
  let answer: T | undefined;
  let askedAtMs = -Infinity;
  let asking: Promise<void> | undefined;
  const askAgain = async () => {
    askedAtMs = performance.now();
    answer = undefined;
    try {
      answer = await ask();
    } catch {
      // Its own log line or readiness tells; a scrape is no place for it.
    } finally {
      asking = undefined;
    }
  };
  return async () => {
    if (asking === undefined && performance.now() - askedAtMs >= KEPT_MS) asking = askAgain();
    if (asking !== undefined) {
      const { promise: waited, resolve } = Promise.withResolvers<void>();
      const timer = setTimeout(resolve, WAIT_MS_MAX);
      await Promise.race([asking, waited]);
      clearTimeout(timer);
    }
    return answer;
  };
}

function providerMetrics(registers: Registers): Metrics['observeProvider'] {
  const asks = new Histogram({
    name: 'saidao_provider_seconds',
    help: 'How long providers of the outside world were asked, by what came of it.',
    labelNames: ['provider', 'lender', 'outcome'],
    buckets: CALL_SECONDS,
    registers,
  });
  const calls = new Counter({
    name: 'saidao_provider_calls_total',
    help: 'Calls made to providers of the outside world; a second try is a call too.',
    labelNames: ['provider', 'lender'],
    registers,
  });
  const open = new Gauge({
    name: 'saidao_breaker_open',
    help: '1 while the breaker of a provider is open, 0.5 while it is being tried.',
    labelNames: ['provider', 'lender'],
    registers,
  });
  return (provider) => {
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

function cacheMetrics(registers: Registers): Metrics['observeCache'] {
  const lookups = new Counter({
    name: 'saidao_cache_lookups_total',
    help: 'Lookups in the cache by outcome: hit, miss, tampered, expired, unavailable.',
    labelNames: ['outcome'],
    registers,
  });
  return (cache) => void cache.on('lookup', (outcome) => lookups.inc({ outcome }));
}

function httpMetrics(registers: Registers): Metrics['observeHttp'] {
  const requests = new Histogram({
    name: 'saidao_http_request_seconds',
    help: 'How long requests took, by route and status.',
    labelNames: ['method', 'route', 'status'],
    buckets: HTTP_SECONDS,
    registers,
  });
  return (method, route, statusCode, durationMs) => {
    requests.observe({ method, route, status: String(statusCode) }, toSeconds(durationMs));
  };
}

function toSeconds(durationMs: number): number {
  return durationMs / 1_000;
}
