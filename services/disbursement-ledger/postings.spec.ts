// Postings as tables: what each event of a loan debits and credits, and that every entry is balanced.
import fc from 'fast-check';
import { fenOfYuan, formatYuan, sumFen } from '@saidao/values';
import { scenario } from '@saidao/testkit';
import { describe, expect, it } from 'vitest';
import type { BookRow } from './book.decide.ts';
import {
  APPLICATION,
  authorised,
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
import { bookLine } from './book.worker.ts';
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
  const story = scenario(bookLine, { applicationId: APPLICATION, nowMs: 1_000 });
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
    'a booked loan: principal against the borrower’s deposit',
    booked,
    `disbursement/1  1303  D  100000000.00
     disbursement/1  2011  C  100000000.00`,
  ],
  [
    'each confirmed payout leaves the deposit through the central bank',
    [...booked, confirmed(2, '38000000'), confirmed(1, '62000000')],
    `disbursement/1  1303  D  100000000.00
     disbursement/1  2011  C  100000000.00
     payout/1/2      2011  D   38000000.00
     payout/1/2      1003  C   38000000.00
     payout/1/1      2011  D   62000000.00
     payout/1/1      1003  C   62000000.00`,
  ],
  [
    'a payout to the borrower itself, to the fen',
    [authorised({ terms: plain({ amount: yuan('8000000.07') }) }), confirmed(1, '8000000.07')],
    `disbursement/1  1303  D  8000000.07
     disbursement/1  2011  C  8000000.07
     payout/1/1      2011  D  8000000.07
     payout/1/1      1003  C  8000000.07`,
  ],
  [
    'a rejected payout posts nothing: the money stays in the deposit',
    [...booked, rejected(1), confirmed(2, '38000000')],
    `disbursement/1  1303  D  100000000.00
     disbursement/1  2011  C  100000000.00
     payout/1/2      2011  D   38000000.00
     payout/1/2      1003  C   38000000.00`,
  ],
  [
    'an unknown payout posts nothing until it is confirmed, and then once',
    [...booked, unknown(1), confirmed(1, '62000000'), confirmed(1, '62000000')],
    `disbursement/1  1303  D  100000000.00
     disbursement/1  2011  C  100000000.00
     payout/1/1      2011  D   62000000.00
     payout/1/1      1003  C   62000000.00`,
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
        expect(balanceFen('1303', all)).toBe(amount.minor);
        expect(balanceFen('2011', all)).toBe(amount.minor - paidFen);
        expect(balanceFen('1003', all)).toBe(-paidFen);
        expect(new Set(entries.map(({ id }) => id)).size).toBe(entries.length);
      }),
    );
  });
});
