// The boards: Line, Worker, Risk and Ledger. infra/observability/grafana/*.json is made from them.
import type { Board } from './board.ts';

const rateOf = (metric: string, by: string, where = '') =>
  `sum by (${by}) (rate(${metric}${where}[$__rate_interval]))`;
/** A share of the observations of a histogram is below it. */
const quantile = (share: number, metric: string, by: string) =>
  `histogram_quantile(${share}, sum by (${by}, le) (rate(${metric}_bucket[$__rate_interval])))`;
const mostOf = (metric: string, by: string) => `max by (${by}) (${metric})`;

const line: Board = {
  uid: 'saidao-line',
  title: 'Saidao: line',
  panels: [
    {
      title: 'Records taken',
      description: 'Rate of each line. Lines stand in flow order: what one takes the next gets.',
      unit: 'records/s',
      queries: [{ expr: rateOf('saidao_records_total', 'line'), legend: '{{line}}' }],
    },
    {
      title: 'Events published',
      description: 'Rate of each line, those of redeliveries too.',
      unit: 'records/s',
      queries: [{ expr: rateOf('saidao_published_records_total', 'line'), legend: '{{line}}' }],
    },
    {
      title: 'Oldest record that waits',
      description: 'How far behind a line is. It rises while nobody processes.',
      unit: 's',
      queries: [{ expr: mostOf('saidao_lag_seconds', 'line'), legend: '{{line}}' }],
    },
    {
      title: 'Records that wait',
      description: 'Not committed yet, over all partitions.',
      unit: 'short',
      queries: [
        {
          expr: 'sum by (line) (max by (line, topic, partition) (saidao_lag_records))',
          legend: '{{line}}',
        },
      ],
    },
    {
      title: 'Since when nobody has run a line',
      description: '0 while a replica lives. The lag of a line that nobody runs is at most this.',
      unit: 's',
      queries: [
        {
          expr: 'time() - max by (line) (max_over_time(timestamp(saidao_joined == 1)[1h:15s]))',
          legend: '{{line}}',
        },
      ],
    },
    {
      title: 'Lanes owned',
      description: 'By process. Together they are the partitions, or some stand.',
      unit: 'short',
      queries: [{ expr: 'saidao_lanes', legend: '{{line}} {{instance}}' }],
    },
    {
      title: 'Time of a turn',
      description: 'From decode to publication; 95 of 100 turns are shorter.',
      unit: 's',
      queries: [{ expr: quantile(0.95, 'saidao_turn_seconds', 'line'), legend: '{{line}}' }],
    },
    {
      title: 'Records in a turn',
      description: 'The size of a batch: large ones are a line that catches up.',
      unit: 'short',
      queries: [
        {
          expr: `${rateOf('saidao_turn_records_sum', 'line')} / ${rateOf('saidao_turn_records_count', 'line')}`,
          legend: '{{line}}',
        },
      ],
    },
    {
      title: 'Where turns spend their time',
      description:
        'Seconds in a second: gather (providers), transaction (database), publish (Kafka).',
      unit: 'percentunit',
      queries: [
        {
          expr: rateOf('saidao_turn_stage_seconds_total', 'line, stage'),
          legend: '{{line}} {{stage}}',
        },
      ],
    },
    {
      title: 'What became of records',
      description: 'Repeated: the journal knew them. Dead-lettered: somebody has to look.',
      unit: 'records/s',
      queries: [{ expr: rateOf('saidao_records_total', 'outcome'), legend: '{{outcome}}' }],
    },
    {
      title: 'Parked and blocked',
      description: 'Records that wait for another, and applications that a dead letter holds.',
      unit: 'short',
      queries: [
        { expr: mostOf('saidao_parked_records', 'line'), legend: '{{line}} parked' },
        { expr: mostOf('saidao_blocked_applications', 'line'), legend: '{{line}} blocked' },
      ],
    },
    {
      title: 'Timers',
      description: 'Those that are due and not taken yet, and the oldest of them.',
      unit: 'short',
      queries: [
        { expr: mostOf('saidao_timers_due', 'line'), legend: '{{line}} due' },
        {
          expr: mostOf('saidao_oldest_due_timer_seconds', 'line'),
          legend: '{{line}} oldest, seconds',
        },
      ],
    },
    {
      title: 'Dead letters',
      description: 'Since the processes started, by code.',
      unit: 'short',
      queries: [
        {
          expr: 'sum by (line, code) (saidao_dead_letters_total)',
          legend: '{{line}} {{code}}',
        },
      ],
      emptyWhile: 'no record has become a dead letter',
    },
    {
      title: 'Alarms',
      description: 'Things that a person should see, since the processes started.',
      unit: 'short',
      queries: [
        {
          expr: 'sum by (line, kind) (saidao_alarms_total)',
          legend: '{{line}} {{kind}}',
        },
      ],
      emptyWhile: 'nothing has given an alarm',
    },
  ],
};

