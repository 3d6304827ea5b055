// Every metric of the system: name, type, unit, labels, meaning. docs/metrics.md is made from it.
import { Counter, Gauge, Histogram, type Registry } from '@prometheus-io/client';

export interface MetricEntry {
  readonly type: 'counter' | 'gauge' | 'histogram';
  readonly unit: string;
  /** Beside `service`, which every sample has. */
  readonly labels: readonly string[];
  readonly means: string;
  /** The one service that has it; left out: every worker. */
  readonly of?: string;
  /** Upper bounds, of a histogram. */
  readonly buckets?: readonly number[];
}

/** In the order of the page. Names stay: boards and alerts of others hang on them. */
export const metricCatalogue = {
  saidao_records_total: {
    type: 'counter',
    unit: 'records',
    labels: ['line', 'topic', 'outcome'],
    means:
      'What became of the records that were read: decided, passed-over, repeated (the journal knew ' +
      'it), parked, released, dead-lettered, refused, ignored.',
  },
  saidao_published_records_total: {
    type: 'counter',
    unit: 'records',
    labels: ['line'],
    means: 'Records published, those of redeliveries too.',
  },
  saidao_turn_seconds: {
    type: 'histogram',
    unit: 'seconds',
    labels: ['line'],
    means: 'How long turns took, from decode to publication.',
    buckets: [0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10],
  },
  saidao_turn_records: {
    type: 'histogram',
    unit: 'records',
    labels: ['line'],
    means: 'How many records turns took: the size of a batch.',
    buckets: [1, 2, 5, 10, 20, 50, 100],
  },
  saidao_turn_stage_seconds_total: {
    type: 'counter',
    unit: 'seconds',
    labels: ['line', 'stage'],
    means: 'Time spent in the stages of turns: gather, transaction, publish.',
  },
  saidao_lag_records: {
    type: 'gauge',
    unit: 'records',
    labels: ['line', 'topic', 'partition'],
    means:
      'Records of a partition that the line has not committed yet. Every replica tells it of all ' +
      'partitions, also of those that nobody reads: take the maximum over replicas, not the sum.',
  },
  saidao_lag_seconds: {
    type: 'gauge',
    unit: 'seconds',
    labels: ['line', 'topic'],
    means:
      'Age of the oldest record of the topic that the line has not committed yet, by its append ' +
      'time; 0 where there is none. It rises while nobody processes; see saidao_lag_records.',
  },
  saidao_joined: {
    type: 'gauge',
    unit: '0 or 1',
    labels: ['line'],
    means: '1 while the line belongs to its group.',
  },
  saidao_paused: {
    type: 'gauge',
    unit: '0 or 1',
    labels: ['line'],
    means: '1 while the line starts no turns.',
  },
  saidao_lanes: {
    type: 'gauge',
    unit: 'lanes',
    labels: ['line'],
    means: 'Lanes that this process owns.',
  },
  saidao_broken_lanes: {
    type: 'gauge',
    unit: 'lanes',
    labels: ['line'],
    means: 'Lanes of this process that a broken invariant has stopped.',
  },
  saidao_oldest_turn_seconds: {
    type: 'gauge',
    unit: 'seconds',
    labels: ['line'],
    means: 'Age of the oldest turn that runs.',
  },
  saidao_parked_records: {
    type: 'gauge',
    unit: 'records',
    labels: ['line'],
    means: 'Records that wait for a missing one.',
  },
  saidao_oldest_gap_seconds: {
    type: 'gauge',
    unit: 'seconds',
    labels: ['line'],
    means: 'Age of the oldest parked record.',
  },
  saidao_blocked_applications: {
    type: 'gauge',
    unit: 'applications',
    labels: ['line'],
    means: 'Applications that a dead letter blocks.',
  },
  saidao_timers: {
    type: 'gauge',
    unit: 'timers',
    labels: ['line'],
    means: 'Timers that wait for their time.',
  },
  saidao_timers_due: {
    type: 'gauge',
    unit: 'timers',
    labels: ['line'],
    means: 'Those of them whose time has come.',
  },
  saidao_oldest_due_timer_seconds: {
    type: 'gauge',
    unit: 'seconds',
    labels: ['line'],
    means: 'For how long the one that is longest due has been; 0 where none is.',
  },
  saidao_dead_letters_total: {
    type: 'counter',
    unit: 'records',
    labels: ['line', 'code'],
    means: 'Records that became dead letters, by the code of their error.',
  },
  saidao_alarms_total: {
    type: 'counter',
    unit: 'alarms',
    labels: ['line', 'kind'],
    means: 'Things that a person should see.',
  },
  saidao_provider_seconds: {
    type: 'histogram',
    unit: 'seconds',
    labels: ['provider', 'lender', 'outcome'],
    means: 'How long providers of the outside world were asked, by what came of it.',
    buckets: [0.005, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5],
  },
  saidao_provider_calls_total: {
    type: 'counter',
    unit: 'calls',
    labels: ['provider', 'lender'],
    means: 'Calls made to providers of the outside world; a second try is a call too.',
  },
  saidao_breaker_open: {
    type: 'gauge',
    unit: '0, 0.5 or 1',
    labels: ['provider', 'lender'],
    means: '1 while the breaker of a provider is open, 0.5 while it is being tried.',
  },
  saidao_cache_lookups_total: {
    type: 'counter',
    unit: 'lookups',
    labels: ['outcome'],
    means: 'Lookups in the cache by outcome: hit, miss, tampered, expired, unavailable.',
  },
  saidao_http_request_seconds: {
    type: 'histogram',
    unit: 'seconds',
    labels: ['method', 'route', 'status'],
    means: 'How long requests took, by route and status.',
    buckets: [0.002, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5],
  },
  saidao_database_waiting: {
    type: 'gauge',
    unit: 'statements',
    labels: [],
    means: 'Statements that wait for a connection of the pool.',
  },
  saidao_outcomes_total: {
    type: 'counter',
    unit: 'decisions',
    labels: ['lender', 'product', 'outcome'],
    means: 'Decisions by what an application has become.',
    of: 'decisioning',
  },
  saidao_outcome_reasons_total: {
    type: 'counter',
    unit: 'reasons',
    labels: ['product', 'outcome', 'reason'],
    means: 'Reasons that decisions were given, by their code; one decision may have several.',
    of: 'decisioning',
  },
  saidao_review_verdicts_total: {
    type: 'counter',
    unit: 'verdicts',
    labels: ['lender'],
    means: 'Last verdicts by officers.',
    of: 'decisioning',
  },
  saidao_review_overrides_total: {
    type: 'counter',
    unit: 'verdicts',
    labels: ['lender'],
    means: 'Last verdicts by officers that are otherwise than policy would decide.',
    of: 'decisioning',
  },
  saidao_model_psi: {
    type: 'gauge',
    unit: 'index',
    labels: ['model', 'subject', 'lender'],
    means:
      "Population stability index of a lender's last scores against the model's reference, of the " +
      'score and of each factor.',
    of: 'scoring',
  },
  saidao_ledger_balance_fen: {
    type: 'gauge',
    unit: 'fen',
    labels: ['lender', 'account', 'name'],
    means:
      'What the accounts of a lender hold, on the side where each grows; summed anew at most once in ' +
      'a minute. A floating-point number: exact to the fen below 90 trillion yuan.',
    of: 'disbursement-ledger',
  },
  saidao_ledger_loans: {
    type: 'gauge',
    unit: 'loans',
    labels: ['lender', 'status'],
    means: 'Loans in the books by their status; counted anew at most once in a minute.',
    of: 'disbursement-ledger',
  },
  saidao_ledger_halted: {
    type: 'gauge',
    unit: '0 or 1',
    labels: ['lender', 'kind'],
    means: 'Whether payouts of the lender are halted: by broken books, or by the rail’s statement.',
    of: 'disbursement-ledger',
  },
  saidao_ledger_unpaid_loans: {
    type: 'gauge',
    unit: 'loans',
    labels: ['lender'],
    means: 'Booked loans that are told as unpaid and not cleared yet.',
    of: 'disbursement-ledger',
  },
  saidao_ledger_unpaid_oldest_seconds: {
    type: 'gauge',
    unit: 'seconds',
    labels: ['lender'],
    means: 'Since when the oldest of them is told; 0 where there is none.',
    of: 'disbursement-ledger',
  },
  saidao_days_loans_total: {
    type: 'counter',
    unit: 'loans',
    labels: ['lender'],
    means: 'Loans that were taken through the end of a day: one for each day.',
    of: 'disbursement-ledger',
  },
  saidao_days_lanes_closed_total: {
    type: 'counter',
    unit: 'lanes',
    labels: ['lender'],
    means: 'Lanes that have closed a day.',
    of: 'disbursement-ledger',
  },
  saidao_days_behind: {
    type: 'gauge',
    unit: 'days',
    labels: ['lender'],
    means:
      'Days up to yesterday that not all lanes of a lender with loans have closed; where they have ' +
      'closed none yet, since its first loan was booked.',
    of: 'disbursement-ledger',
  },
  saidao_days_lpr_age: {
    type: 'gauge',
    unit: 'days',
    labels: [],
    means: 'Days since the last for which the LPR is known here: it is published each month.',
    of: 'disbursement-ledger',
  },
  saidao_streams: {
    type: 'gauge',
    unit: 'streams',
    labels: [],
    means: 'Streams of server-sent events that are open.',
    of: 'gateway',
  },
  saidao_stream_events_total: {
    type: 'counter',
    unit: 'events',
    labels: [],
    means: 'Events that streams were given, each for each stream.',
    of: 'gateway',
  },
  saidao_webhook_attempts_total: {
    type: 'counter',
    unit: 'attempts',
    labels: ['status'],
    means:
      'Attempts to deliver an event to a webhook, by what the delivery then was: delivered, pending ' +
      '(it is tried again), failed (given up).',
    of: 'gateway',
  },
  saidao_webhook_pending_deliveries: {
    type: 'gauge',
    unit: 'deliveries',
    labels: [],
    means:
      'Deliveries that wait for enabled webhooks, but for those behind one that was given up; all ' +
      'replicas tell the same.',
    of: 'gateway',
  },
  saidao_webhook_oldest_due_seconds: {
    type: 'gauge',
    unit: 'seconds',
    labels: [],
    means: 'For how long the oldest of them has been due; 0 where none is.',
    of: 'gateway',
  },
  saidao_webhook_failed_deliveries: {
    type: 'gauge',
    unit: 'deliveries',
    labels: [],
    means:
      'Deliveries to enabled webhooks that were given up: each holds back the later events of its ' +
      'application there; all replicas tell the same.',
    of: 'gateway',
  },
  saidao_webhooks: {
    type: 'gauge',
    unit: 'webhooks',
    labels: ['state'],
    means: 'Webhooks by state: enabled, or why they are not: OFF, GONE, FAILING.',
    of: 'gateway',
  },
} as const satisfies Readonly<Record<string, MetricEntry>>;

