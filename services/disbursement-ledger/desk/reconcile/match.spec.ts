// The rail's statement beside our payouts, case by case; and sums that hold for any of them.
import { fc, test as propertyTest } from '@fast-check/vitest';
import { sumFen } from '@saidao/values';
import { describe, expect, it } from 'vitest';
import { reconcile, spanOfLines, type DifferenceKind, type OurPayout } from './match.ts';
import type { StatementLine } from './statement.ts';

const DAY = '2026-11-20';
const SPAN = { since: DAY, until: DAY };

const ours = (change: Partial<OurPayout> = {}): OurPayout => ({
  payoutId: 'a/1',
  loanId: 'a-L1',
  payee: '甲',
  amountFen: 1_000n,
  currency: 'CNY',
  status: 'paid',
  paidOn: DAY,
  railReference: 'R1',
  ...change,
});

const line = (change: Partial<StatementLine> = {}): StatementLine => ({
  place: 'line 2',
  valueDate: DAY,
  bookingDate: DAY,
  railReference: 'R1',
  references: ['a/1', 'R1'],
  payee: '甲',
  amountFen: 1_000n,
  currency: 'CNY',
  status: 'booked',
  ...change,
});

/** How many of each, the kinds of differences, and the money at stake. */
function summary(payouts: readonly OurPayout[], lines: readonly StatementLine[]) {
  const all = reconcile(payouts, lines, SPAN);
  return {
    matched: all.matched.length,
    missing: all.missing.length,
    extra: all.extra.length,
    differing: all.differing.flatMap(({ differences }) => differences.map(({ kind }) => kind)),
    repeated: all.repeated.length,
    pending: all.pending.length,
    mismatchFen: all.mismatchFen,
  };
}

const NOTHING = {
  matched: 0,
  missing: 0,
  extra: 0,
  differing: [] as DifferenceKind[],
  repeated: 0,
  pending: 0,
  mismatchFen: 0n,
};

describe('a statement beside our payouts', () => {
  const otherDay = '2026-11-21';
  it.each<[string, OurPayout[], StatementLine[], Partial<typeof NOTHING>]>([
    ['nothing on either side', [], [], {}],
    ['the same', [ours()], [line()], { matched: 1 }],
    ['the same by the rail’s reference', [ours()], [line({ references: ['R1'] })], { matched: 1 }],
    ['no payee told', [ours()], [line({ payee: null })], { matched: 1 }],
    ['an empty statement', [ours()], [], { missing: 1, mismatchFen: 1_000n }],
    ['ours of another day', [ours({ paidOn: otherDay })], [], {}],
    ['ours not paid', [ours({ status: 'unknown', paidOn: null, railReference: null })], [], {}],
    ['a stranger', [], [line()], { extra: 1, mismatchFen: 1_000n }],
    ['a stranger’s return', [], [line({ amountFen: -7n })], { extra: 1, mismatchFen: 7n }],
    [
      'paid twice',
      [ours()],
      [line(), line({ railReference: 'R2', references: ['a/1', 'R2'] })],
      { differing: ['amount'], mismatchFen: 1_000n },
    ],
    ['listed twice', [ours()], [line(), line({ place: 'line 3' })], { matched: 1, repeated: 1 }],
    [
      'listed twice without a reference of the rail',
      [ours({ amountFen: 2_000n })],
      [1, 2].map(() => line({ railReference: null, references: ['a/1'] })),
      { matched: 1 },
    ],
    [
      'a split',
      [ours()],
      [line({ amountFen: 400n }), line({ amountFen: 600n, railReference: 'R2' })],
      { matched: 1 },
    ],
    [
      'a split that lacks a part',
      [ours()],
      [line({ amountFen: 400n }), line({ amountFen: 500n, railReference: 'R2' })],
      { differing: ['amount'], mismatchFen: 100n },
    ],
    [
      'sent back',
      [ours()],
      [line(), line({ amountFen: -1_000n, railReference: 'R9' })],
      { differing: ['amount'], mismatchFen: 1_000n },
    ],
    [
      'sent back what is rejected here',
      [ours({ status: 'rejected', paidOn: null, railReference: null })],
      [line(), line({ amountFen: -1_000n, railReference: 'R9' })],
      { matched: 1 },
    ],
    [
      'sent, and as much of another currency sent back',
      [ours({ status: 'rejected', paidOn: null, railReference: null })],
      [line(), line({ amountFen: -1_000n, currency: 'USD', railReference: 'R9' })],
      { differing: ['amount', 'currency', 'status'], mismatchFen: 3_000n },
    ],
    [
      'a fen too much',
      [ours()],
      [line({ amountFen: 1_001n })],
      { differing: ['amount'], mismatchFen: 1n },
    ],
    [
      'another currency',
      [ours()],
      [line({ currency: 'USD' })],
      { differing: ['currency'], mismatchFen: 2_000n },
    ],
    [
      'another payee',
      [ours()],
      [line({ payee: '乙' })],
      { differing: ['payee'], mismatchFen: 2_000n },
    ],
    ['another day', [ours()], [line({ valueDate: otherDay })], { differing: ['date'] }],
    [
      'another reference',
      [ours()],
      [line({ railReference: 'R7', references: ['a/1', 'R7'] })],
      { differing: ['reference'] },
    ],
    [
      'paid what is unknown here',
      [ours({ status: 'unknown', paidOn: null, railReference: null })],
      [line()],
      { differing: ['status'], mismatchFen: 1_000n },
    ],
    [
      'paid what was rejected',
      [ours({ status: 'rejected', paidOn: null, railReference: null })],
      [line()],
      { differing: ['status'], mismatchFen: 1_000n },
    ],
    [
      'only announced',
      [ours()],
      [line({ status: 'pending' })],
      { missing: 1, pending: 1, mismatchFen: 1_000n },
    ],
    [
      'references exchanged: the key counts',
      [ours(), ours({ payoutId: 'a/2', railReference: 'R2' })],
      [line({ references: ['a/1', 'R2'], railReference: 'R2' }), line({ references: ['a/2'] })],
      { differing: ['reference', 'reference'] },
    ],
  ])('%s', (_what, payouts, lines, expected) => {
    expect(summary(payouts, lines)).toEqual({ ...NOTHING, ...expected });
  });
});

