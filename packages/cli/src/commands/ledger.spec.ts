// `saidao ledger` without a system: schedules in every form, how findings read, and what is refused.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { runCommand } from '../command.fixture.ts';
import type { Reconciliation, Schedule } from '../desk-of-ledger.ts';
import { haltsLines, reconciliationLines, reconciliationRows } from '../ledger-view.ts';
import { register } from './ledger.ts';

let home: string;
beforeEach(() => {
  home = mkdtempSync(join(tmpdir(), 'saidao-ledger-'));
});
afterEach(() => rmSync(home, { recursive: true, force: true }));

const ledger = (...args: string[]) =>
  runCommand(register, { SAIDAO_HOME: home }, ['ledger', ...args]);

const LOAN = ['--principal', '1000000.00', '--rate', '0.0345', '--months', '12'];
const TERMS = [...LOAN, '--method', 'equal-instalment', '--from', '2026-01-05'];

describe('a schedule', () => {
  it('is printed as JSON for anyone who wants to re-compute it', async () => {
    const { lines, code } = await ledger('schedule', ...TERMS, '--json');
    expect(code).toBe(0);
    expect(lines).toHaveLength(1);
    const schedule = JSON.parse(lines[0]!) as Schedule;
    expect(schedule).toMatchObject({ interestTotal: '18785.85', paymentTotal: '1018785.85' });
    expect(schedule.instalments.map(({ payment }) => payment)).toEqual([
      ...Array.from({ length: 11 }, () => '84898.82'),
      '84898.83',
    ]);
  });

  it('is printed as CSV and as a table', async () => {
    const { lines: csv } = await ledger('schedule', ...TERMS, '--csv');
    expect(csv[0]).toBe('number,from,to,dueOn,opening,principal,interest,payment,closing');
    expect(csv[1]).toBe(
      '1,2026-01-05,2026-02-05,2026-02-05,1000000.00,82023.82,2875.00,84898.82,917976.18',
    );
    const { lines } = await ledger('schedule', ...TERMS, '--reset', '2026-07-05=0.03');
    expect(lines[0]).toContain('rate 0.0345 from 2026-01-05, 0.03 from 2026-07-05');
    expect(lines.at(-1)).toMatch(/^interest \d+\.\d\d, to pay in all/);
  });

  it('takes a convention, a day count and an interest day', async () => {
    const monthly = [...LOAN, '--method', 'interest-monthly-principal-at-end'];
    const options = ['--from', '2026-01-05', '--interest-day', '10', '--day-count', 'act-365'];
    const { lines } = await ledger(
      ...['schedule', ...monthly, ...options, '--convention', 'following', '--json'],
    );
    expect(JSON.parse(lines[0]!)).toMatchObject({
      ...{ dayCount: 'ACT_365', interestDay: 10, convention: 'following' },
      instalments: expect.arrayContaining([
        expect.objectContaining({ to: '2026-01-10', dueOn: '2026-01-12' }),
      ]),
    });
  });
});

it.each([
  ['a schedule of nothing', ['schedule'], /required option '--principal/],
  ['a date that is none', ['schedule', ...TERMS, '--from', 'today'], /today is no date/],
  ['two forms at once', ['schedule', ...TERMS, '--json', '--csv'], /--json or --csv, not both/],
  ['a statement of nobody', ['reconcile', 'x.csv', '--by', 'a'], /required option '--lender/],
  ['reconciled by nobody', ['reconcile', 'x.csv', '--lender', 'a'], /required option '--by/],
  ['halts where nothing runs', ['halts'], /Nothing runs here/],
  ['a halt lifted without a reason', ['halts', 'lift', 'a', '--by', 'b'], /option '--reason/],
])('%s is refused in a sentence', async (_what, args, says) => {
  await expect(ledger(...args)).rejects.toThrow(says);
});

const found: Reconciliation = {
  ...{ lender: 'czb-hz', file: 's.csv', sha256: '00', format: 'csv' },
  ...{ since: '2026-11-20', until: '2026-11-20', mismatch: '160.01', bound: '0.00' },
  counts: { lines: 4, matched: 1, missing: 1, extra: 30, differing: 1, repeated: 0, pending: 0 },
  halted: [{ kind: 'RECONCILE', reason: 'it differs' }],
  missing: [
    {
      ...{ payoutId: 'p/3', loanId: 'L', payee: '甲', amount: '30.00', status: 'paid' },
      ...{ paidOn: '2026-11-20', railReference: 'R3' },
    },
  ],
  extra: Array.from({ length: 30 }, (_, at) => ({
    ...{ place: `line ${at + 2}`, valueDate: '2026-11-20', references: [], payee: null },
    ...{ amount: '1.00', currency: 'CNY' },
  })),
  differing: [
    {
      payout: {
        ...{ payoutId: 'p/4', loanId: 'L', payee: '甲', amount: '40.00', status: 'unknown' },
        ...{ paidOn: null, railReference: null },
      },
      lines: [
        {
          ...{ place: 'line 40', valueDate: '2026-11-20', references: ['p/4'], payee: '甲' },
          ...{ amount: '40.00', currency: 'CNY' },
        },
      ],
      differences: [{ kind: 'status', ours: 'unknown', theirs: 'paid' }],
      mismatch: '40.00',
    },
  ],
  repeated: [],
};

describe('a reconciliation', () => {
  it('reads as counts, the first of each, and what was done', () => {
    const lines = reconciliationLines(found);
    expect(lines.slice(0, 3)).toEqual([
      's.csv (csv) beside the books of czb-hz, 2026-11-20 to 2026-11-20:',
      '4 lines; 1 payouts matched, 1 missing, 30 extra, 1 differing; 0 lines repeated, 0 pending.',
      'missing: p/3, 30.00 to 甲, paid on 2026-11-20',
    ]);
    expect(lines[3]).toBe('extra: line 2, 1.00 CNY on 2026-11-20 (–)');
    expect(lines.slice(-5, -1)).toEqual([
      '… and 10 more',
      'differing: p/4, 40.00 to 甲, unknown: status unknown → paid (line 40)',
      'They differ by 160.01 CNY; the bound is 0.00.',
      'Payouts of czb-hz are halted (RECONCILE): it differs.',
    ]);
  });

  it('is a row for each that does not agree', () => {
    const rows = reconciliationRows(found);
    expect(rows).toHaveLength(33);
    expect(rows[1]).toEqual(['missing', 'p/3', null, '2026-11-20', '甲', '30.00', 'CNY', null]);
    expect(rows.at(-1)?.at(-1)).toBe('status: unknown → paid');
  });
});

it('halts read as they are and as they were', () => {
  expect(haltsLines({ halts: [], log: [] })).toEqual(['No lender’s payouts are halted.']);
  const at = '2026-11-20T02:00:00.000Z';
  const lines = haltsLines({
    halts: [
      {
        ...{ lender: 'czb-hz', kind: 'RECONCILE', reason: 'it differs', haltedAt: at },
        ...{ applicationId: null, lane: null },
      },
    ],
    log: [{ ...{ lender: 'czb-hz', what: 'HALTED', kind: 'RECONCILE', reason: 'x' }, by: 'a', at }],
  });
  expect(lines).toEqual([
    `czb-hz: halted since ${at} (RECONCILE): it differs`,
    '',
    'Set and lifted, the latest first:',
    `  ${at}  czb-hz  halted  RECONCILE  by a  x`,
  ]);
});
