// Differences as entries: each balanced, and two steps to a target post what one does.
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { balanceFen, chart, imbalanceOf } from '../postings.ts';
import { contractOf } from './loan.fixture.ts';
import {
  draftsOfMoney,
  moneyBetween,
  movementsBetween,
  withoutMoney,
  type Draft,
} from './movements.ts';
import { nothingPosted, type Posted } from './posted.ts';

const fen = fc.bigInt({ min: 0n, max: 10_000_000_000n });
const figures = Object.keys(nothingPosted) as (keyof Posted)[];
const posted = fc
  .record(
    Object.fromEntries(figures.map((name) => [name, fen])) as Record<keyof Posted, typeof fen>,
  )
  .map((one): Posted => {
    const { costsPaidFen, interestPaidFen, principalPaidFen, guaranteePaidFen } = one;
    const takenFen = costsPaidFen + interestPaidFen + principalPaidFen + guaranteePaidFen;
    return { ...one, receivedFen: takenFen + one.recoveredFen + one.suspenseFen };
  });
const contract = contractOf();

function balancesOf(drafts: readonly Draft[]): string[] {
  const postings = drafts.flatMap((draft) => draft.postings);
  return chart.map(({ code }) => `${code}: ${balanceFen(code, postings)}`);
}

describe('movements between two figures', () => {
  it('are balanced each, and none is empty', () => {
    fc.assert(
      fc.property(posted, posted, (one, other) => {
        for (const { postings } of movementsBetween(contract, one, other)) {
          expect(postings.length).toBeGreaterThan(1);
          expect([...imbalanceOf(postings).values()]).toEqual([0n]);
          for (const { amountFen } of postings) expect(amountFen).toBeGreaterThan(0n);
        }
      }),
    );
  });

  it('post by two steps what they post by one, and nothing where nothing differs', () => {
    fc.assert(
      fc.property(posted, posted, posted, (first, between, last) => {
        const steps = [
          ...movementsBetween(contract, first, between),
          ...movementsBetween(contract, between, last),
        ];
        expect(balancesOf(steps)).toEqual(balancesOf(movementsBetween(contract, first, last)));
        expect(movementsBetween(contract, last, last)).toEqual([]);
      }),
    );
  });

  it('take money back so that the books are as if it had never come', () => {
    fc.assert(
      fc.property(posted, posted, posted, (before, withIt, target) => {
        const money = moneyBetween(before, withIt);
        const mirrored = draftsOfMoney(money).map((draft) => ({
          ...draft,
          postings: draft.postings.map(
            (one) => ({ ...one, side: one.side === 'debit' ? 'credit' : 'debit' }) as const,
          ),
        }));
        const all = [
          ...movementsBetween(contract, before, withIt),
          ...mirrored,
          ...movementsBetween(contract, withoutMoney(withIt, money), target),
        ];
        expect(balancesOf(all)).toEqual(balancesOf(movementsBetween(contract, before, target)));
      }),
    );
  });
});