describe('any statement', () => {
  const payouts = fc
    .array(fc.record({ amountFen: fc.bigInt(1n, 10n ** 12n), isPaid: fc.boolean() }), {
      maxLength: 20,
    })
    .map((all) =>
      all.map(({ amountFen, isPaid }, at) =>
        ours({
          ...{ payoutId: `a/${at}`, amountFen },
          ...(isPaid
            ? { railReference: `R${at}` }
            : { status: 'unknown', paidOn: null, railReference: null }),
        }),
      ),
    );
  const lines = fc
    .array(fc.record({ at: fc.nat(25), amountFen: fc.bigInt(-(10n ** 12n), 10n ** 12n) }), {
      maxLength: 30,
    })
    .map((all) =>
      all.map(({ at, amountFen }, index) =>
        line({ references: [`a/${at}`], railReference: `X${index}`, amountFen }),
      ),
    );

  propertyTest.prop([payouts, lines])('finds a place for every line and payout', (all, told) => {
    const found = reconcile(all, told, SPAN);
    const placed = [...found.matched, ...found.differing].flatMap((one) => one.lines);
    expect(placed.length + found.extra.length).toBe(told.length);
    const paid = all.filter(({ status }) => status === 'paid');
    const sides = [...found.matched, ...found.differing].map(({ payout }) => payout);
    expect(paid.every((one) => sides.includes(one) !== found.missing.includes(one))).toBe(true);
    // What is no mismatch is the same sum on both sides.
    if (found.mismatchFen === 0n && found.differing.length === 0) {
      const paidFen = sumFen(paid.map(({ amountFen }) => amountFen));
      expect(sumFen(told.map(({ amountFen }) => amountFen))).toBe(paidFen);
    }
  });

  propertyTest.prop([payouts])('made of our payouts matches them', (all) => {
    const paid = all.filter(({ status }) => status === 'paid');
    const told = paid.map(({ payoutId, railReference, amountFen }) =>
      line({ references: [payoutId], railReference, amountFen }),
    );
    const found = reconcile(all, told.toReversed(), SPAN);
    expect(found).toMatchObject({ missing: [], extra: [], differing: [], mismatchFen: 0n });
    expect(found.matched).toHaveLength(paid.length);
  });
});

it('a statement that does not say its days is of those of its lines', () => {
  expect(spanOfLines([])).toBeNull();
  const days = ['2026-11-20', '2026-11-18', '2026-11-19'];
  const span = spanOfLines(days.map((valueDate) => line({ valueDate })));
  expect(span).toEqual({ since: '2026-11-18', until: '2026-11-20' });
});
