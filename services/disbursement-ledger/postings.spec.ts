// Postings as tables: what each event of a loan debits and credits, and that every entry is balanced.
import fc from 'fast-check';
import { fenOfYuan, formatYuan, sumFen } from '@saidao/values';
import { describe, expect, it } from 'vitest';
import type { BookRow } from './booking/state.ts';
import {
  APPLICATION,
  authorised,
  book,
  confirmed,
  payee,
  plain,
  pledgeConfirmed,
  registered,
  rejected,
  terms,
  unknown,
  yuan,
} from './book.fixture.ts';
import {
  accrualPostings,
  balanceFen,
  chart,
  imbalanceOf,
  nonAccrualPostings,
  postingsFrom,
  postingsOf,
  recoveryPostings,
  repaymentPostings,
  reversalOf,
  transferOf,
  writeOffPostings,
  type Entry,
  type Posting,
} from './postings.ts';

type Step = ReturnType<
  | typeof authorised
  | typeof registered
  | typeof pledgeConfirmed
  | typeof confirmed
  | typeof rejected
  | typeof unknown
>;

const booked = [authorised(), registered(), pledgeConfirmed()];

function entriesAfter(steps: readonly Step[]): Entry[] {
  const story = book();
  const rows = steps.flatMap((step): readonly BookRow[] => story.when(step).rows ?? []);
  return rows.flatMap((row) => (row.kind === 'entry' ? [row.entry] : []));
}

/** One line for each posting: entry, account, D or C, yuan. */
function tableOf(entries: readonly Entry[]): string[][] {
  return entries.flatMap(({ id, postings }) =>
    postings.map(({ account, side, amountFen }) => [
      id.replace(`${APPLICATION}/authorisation/`, ''),
      account,
      side === 'debit' ? 'D' : 'C',
      formatYuan(amountFen),
    ]),
  );
}

/** Reads a table as it is written below. */
function table(text: string): string[][] {
  return text
    .split('\n')
    .map((row) => row.trim())
    .filter((row) => row !== '')
    .map((row) => row.split(/\s+/));
}

const steps: readonly [string, readonly Step[], string][] = [
  ['an authorisation that waits for its pledge posts nothing', [authorised(), registered()], ''],
  [
    'a booked loan: its limit is reserved off balance, nothing is owed',
    booked,
    `reservation/1  9001  D  100000000.00
     reservation/1  9099  C  100000000.00`,
  ],
  [
    'a confirmed payout is owed, and leaves the deposit through the central bank',
    [authorised({ terms: plain({ amount: yuan('8000000.07') }) }), confirmed(1, '8000000.07')],
    `reservation/1     9001  D  8000000.07
     reservation/1     9099  C  8000000.07
     release/1/1       9099  D  8000000.07
     release/1/1       9001  C  8000000.07
     disbursement/1/1  1303  D  8000000.07
     disbursement/1/1  2011  C  8000000.07
     payout/1/1        2011  D  8000000.07
     payout/1/1        1003  C  8000000.07`,
  ],
  [
    'a rejected payout gives its part of the limit back',
    [...booked, rejected(1), rejected(2)],
    `reservation/1  9001  D  100000000.00
     reservation/1  9099  C  100000000.00
     release/1/1    9099  D   62000000.00
     release/1/1    9001  C   62000000.00
     release/1/2    9099  D   38000000.00
     release/1/2    9001  C   38000000.00`,
  ],
  [
    'an unknown payout posts nothing until it is confirmed, and then once',
    [...booked, unknown(1), confirmed(1, '62000000'), confirmed(1, '62000000')],
    `reservation/1     9001  D  100000000.00
     reservation/1     9099  C  100000000.00
     release/1/1       9099  D   62000000.00
     release/1/1       9001  C   62000000.00
     disbursement/1/1  1303  D   62000000.00
     disbursement/1/1  2011  C   62000000.00
     payout/1/1        2011  D   62000000.00
     payout/1/1        1003  C   62000000.00`,
  ],
];