type Catalogue = typeof metricCatalogue;
export type MetricName = keyof Catalogue;
type NameOf<Type extends MetricEntry['type']> = {
  [Name in MetricName]: Catalogue[Name]['type'] extends Type ? Name : never;
}[MetricName];
type LabelOf<Name extends MetricName> = Catalogue[Name]['labels'][number];

const describedBy = (registry: Registry, name: MetricName) => {
  const { means, labels } = metricCatalogue[name];
  return { name, help: means, labelNames: [...labels], registers: [registry] };
};

export function counterOf<Name extends NameOf<'counter'>>(
  registry: Registry,
  name: Name,
): Counter<LabelOf<Name>> {
  return new Counter(describedBy(registry, name));
}

/**
 * `collect` sets it anew at each scrape. A scrape never fails for it: when it rejects, what could
 * not be asked is left out rather than shown as it was.
 */
export function gaugeOf<Name extends NameOf<'gauge'>>(
  registry: Registry,
  name: Name,
  collect?: (gauge: Gauge<LabelOf<Name>>) => void | Promise<void>,
): Gauge<LabelOf<Name>> {
  const described = describedBy(registry, name);
  if (collect === undefined) return new Gauge(described);
  return new Gauge<string>({
    ...described,
    async collect() {
      this.reset();
      try {
        await collect(this);
      } catch {
        this.reset();
      }
    },
  });
}

export function histogramOf<Name extends NameOf<'histogram'>>(
  registry: Registry,
  name: Name,
): Histogram<LabelOf<Name>> {
  const { buckets } = metricCatalogue[name];
  return new Histogram({ ...describedBy(registry, name), buckets: [...buckets] });
}
