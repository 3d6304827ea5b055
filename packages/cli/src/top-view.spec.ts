// What `saidao top` shows of given readings, on wide, narrow and low terminals, and as text.
import { describe, expect, it } from 'vitest';
import type { LineReading } from './line-readings.ts';
import { ageOf, frameOf, textLinesOf, type TopView } from './top-view.ts';

const quiet: LineReading = {
  line: 'intake',
  ratePerSecond: 0,
  lagRecords: 0,
  oldestSeconds: null,
  errors: 0,
  workers: 2,
  parked: 0,
  deadLetters: 0,
  faults: [],
};
const view: TopView = {
  atMs: Date.parse('2026-11-27T08:30:05.250Z'),
  brokers: ['kafka-1:9092', 'kafka-2:9092'],
  intervalSeconds: 2,
  readings: [
    quiet,
    {
      ...quiet,
      ...{ line: 'scoring', ratePerSecond: 12.34, lagRecords: 1_240, oldestSeconds: 35.2 },
      ...{ errors: 3, workers: 3, parked: 12, deadLetters: 4 },
    },
    {
      ...quiet,
      ...{ line: 'shadow', ratePerSecond: null, lagRecords: null, errors: null, parked: null },
      workers: 0,
    },
    {
      ...quiet,
      ...{ line: 'book', lagRecords: 7, oldestSeconds: 4_000, workers: 0, errors: null },
      ...{ parked: null, faults: ['no worker'] },
    },
  ],
  notes: ['scoring does not answer at http://10.0.0.7:8080'],
};

describe('the view of a terminal', () => {
  it('has a row for each line, its numbers under each other', () => {
    expect(frameOf(view, { columns: 100, rows: 40 }, false)).toEqual([
      'saidao top  08:30:05 UTC  every 2 s  kafka-1:9092, kafka-2:9092',
      '',
      'line     workers  rate/s   lag  oldest  errors  dead letters  parked',
      'intake         2     0.0     0       –       0             0       0',
      'scoring        3    12.3  1240    35 s       3             4      12',
      'shadow         0       –     –       –       –             0       –',
      'book           0     0.0     7  67 min       –             0       –  no worker',
      '',
      'scoring does not answer at http://10.0.0.7:8080',
    ]);
  });

  it('leaves columns out and cuts what is too long where the terminal is narrow', () => {
    expect(frameOf(view, { columns: 46, rows: 40 }, false)).toEqual([
      'saidao top  08:30:05 UTC  every 2 s  kafka-1:…',
      '',
      'line     workers  rate/s   lag  oldest  errors',
      'intake         2     0.0     0       –       0',
      'scoring        3    12.3  1240    35 s       3',
      'shadow         0       –     –       –       –',
      'book           0     0.0     7  67 min       …',
      '',
      'scoring does not answer at http://10.0.0.7:80…',
    ]);
    for (let columns = 0; columns < 80; columns += 1) {
      const widths = frameOf(view, { columns, rows: 40 }, false).map((text) => text.length);
      expect(Math.max(...widths)).toBeLessThanOrEqual(columns);
    }
  });

  it('fits the height of the terminal, and says what it leaves out', () => {
    const low = frameOf(view, { columns: 100, rows: 5 }, false);
    expect(low).toHaveLength(5);
    expect(low.at(-1)).toBe('… 5 more: make the window higher');
    for (let rows = 1; rows < 12; rows += 1) {
      expect(frameOf(view, { columns: 100, rows }, false).length).toBeLessThanOrEqual(rows);
    }
  });

  it('colours whole lines: what is wrong, and what rests', () => {
    const frame = frameOf(view, { columns: 100, rows: 40 }, true);
    const plain = frameOf(view, { columns: 100, rows: 40 }, false);
    const painted = (at: number, code: string) => `\x1b[${code}m${plain[at]}\x1b[0m`;
    expect(frame).toEqual([
      ...[plain[0], '', painted(2, '1'), painted(3, '2'), plain[4], painted(5, '2')],
      ...[painted(6, '1;31'), '', painted(8, '1;31')],
    ]);
  });
});

describe('the text for programs', () => {
  it('is one line for each line of the system, and for each note', () => {
    const at = '2026-11-27T08:30:05.250Z';
    expect(textLinesOf(view)).toEqual([
      `${at} intake workers=2 rate=0.0 lag=0 oldest=– errors=0 dead-letters=0 parked=0`,
      `${at} scoring workers=3 rate=12.3 lag=1240 oldest=35.2 errors=3 dead-letters=4 parked=12`,
      `${at} shadow workers=0 rate=– lag=– oldest=– errors=– dead-letters=0 parked=–`,
      `${at} book workers=0 rate=0.0 lag=7 oldest=4000.0 errors=– dead-letters=0 parked=– ` +
        'fault="no worker"',
      `${at} note scoring does not answer at http://10.0.0.7:8080`,
    ]);
  });

  it.each([
    [null, '–'],
    [0, '0.0 s'],
    [9.94, '9.9 s'],
    [35, '35 s'],
    [180, '3 min'],
    [7_200, '2 h'],
    [200_000, '2 d'],
  ])('an age of %s seconds is %s', (seconds, text) => {
    expect(ageOf(seconds)).toBe(text);
  });
});
