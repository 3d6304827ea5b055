// A live Prometheus over a running system: metrics, boards, alerts; scoring workers killed under load.
import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import {
  applicantsOf,
  BUSINESS_DATE,
  playFlow,
  seedOutsideWorld,
  STRAIGHT_SHARES,
  submitAll,
  type Doors,
} from '@saidao/applicants';
import { services, topicName, topics } from '@saidao/schemas';
import { eventually, type WorkerProcess } from '@saidao/testkit';
import { metricCatalogue, type MetricEntry } from '@saidao/worker';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { startPrometheus, type Prometheus } from './prometheus.ts';
import { untilSettled } from './settled.ts';
import { doorsOf, root, startSystem, type System } from './system.ts';

const LENDERS = ['exim-zj', 'boc-zj', 'czb-hz'];
const environment = { ...process.env };
const PATIENCE_MS = 180_000;
/** For what takes sessions, scrapes and the start of a process, on a machine that is busy. */
const SEEN_MS = 180_000;
/** In the place of the two minutes that production waits: a session is over after fifteen. */
const LAG_SECONDS_MAX = 5;
/** In the place of 50 that a line may decide without an event: every line decides as many here. */
const DECIDED_MAX = 20;
/**
 * Known to fire while all is well: the rates that come with the project end some months ago, and
 * applications are of BUSINESS_DATE here, since when nobody has closed a day.
 */
const FIRES_WHILE_WELL = ['SaidaoLprOld', 'SaidaoDaysBehind'];

interface Board {
  readonly title: string;
  readonly panels: readonly {
    readonly title: string;
    readonly description: string;
    readonly targets: readonly { readonly expr: string }[];
  }[];
}

vi.setConfig({ testTimeout: 900_000 });

let system: System;
let another: WorkerProcess;
let doors: Doors;
let prometheus: Prometheus;
const stopping = new AbortController();

beforeAll(async () => {
  const { signal } = stopping;
  system = await startSystem({
    ...{ environment, lenders: LENDERS, partitions: 2, businessDate: BUSINESS_DATE, services },
    // A machine that is busy with other things is no cause for the others to leave their groups.
    extrasOf: (service) => ({ SESSION_TIMEOUT_MS: service === 'scoring' ? '15s' : '60s' }),
  });
  doors = await doorsOf(system, PATIENCE_MS, signal);
  another = await system.startAnother('scoring');
  const addresses = [
    ...(await Promise.all(services.map((service) => system.addressOf(service)))),
    await another.ready(SEEN_MS),
  ];
  prometheus = await startPrometheus({
    ...{ environment, addresses },
    rules: (text) =>
      text
        .replace('(saidao_lag_seconds) > 120', `(saidao_lag_seconds) > ${LAG_SECONDS_MAX}`)
        .replaceAll(/\) > 50$/gm, `) > ${DECIDED_MAX}`),
  });
  const applicants = applicantsOf({ count: 30, seed: 9 });
  await seedOutsideWorld(system.worldUrl, applicants, signal);
  const report = await playFlow({
    ...{ applicants, doors, log: system.log, lenders: LENDERS, signal },
    viaOf: () => 'http' as const,
    ...{ rate: 3, timeoutMs: 300_000 },
  });
  expect(report.otherwise).toEqual([]);
}, 900_000);

afterAll(async () => {
  stopping.abort();
  await prometheus?.[Symbol.asyncDispose]();
  await system?.[Symbol.asyncDispose]();
}, 60_000);

/** Why a process has ended: alarms of workers that are gone would say nothing else. */
function assertAllRun(): void {
  for (const [service, { isRunning, lines }] of system.workers) {
    if (isRunning()) continue;
    const last = lines.slice(-3).map(({ msg, code, reason }) => `${code} ${msg} ${reason}`);
    throw new Error(`${service} has ended: ${last.join('; ')}`);
  }
}

const firing = async () => (await prometheus.firing()).map(({ name }) => name);
const isFiring = async (name: string) => (await firing()).includes(name);
const valueOf = async (expr: string) => (await prometheus.query(expr))[0]?.value;

