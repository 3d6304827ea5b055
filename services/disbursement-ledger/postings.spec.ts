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
import { balanceFen, imbalanceOf, postingsOf, type Entry } from './postings.ts';

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