const worker: Board = {
  uid: 'saidao-worker',
  title: 'Saidao: worker',
  panels: [
    {
      title: 'Processes that answer',
      description: 'By service.',
      unit: 'short',
      queries: [
        {
          expr: 'count by (service) (process_start_time_seconds{job="saidao"})',
          legend: '{{service}}',
        },
      ],
    },
    {
      title: 'Age of processes',
      description: 'One that falls again and again is restarted again and again.',
      unit: 's',
      queries: [
        {
          expr: 'time() - process_start_time_seconds{job="saidao"}',
          legend: '{{service}} {{instance}}',
        },
      ],
    },
    {
      title: 'Processor',
      description: 'Share of a core.',
      unit: 'percentunit',
      queries: [
        {
          expr: 'rate(process_cpu_seconds_total{job="saidao"}[$__rate_interval])',
          legend: '{{service}} {{instance}}',
        },
      ],
    },
    {
      title: 'Memory',
      description: 'Resident.',
      unit: 'bytes',
      queries: [
        {
          expr: 'process_resident_memory_bytes{job="saidao"}',
          legend: '{{service}} {{instance}}',
        },
      ],
    },
    {
      title: 'Requests at the doors',
      description: 'By service and status, without those of probes and of Prometheus.',
      unit: 'reqps',
      queries: [
        {
          expr: rateOf('saidao_http_request_seconds_count', 'service, status', '{route=~"/v1/.*"}'),
          legend: '{{service}} {{status}}',
        },
      ],
    },
    {
      title: 'Time of a request',
      description: '95 of 100 requests are answered sooner.',
      unit: 's',
      queries: [
        { expr: quantile(0.95, 'saidao_http_request_seconds', 'service'), legend: '{{service}}' },
      ],
    },
    {
      title: 'Statements that wait for a connection',
      description: 'Above 0 for long: the pool is too small, or the database too slow.',
      unit: 'short',
      queries: [{ expr: 'saidao_database_waiting', legend: '{{service}} {{instance}}' }],
    },
    {
      title: 'Lookups in the cache',
      description: 'Hits save calls to providers; unavailable is Redis away.',
      unit: 'reqps',
      queries: [
        {
          expr: rateOf('saidao_cache_lookups_total', 'service, outcome'),
          legend: '{{service}} {{outcome}}',
        },
      ],
    },
    {
      title: 'Breakers',
      description: '1: open, 0.5: being tried, 0: closed.',
      unit: 'short',
      max: 1,
      queries: [
        {
          expr: mostOf('saidao_breaker_open', 'provider, lender'),
          legend: '{{provider}} {{lender}}',
        },
      ],
    },
    {
      title: 'Time of an answer from outside',
      description: '95 of 100 answers come sooner.',
      unit: 's',
      queries: [
        { expr: quantile(0.95, 'saidao_provider_seconds', 'provider'), legend: '{{provider}}' },
      ],
    },
    {
      title: 'What came of asking',
      description: 'By provider and outcome.',
      unit: 'reqps',
      queries: [
        {
          expr: rateOf('saidao_provider_seconds_count', 'provider, outcome'),
          legend: '{{provider}} {{outcome}}',
        },
      ],
    },
    {
      title: 'Calls made',
      description: 'Second tries too: compare with what a provider admits.',
      unit: 'reqps',
      queries: [
        { expr: rateOf('saidao_provider_calls_total', 'provider'), legend: '{{provider}}' },
      ],
    },
    {
      title: 'Webhooks',
      description:
        'Deliveries that wait, for how many seconds the oldest is due, those that were given up, and ' +
        'webhooks by state.',
      unit: 'short',
      emptyWhile: 'no gateway runs',
      queries: [
        { expr: 'max(saidao_webhook_pending_deliveries)', legend: 'deliveries that wait' },
        { expr: 'max(saidao_webhook_oldest_due_seconds)', legend: 'oldest due, seconds' },
        { expr: 'max(saidao_webhook_failed_deliveries)', legend: 'deliveries given up' },
        { expr: 'max by (state) (saidao_webhooks)', legend: 'webhooks {{state}}' },
      ],
    },
    {
      title: 'Streams',
      description:
        'Open streams of server-sent events, and events that they were given in a second.',
      unit: 'short',
      emptyWhile: 'no gateway runs',
      queries: [
        { expr: 'sum(saidao_streams)', legend: 'open' },
        { expr: 'sum(rate(saidao_stream_events_total[$__rate_interval]))', legend: 'events/s' },
      ],
    },
  ],
};

