// What is read of a worker's metrics, and what of a page that is none.
import { createMetrics, Observer } from '@saidao/worker';
import { describe, expect, it } from 'vitest';
import { askMetrics, workerMetricsOf } from './worker-metrics.ts';

const AT = 'http://127.0.0.1:18083';

describe('metrics of a worker', () => {
  it('say of each line what went wrong and what waits', () => {
    const text = [
      '# HELP saidao_joined 1 while the line belongs to its group.',
      'saidao_joined{line="verify",service="patent-verification"} 1',
      'saidao_joined{line="pledge",service="patent-verification"} 0',
      'saidao_alarms_total{line="verify",kind="gap",service="patent-verification"} 2',
      'saidao_alarms_total{line="verify",kind="turn-failed",service="patent-verification"} 3',
      'saidao_dead_letters_total{line="verify",code="SAIDAO_SCHEMA",service="x"} 1',
      'saidao_parked_records{line="pledge",service="patent-verification"} 7',
      'saidao_paused{line="pledge",service="patent-verification"} 1',
      'saidao_broken_lanes{line="pledge",service="patent-verification"} 2',
      'saidao_breaker_open{provider="reg\\"ister",lender="boc-zj",service="x"} 0.5 1700000000000',
      'saidao_breaker_open{provider="register",lender="exim-zj",service="x"} 0',
      '',
    ].join('\n');
    expect(workerMetricsOf(AT, text)).toEqual({
      address: AT,
      service: 'patent-verification',
      lines: new Map([
        ['verify', { errors: 6, parked: 0, paused: false, brokenLanes: 0 }],
        ['pledge', { errors: 0, parked: 7, paused: true, brokenLanes: 2 }],
      ]),
      openBreakers: ['reg"ister for boc-zj'],
    });
  });

  it('are those that a worker writes', async () => {
    const metrics = createMetrics({ service: 'scoring', defaults: false });
    const observer = new Observer();
    metrics.observeLine(observer);
    metrics.trackLine('scoring', {
      status: () => ({ joined: true, paused: 'by hand', broken: [], lanes: [0], oldestTurnMs: 0 }),
      backlog: async () => ({
        ...{ parked: 4, oldestParkedMs: 0, blocked: 0 },
        ...{ timers: 0, timersDue: 0, oldestDueMs: 0 },
      }),
      lag: async () => [],
    });
    observer.emit('alarm', { line: 'scoring', kind: 'gap', message: 'x' });
    expect(workerMetricsOf(AT, await metrics.text())).toEqual({
      address: AT,
      service: 'scoring',
      lines: new Map([['scoring', { errors: 1, parked: 4, paused: true, brokenLanes: 0 }]]),
      openBreakers: [],
    });
  });

  it('are nothing where nobody answers, or something else does', async () => {
    expect(workerMetricsOf(AT, '<html>not found</html>')).toBeNull();
    expect(await askMetrics('http://127.0.0.1:1', new AbortController().signal)).toBeNull();
  });
});
