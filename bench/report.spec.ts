// The report: ratios are medians of the pairs, and shares are of all that was measured.
import { expect, test } from 'vitest';
import { readOptions, type Form } from './options.ts';
import { linesOf, reportOf } from './report.ts';
import type { ThroughputRun } from './throughput.ts';
import { perService } from './usage.ts';

const machine = {
  ...{ cores: 2, cpu: 'A CPU', memoryMiB: 100, fdatasyncMs: 0.2, node: 'v24.0.0' },
  ...{ kafka: '4', postgres: '18', redis: '6', commit: 'abc' },
};

function run(form: Form, perSecond: number, workerMs: number): ThroughputRun {
  return {
    form,
    applications: 100,
    seconds: 100 / perSecond,
    perSecond,
    endsMs: { count: 100, p50: 1, p95: 2, p99: 3, max: 4 },
    firstDecisionMs: 250,
    cpuMsPerApplication: {
      workers: perService(() => workerMs),
      ...{ broker: 2, database: 2, redis: 1, outsideWorld: 50, bot: 50, bench: 10, machine: 170 },
    },
    othersShare: 0.04,
    memory: perService(() => ({ peakBytes: perSecond * 1e6, residentBytes: 1e6 })),
    window: { fromUs: 0, toUs: 1 },
  };
}

const measured = {
  machine,
  durability: ['fsync=on'],
  options: readOptions([]),
  latency: [],
  ...{ evidence: null, decisions: null, simulation: null, ledger: null, day: null, hledger: null },
  traces: null,
  catchUp: run('saidao', 90, 1),
};
const throughput = [
  run('naive', 10, 9),
  run('saidao', 80, 1),
  run('naive', 20, 9),
  run('saidao', 120, 1),
];

test('ratios are medians over the pairs, and neither world nor bot counts', () => {
  const report = reportOf({ ...measured, throughput });
  expect(report.throughputRatioToNaive).toBe(7);
  expect(report.cpuRatioToNaive).toBe(0.2);
  expect(report.workersCpuRatioToNaive).toBeCloseTo(1 / 9);
  expect(report.applicationsPerSecond).toEqual({ naive: 15, saidao: 100 });
  expect(report.shares.saidao).toEqual({ workers: 0.5, broker: 0.2, database: 0.2, redis: 0.1 });
  expect(report.rss.saidao?.intake.peakBytes).toBe(120e6);
  expect(report.catchUp?.shareOfSteadyRate).toBe(0.9);
});

test('without a naive run nothing is compared', () => {
  const options = readOptions(['--form', 'saidao']);
  const report = reportOf({
    ...measured,
    options,
    throughput: [run('saidao', 80, 1)],
  });
  expect(report.throughputRatioToNaive).toBeNull();
  expect(report.cpuRatioToNaive).toBeNull();
  expect(linesOf(report).join('\n')).not.toContain('over naive');
});

test('the machine stands before the figures', () => {
  const [first, second] = linesOf(reportOf({ ...measured, throughput }));
  expect(first).toBe(
    '2 cores A CPU | 100 MiB | fdatasync 0.20 ms | Node 24.0.0 | Kafka 4 | PostgreSQL 18 | Redis 6 | commit abc',
  );
  expect(second).toBe('fsync=on');
  expect(linesOf(reportOf({ ...measured, throughput })).join('\n')).toContain('4 %');
});