test('every process tells exactly the metrics of the catalogue', async () => {
  const catalogue = Object.entries(metricCatalogue) as [string, MetricEntry][];
  for (const service of services) {
    const text = await (await fetch(`${await system.addressOf(service)}/metrics`)).text();
    const told = [...text.matchAll(/^# TYPE (\w+) (\w+)$/gm)]
      .map(([, name, type]) => `${name} ${type}`)
      .filter((one) => !/^(?:process|nodejs)_/.test(one));
    const wanted = catalogue
      .filter(([, { of }]) => of === undefined || of === service)
      .map(([name, { type }]) => `${name} ${type}`);
    expect(told.sort(), service).toEqual(wanted.sort());
  }
});

test('every question of the boards is answered', async () => {
  const files = globSync(join(root, 'infra/observability/grafana/*.json'));
  const boards = files.map((file) => JSON.parse(readFileSync(file, 'utf8')) as Board);
  const queries = boards.flatMap(({ title: board, panels }) =>
    panels.flatMap(({ title, description, targets }) =>
      targets.map(({ expr }) => ({
        ...{ expr, panel: `${board}, ${title}` },
        mayBeEmpty: description.includes('Empty while'),
      })),
    ),
  );
  expect(queries.length).toBeGreaterThan(40);
  const unanswered = await eventually(
    'all that always answers does',
    async () => {
      const empty: string[] = [];
      for (const { panel, expr, mayBeEmpty } of queries) {
        const found = await prometheus.query(expr.replaceAll('$__rate_interval', '1m'));
        if (found.length === 0 && !mayBeEmpty) empty.push(`${panel}: ${expr}`);
      }
      if (empty.length > 0) throw new Error(empty.join('\n'));
      return empty;
    },
    { deadlineMs: SEEN_MS, everyMs: 2_000 },
  );
  expect(unanswered).toEqual([]);
});

test('every alert is asked without a fault, and none fires while all is well', async () => {
  const alerts = await prometheus.alerts();
  expect(alerts.length).toBeGreaterThan(20);
  for (const { query } of alerts) await prometheus.query(query);
  await untilSettled(system, SEEN_MS);
  assertAllRun();
  // The gateway publishes nothing by design, and has decided enough for long enough to be told of.
  const decided = 'saidao_records_total{outcome="decided", line="gateway"}[10m] offset 10s';
  await eventually(
    'the gateway has decided as many as a line may without an event',
    async () => ((await valueOf(`sum(increase(${decided}))`)) ?? 0) > DECIDED_MAX,
    { deadlineMs: SEEN_MS, everyMs: 1_000 },
  );
  const others = await eventually(
    'no alert fires',
    async () => {
      const names = (await firing()).filter((name) => !FIRES_WHILE_WELL.includes(name));
      assertAllRun();
      if (names.length > 0) throw new Error(names.join());
      return names;
    },
    { deadlineMs: SEEN_MS, everyMs: 1_000 },
  );
  expect(others).toEqual([]);
});

test('killed scoring workers under load: alerts fire, lag is seen in seconds, all recovers', async () => {
  const load = new AbortController();
  const applicants = applicantsOf({ count: 400, seed: 77, shares: STRAIGHT_SHARES });
  await seedOutsideWorld(system.worldUrl, applicants, stopping.signal);
  const loading = submitAll({
    ...{ applicants, doors, viaOf: () => 'http' as const, rate: 2, signal: load.signal },
  }).catch((error: unknown) => {
    if (!load.signal.aborted) throw error;
  });
  const lag = 'max(saidao_lag_seconds{line="scoring"})';
  const seen = { deadlineMs: SEEN_MS, everyMs: 500 };

  // One of two: the other tells how old what was the first one's grows, until it takes over.
  const first = system.workers.get('scoring')!;
  process.kill(first.pid, 'SIGKILL');
  await first.exited;
  await eventually(
    'the survivor tells the lag in seconds',
    async () => {
      return ((await valueOf(lag)) ?? 0) > LAG_SECONDS_MAX;
    },
    seen,
  );
  await eventually('the age of what waits is an alert', () => isFiring('SaidaoLagTooOld'), seen);
  await eventually('so is the process', () => isFiring('SaidaoWorkerDown'), seen);
  await eventually(
    'the survivor takes over',
    async () => {
      return (
        ((await valueOf(lag)) ?? Infinity) <= LAG_SECONDS_MAX &&
        !(await isFiring('SaidaoLagTooOld'))
      );
    },
    seen,
  );

  // Both: nobody is left to tell a lag, so that it is told that nobody is.
  process.kill(another.pid, 'SIGKILL');
  await another.exited;
  await eventually(
    'a line that nobody runs is an alert',
    () => isFiring('SaidaoLineStopped'),
    seen,
  );
  const away = 'time() - max(max_over_time(timestamp(saidao_joined{line="scoring"} == 1)[1h:2s]))';
  await eventually('so is known since when', async () => ((await valueOf(away)) ?? 0) > 15, seen);
  await system.start('scoring').ready(SEEN_MS);
  load.abort();
  await loading;
  await untilSettled(system, SEEN_MS);
  await eventually('nothing waits any more', async () => (await valueOf(lag)) === 0, seen);
  await eventually(
    'the alerts have ended',
    async () => {
      const names = await firing();
      return !names.includes('SaidaoLineStopped') && !names.includes('SaidaoLagTooOld');
    },
    seen,
  );
  expect(await prometheus.query('ALERTS{alertname="SaidaoLineStopped"}')).toEqual([]);
});

test('a record that cannot be read is seen on the board, and is an alert', async () => {
  const nonsense = Buffer.from('nonsense');
  const topic = topicName(topics.submissions);
  await system.log.send([
    { topic, partition: 0, key: nonsense, value: nonsense, headers: { ce_type: 'Nothing' } },
  ]);
  const seen = { deadlineMs: SEEN_MS, everyMs: 500 };
  await eventually('the alert fires', () => isFiring('SaidaoDeadLetters'), seen);
  const found = await prometheus.query('sum by (line, code) (saidao_dead_letters_total)');
  expect(found.map(({ labels }) => labels['line'])).toContain('intake');
});