const risk: Board = {
  uid: 'saidao-risk',
  title: 'Saidao: risk',
  panels: [
    {
      title: 'Decisions',
      description: 'By what an application has become, in an hour.',
      unit: 'short',
      queries: [
        { expr: 'sum by (outcome) (increase(saidao_outcomes_total[1h]))', legend: '{{outcome}}' },
      ],
    },
    {
      title: 'Approvals by product',
      description:
        'LoanApproved, as a share of it, LoanReferred and LoanDeclined, since the processes started. What ' +
        'officers approve or decline after a referral counts again.',
      unit: 'percentunit',
      max: 1,
      queries: [
        {
          expr:
            'sum by (product) (saidao_outcomes_total{outcome="LoanApproved"}) / sum by (product) ' +
            '(saidao_outcomes_total{outcome=~"LoanApproved|LoanReferred|LoanDeclined"})',
          legend: '{{product}}',
        },
      ],
    },
    {
      title: 'Decisions by product',
      description: 'Since the processes started.',
      unit: 'short',
      as: 'table',
      queries: [{ expr: 'sum by (lender, product, outcome) (saidao_outcomes_total)', legend: '' }],
    },
    {
      title: 'Most frequent reasons',
      description: 'Of referrals and declines, in an hour.',
      unit: 'short',
      queries: [
        {
          expr:
            'topk(10, sum by (outcome, reason) (increase(' +
            'saidao_outcome_reasons_total{outcome=~"LoanReferred|LoanDeclined"}[1h])))',
          legend: '{{outcome}} {{reason}}',
        },
      ],
    },
    {
      title: 'Overrides',
      description: 'Share of last verdicts by officers that are otherwise than policy, of a day.',
      unit: 'percentunit',
      max: 1,
      queries: [
        {
          expr:
            'sum by (lender) (increase(saidao_review_overrides_total[1d])) / ' +
            'sum by (lender) (increase(saidao_review_verdicts_total[1d]))',
          legend: '{{lender}}',
        },
      ],
      emptyWhile: 'no officer has given a last verdict yet',
    },
    {
      title: 'Verdicts of officers',
      description: 'Last verdicts in an hour.',
      unit: 'short',
      queries: [
        {
          expr: 'sum by (lender) (increase(saidao_review_verdicts_total[1h]))',
          legend: '{{lender}}',
        },
      ],
      emptyWhile: 'no officer has given a last verdict yet',
    },
    {
      title: 'Drift of models',
      description: 'Population stability index; above 0.25 the population is another one.',
      unit: 'short',
      queries: [
        {
          expr: mostOf('saidao_model_psi', 'model, lender'),
          legend: '{{model}} {{lender}}',
        },
      ],
      emptyWhile: 'a lender has fewer scores than are compared (WATCH_SCORES)',
    },
  ],
};

const ledger: Board = {
  uid: 'saidao-ledger',
  title: 'Saidao: ledger',
  panels: [
    {
      title: 'Principal outstanding',
      description: 'Yuan, by lender: accounts 1303 and 13031.',
      unit: 'currencyCNY',
      queries: [
        {
          expr:
            'sum by (lender) (max by (lender, account) ' +
            '(saidao_ledger_balance_fen{account=~"1303|13031"})) / 100',
          legend: '{{lender}}',
        },
      ],
    },
    {
      title: 'Balances',
      description: 'Yuan, of every account, on the side where it grows.',
      unit: 'currencyCNY',
      as: 'table',
      queries: [
        {
          expr: 'max by (lender, account, name) (saidao_ledger_balance_fen) / 100',
          legend: '',
        },
      ],
    },
    {
      title: 'Loans',
      description: 'By status.',
      unit: 'short',
      queries: [
        { expr: 'max by (lender, status) (saidao_ledger_loans)', legend: '{{lender}} {{status}}' },
      ],
    },
    {
      title: 'Booked and not paid',
      description: 'Loans whose money is late.',
      unit: 'short',
      queries: [{ expr: mostOf('saidao_ledger_unpaid_loans', 'lender'), legend: '{{lender}}' }],
    },
    {
      title: 'Oldest of them',
      description: 'Since when it is told as unpaid.',
      unit: 's',
      queries: [
        { expr: mostOf('saidao_ledger_unpaid_oldest_seconds', 'lender'), legend: '{{lender}}' },
      ],
    },
    {
      title: 'Halted lenders',
      description: '1: no payout of the lender is sent.',
      unit: 'short',
      max: 1,
      queries: [
        { expr: mostOf('saidao_ledger_halted', 'lender, kind'), legend: '{{lender}} {{kind}}' },
      ],
    },
    {
      title: 'Days behind',
      description: 'Up to yesterday; none closed yet: since the first loan was booked.',
      unit: 'd',
      queries: [
        {
          expr: mostOf('saidao_days_behind', 'lender'),
          legend: '{{lender}}',
        },
      ],
    },
    {
      title: 'Loans taken through a day',
      description: 'While days are closed.',
      unit: 'short',
      queries: [
        {
          expr: rateOf('saidao_days_loans_total', 'lender'),
          legend: '{{lender}}',
        },
        {
          expr: 'sum by (lender) (increase(saidao_days_lanes_closed_total[1h]))',
          legend: '{{lender}} lanes closed',
        },
      ],
      emptyWhile: 'no day was closed since the process started',
    },
    {
      title: 'Loan prime rate',
      description: 'Days since the last for which it is known; one is published each month.',
      unit: 'd',
      as: 'stat',
      queries: [{ expr: 'max(saidao_days_lpr_age)', legend: '' }],
    },
  ],
};

export const boards: readonly Board[] = [line, worker, risk, ledger];
