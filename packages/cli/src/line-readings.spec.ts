// Rates, ages and faults of lines, from looks that are made up.
import type { GroupReading } from '@saidao/event-log';
import { lines, workerTopics, type LineName } from '@saidao/schemas';
import { describe, expect, it } from 'vitest';
import { LineWatch, type LineReading, type Look } from './line-readings.ts';
import type { LineMetrics, WorkerMetrics } from './worker-metrics.ts';

const BEGAN_MS = 1_764_000_000_000;
const member = { clientId: 'saidao-scoring', host: '10.0.0.7', lanes: [0] };

/** Scoring at a position of 100 records, `seconds` after the beginning. */
function lookAt(
  seconds: number,
  position: number,
  more: Partial<GroupReading> & {
    waitingSinceMs?: number;
    workers?: WorkerMetrics[];
    next?: number;
  } = {},
): Look {
  const { waitingSinceMs = null, workers = [], next = 100, ...group } = more;
  const partition = { topic: 'saidao.patent-findings.v1', partition: 0 };
  const offsets = { position: BigInt(position), next: BigInt(next), waitingSinceMs };
  return {
    atMs: BEGAN_MS + seconds * 1_000,
    groups: [
      {
        ...{ group: 'saidao.scoring', known: true, members: [member] },
        partitions: [{ ...partition, ...offsets }],
        ...group,
      },
    ],
    sizes: new Map([[workerTopics('scoring').deadLetter, 3n]]),
    workers,
  };
}

const telling = (change: Partial<LineMetrics>, address = 'http://a'): WorkerMetrics => ({
  ...{ address, service: 'scoring', openBreakers: [] },
  lines: new Map([
    ['scoring' as LineName, { errors: 0, parked: 0, paused: false, brokenLanes: 0, ...change }],
  ]),
});

function last(...looks: Look[]): LineReading {
  const watch = new LineWatch();
  const readings = looks.map((look) => watch.take(look)).at(-1)!;
  expect(readings.map(({ line }) => line)).toEqual(lines);
  return readings.find(({ line }) => line === 'scoring')!;
}

describe('a reading of a line', () => {
  it('has no rate and no errors at the first look', () => {
    expect(last(lookAt(0, 40))).toEqual({
      ...{ line: 'scoring', ratePerSecond: null, lagRecords: 60, oldestSeconds: null },
      ...{ errors: null, workers: 1, parked: null, deadLetters: 3, faults: [] },
    });
  });

  it('has what was taken since the look before as its rate', () => {
    expect(last(lookAt(0, 40), lookAt(2, 55)).ratePerSecond).toBe(7.5);
  });

  it('takes nothing back where somebody has set offsets back, nor where a topic is new', () => {
    expect(last(lookAt(0, 40), lookAt(2, 10)).ratePerSecond).toBe(0);
    const none = lookAt(0, 0, { partitions: [] });
    expect(last(none, lookAt(2, 10)).ratePerSecond).toBe(0);
  });

  it('is as old as the first record that waits, whatever the clock of the broker says', () => {
    const old = lookAt(3, 40, { waitingSinceMs: BEGAN_MS + 500 });
    expect(last(old).oldestSeconds).toBe(2.5);
    const ahead = lookAt(3, 40, { waitingSinceMs: BEGAN_MS + 9_000 });
    expect(last(ahead).oldestSeconds).toBe(0);
  });

  it('counts what goes wrong from the beginning, also over a restart', () => {
    const at = (seconds: number, errors: number) =>
      lookAt(seconds, 100, { workers: [telling({ errors })] });
    expect(last(at(0, 5)).errors).toBe(0);
    expect(last(at(0, 5), at(1, 8)).errors).toBe(3);
    expect(last(at(0, 5), at(1, 8), lookAt(2, 100), at(3, 1)).errors).toBe(4);
  });

  it('counts the errors of all workers, and what is parked once', () => {
    const at = (seconds: number, errors: number) =>
      lookAt(seconds, 100, {
        workers: [telling({ errors, parked: 7 }), telling({ errors, parked: 6 }, 'http://b')],
      });
    expect(last(at(0, 1), at(1, 2))).toMatchObject({ errors: 2, parked: 7 });
  });

  it('says that nobody is there', () => {
    const alone = lookAt(1, 40, { members: [] });
    expect(last(alone)).toMatchObject({ workers: 0, faults: ['no worker'] });
  });

  it('says nothing of a line that never ran, as shadow without a challenger', () => {
    const never = lookAt(1, 0, { members: [], known: false, waitingSinceMs: BEGAN_MS });
    const nothing = { lagRecords: null, oldestSeconds: null, faults: [] };
    expect(last(never)).toMatchObject(nothing);
  });

  it('says that a line stands still once something has waited for ten seconds', () => {
    const at = (seconds: number) => lookAt(seconds, 40, { waitingSinceMs: BEGAN_MS });
    expect(last(at(0), at(9)).faults).toEqual([]);
    expect(last(at(0), at(11)).faults).toEqual(['stands still']);
  });

  it('says that a line is paused, and how many lanes are broken', () => {
    const workers = [telling({ paused: true, brokenLanes: 2 })];
    expect(last(lookAt(0, 100, { workers })).faults).toEqual(['paused', 'lanes broken: 2']);
  });
});