describe('postings', () => {
  it.each(steps)('%s', (_says, story, expected) => {
    const entries = entriesAfter(story);
    expect(tableOf(entries)).toEqual(table(expected));
    for (const { postings } of entries) expect([...imbalanceOf(postings)]).toEqual([['CNY', 0n]]);
  });

  it.each([0n, -1n])('refuses an amount of %s fen', (amountFen) => {
    expect(() => postingsOf('PAYOUT', amountFen)).toThrow(RangeError);
  });

  it('grows an asset by debits and a liability by credits', () => {
    const postings = postingsOf('DISBURSEMENT', 5n);
    expect(balanceFen('1303', postings)).toBe(5n);
    expect(balanceFen('2011', postings)).toBe(5n);
    expect(balanceFen('1003', postingsOf('PAYOUT', 3n))).toBe(-3n);
  });

  it('adds up for any payees, paid or rejected in any order', () => {
    const cases = fc
      .array(fc.bigInt({ min: 1n, max: 10n ** 14n }), { minLength: 1, maxLength: 12 })
      .chain((amounts) => {
        const places = amounts.map((_, index) => index + 1);
        return fc.record({
          amounts: fc.constant(amounts),
          order: fc.shuffledSubarray(places),
          refusals: fc.uniqueArray(fc.constantFrom(...places)),
        });
      });
    fc.assert(
      fc.property(cases, ({ amounts, order, refusals }) => {
        const yuanOf = (place: number) => formatYuan(amounts[place - 1] ?? 0n);
        const payees = amounts.map((_, index) => payee(`payee ${index}`, yuanOf(index + 1)));
        const amount = yuan(formatYuan(sumFen(amounts)));
        const entries = entriesAfter([
          authorised({ terms: terms({ payees, amount }) }),
          registered(),
          pledgeConfirmed(),
          ...order.map((place) =>
            refusals.includes(place) ? rejected(place) : confirmed(place, yuanOf(place)),
          ),
        ]);
        for (const { postings } of entries) {
          expect([...imbalanceOf(postings).values()]).toEqual([0n]);
        }
        const all = entries.flatMap(({ postings }) => postings);
        const paidFen = sumFen(
          order
            .filter((place) => !refusals.includes(place))
            .map((place) => fenOfYuan(yuanOf(place))),
        );
        const openFen = sumFen(amounts.filter((_, index) => !order.includes(index + 1)));
        expect(balanceFen('9001', all)).toBe(openFen);
        expect(balanceFen('1303', all)).toBe(paidFen);
        expect(balanceFen('2011', all)).toBe(0n);
        expect(balanceFen('1003', all)).toBe(-paidFen);
        expect(new Set(entries.map(({ id }) => id)).size).toBe(entries.length);
      }),
    );
  });
});

