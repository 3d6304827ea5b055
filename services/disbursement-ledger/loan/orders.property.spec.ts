// Money of borrower and guarantor by the decision itself: whatever order it is told in, one end.
import fc from 'fast-check';
import { countingOf, type RepaymentEffect } from '@saidao/loans';
import { addDays, formatYuan, repaymentPlans, type RepaymentPlan } from '@saidao/values';
import { describe, expect, it } from 'vitest';
import { Books, causeOf, repayment, said } from './loan.fixture.ts';

const FIRST = '2026-01-05';
const LAST = '2027-02-28';

const day = fc.integer({ min: 0, max: 400 }).map((days) => addDays(FIRST, days));
/** Around the day of the claim a day more or less decides. */
const payDay = fc.oneof(
  day,
  fc.integer({ min: 58, max: 95 }).map((days) => addDays(FIRST, days)),
);

interface Paid {
  readonly reference: string;
  readonly yuan: string;
  readonly on: string;
  readonly effect: RepaymentEffect;
  readonly isReversed: boolean;
}

const payments = fc
  .array(
    fc.record({
      fen: fc.integer({ min: 1, max: 80_000_000 }),
      on: payDay,
      effect: fc.constantFrom<RepaymentEffect>('SCHEDULED', 'SHORTEN', 'GUARANTEE', 'GUARANTEE'),
      isReversed: fc.constantFrom(false, false, false, true),
    }),
    { minLength: 1, maxLength: 7 },
  )
  .map((all) =>
    all.map(({ fen, ...one }, at): Paid => ({
      ...one,
      reference: `R${at}`,
      yuan: formatYuan(BigInt(fen)),
    })),
  );

/** Each up to three times; taken back at its second, by two officers. */
const told = payments.chain((all) =>
  fc.record({
    all: fc.constant(all),
    order: fc.shuffledSubarray([...all, ...all, ...all], { minLength: all.length * 3 }),
    /** Before which of them days are closed, as far as they have gone. */
    closings: fc.array(fc.tuple(fc.nat({ max: 20 }), day), { maxLength: 6 }),
  }),
);

function lived(
  method: RepaymentPlan,
  order: readonly Paid[],
  closings: readonly (readonly [at: number, day: string])[],
) {
  const guarantee = { guarantor: 'somebody', guaranteeSharePpm: 800_000 };
  const books = Books.drawn({ method, counting: countingOf[method], ...guarantee });
  const times = new Map<string, number>();
  const close = (date: string) => {
    const closed = books.closeDay(date);
    if (closed.changed) books.tell(date);
    return closed;
  };
  order.forEach((one, at) => {
    for (const [, date] of closings.filter(([before]) => before === at)) close(date);
    const { reference, yuan, on, effect } = one;
    const source = 'bank-file';
    const decided = books.when(
      'RepaymentReceived',
      repayment(reference, yuan, on, { effect, source }),
      LAST,
    );
    expect(causeOf(decided)).toBeUndefined();
    const seen = (times.get(reference) ?? 0) + 1;
    times.set(reference, seen);
    if (!one.isReversed || seen !== 2) return;
    for (const [officer, role] of [
      ['w.li', 'officer'],
      ['h.chen', 'committee'],
    ] as const) {
      books.when('ReversalRequested', said(officer, role, { source, reference }), LAST);
    }
  });
  const { position } = close(LAST);
  return { books, position };
}

describe('money of borrower and guarantor', () => {
  it('told in any order, late and again, with days closed between, ends with the same books', () => {
    fc.assert(
      fc.property(fc.constantFrom(...repaymentPlans), told, (method, { all, order, closings }) => {
        const inTurn = all.toSorted((one, other) => (one.on < other.on ? -1 : 1));
        const one = lived(method, order, closings);
        const other = lived(method, [...inTurn, ...inTurn], []);
        expect(one.position).toEqual(other.position);
        expect(one.books.balances()).toEqual(other.books.balances());
        expect(one.books.account.posted).toEqual(other.books.account.posted);
        // Whether a claim was told that is none any more: its withdrawal is told, too.
        const toldOf = ({ books }: typeof one) => ({ ...books.account.told, claimed: null });
        expect(toldOf(one)).toEqual(toldOf(other));
        expect([...one.books.faults(), ...other.books.faults()]).toEqual([]);
      }),
      { numRuns: 150 },
    );
  });

  it('is the guarantor’s where it paid: asked for, held, and never more than it paid', () => {
    fc.assert(
      fc.property(fc.constantFrom(...repaymentPlans), told, (method, { order, closings }) => {
        const { standing, account } = lived(method, order, closings).books;
        const reversed = new Set(
          account.facts.flatMap((fact) => (fact.kind === 'REVERSED' ? [fact.reverses] : [])),
        );
        let paidFen = 0n;
        for (const fact of account.facts) {
          if (fact.kind !== 'REPAID' || fact.effect !== 'GUARANTEE') continue;
          if (!reversed.has(fact.id)) paidFen += fact.amountFen;
        }
        expect(standing.guaranteePaidFen + standing.guaranteeHeldFen).toBe(paidFen);
      }),
      { numRuns: 100 },
    );
  });
});