describe('a movement of a loan', () => {
  const sidesOf = (postings: readonly Posting[]) =>
    postings.map(({ account, side, amountFen }) => [
      account,
      side === 'debit' ? 'D' : 'C',
      String(amountFen),
    ]);
  const parts = { costsFen: 1n, interestFen: 20n, principalFen: 300n, suspenseFen: 4n };
  const movements: readonly [string, readonly Posting[], string][] = [
    ['reserves a limit', transferOf('RESERVATION', 7n), '9001 D 7\n 9099 C 7'],
    ['gives it back', transferOf('RELEASE', 7n), '9099 D 7\n 9001 C 7'],
    ['receives money', transferOf('RECEIPT', 7n), '1003 D 7\n 2011 C 7'],
    ['keeps what is too much', transferOf('SUSPENSE', 7n), '2011 D 7\n 2241 C 7'],
    ['uses what was too much', transferOf('SUSPENSE', -7n), '2011 C 7\n 2241 D 7'],
    ['makes an allowance', transferOf('ALLOWANCE', 7n), '6702 D 7\n 1304 C 7'],
    ['needs less allowance', transferOf('ALLOWANCE', -7n), '6702 C 7\n 1304 D 7'],
    ['becomes impaired', transferOf('IMPAIRMENT', 7n), '1303 C 7\n 13031 D 7'],
    ['asks the guarantor', transferOf('GUARANTEE_CLAIM', 7n), '1221 D 7\n 13031 C 7'],
    ['is paid by the guarantor', transferOf('GUARANTEE_PAYMENT', 7n), '2011 D 7\n 1221 C 7'],
    ['earns interest with VAT', accrualPostings(106n, 6n), '1132 D 106\n 2221 C 6\n 6011 C 100'],
    ['earns interest without VAT', accrualPostings(100n, 0n), '1132 D 100\n 6011 C 100'],
    ['earns less than it had', accrualPostings(-106n, -6n), '1132 C 106\n 2221 D 6\n 6011 D 100'],
    [
      'is repaid',
      repaymentPostings(parts),
      '2011 D 325\n 1132 C 20\n 1303 C 300\n 2241 C 4\n 6051 C 1',
    ],
    [
      'is repaid for something else than it was',
      repaymentPostings({ interestFen: 5n, principalFen: -5n }),
      '1132 C 5\n 1303 D 5',
    ],
    [
      'stops accruing',
      nonAccrualPostings(106n, 6n, 106n),
      '2221 D 6\n 6011 D 100\n 9003 D 106\n 1132 C 106\n 9099 C 106',
    ],
    ['accrues off balance', nonAccrualPostings(0n, 0n, 9n), '9003 D 9\n 9099 C 9'],
    [
      'is written off',
      writeOffPostings(300n, 20n),
      '1304 D 320\n 9002 D 320\n 1132 C 20\n 9099 C 320\n 13031 C 300',
    ],
    [
      'is recovered',
      recoveryPostings(30n),
      `13031 D 30\n 1304 C 30\n 2011 D 30\n 13031 C 30\n 9099 D 30\n 9002 C 30`,
    ],
  ];
  it.each(movements)('%s', (_says, postings, expected) => {
    const byCode = (rows: string[][]) => rows.map((row) => row.join(' ')).sort();
    expect(byCode(sidesOf(postings))).toEqual(byCode(table(expected)));
  });

  const fen = fc.bigInt({ min: -(10n ** 15n), max: 10n ** 15n });

  it('is balanced on and off balance, with positive amounts, for differences of any sign', () => {
    fc.assert(
      fc.property(fen, fen, fen, fen, (a, b, c, d) => {
        const all = [
          accrualPostings(a, b),
          repaymentPostings({
            costsFen: a,
            interestFen: b,
            principalFen: c,
            impairedFen: d,
            suspenseFen: a,
          }),
          nonAccrualPostings(a, b, c),
          writeOffPostings(a, b),
          recoveryPostings(a),
          transferOf('ALLOWANCE', a),
        ];
        for (const postings of all) {
          const isMemo = ({ account }: Posting) => account.startsWith('9');
          for (const some of [postings.filter(isMemo), postings.filter((one) => !isMemo(one))]) {
            expect([...imbalanceOf(some).values()].every((off) => off === 0n)).toBe(true);
          }
          expect(postings.every(({ amountFen }) => amountFen > 0n)).toBe(true);
        }
      }),
    );
  });

  it('of nothing has no postings, and of other credits than debits is refused', () => {
    expect(accrualPostings(0n, 0n)).toEqual([]);
    expect(() => postingsFrom({ debit: [['1003', 5n]], credit: [['2011', 4n]] })).toThrow(
      'Debits less credits are 1 fen of CNY',
    );
  });

  it('is taken back by its postings on the other side, once', () => {
    const [entry] = entriesAfter(booked);
    if (entry === undefined) throw new Error('A booking has an entry.');
    const at = { eventId: 'e', bookingDate: '2026-12-01', bookedAtMs: 5 } as const;
    const reversal = reversalOf(entry, at);
    expect(reversal).toMatchObject({
      ...at,
      id: `reversal/${entry.id}`,
      movement: 'REVERSAL',
      reverses: entry.id,
      valueDate: entry.valueDate,
    });
    for (const { code } of chart) {
      expect(balanceFen(code, [...entry.postings, ...reversal.postings])).toBe(0n);
    }
    expect(() => reversalOf(reversal, at)).toThrow(RangeError);
  });
});
