// Whatever happens to a loan, in whatever order it is told: the books end where its facts say.
import fc from 'fast-check';
import { countingOf, type LoanFact, type RepaymentEffect } from '@saidao/loans';
import { addDays, repaymentPlans, sumFen } from '@saidao/values';
import { describe, expect, it } from 'vitest';
import { balanceFen, imbalanceOf, type AccountCode, type Entry } from '../postings.ts';
import { openAccount, standingAt, takeFact, type LoanAccount } from './account.ts';
import { closeLoanDay } from './closing.ts';
import { contractOf, eveningOf, identity, world } from './loan.fixture.ts';

const FIRST = '2026-01-05';
const LAST = '2027-12-31';
const guaranteed = { guarantor: 'somebody', guaranteeSharePpm: 800_000 };

const day = fc.integer({ min: 0, max: 560 }).map((days) => addDays(FIRST, days));
const amountFen = fc.bigInt({ min: 1n, max: 50_000_000n });
const effect = fc.constantFrom<RepaymentEffect>('SCHEDULED', 'SHORTEN', 'LOWER', 'GUARANTEE');
const method = fc.constantFrom(...repaymentPlans);

type Fact = LoanFact extends infer F ? (F extends LoanFact ? Omit<F, 'id'> : never) : never;
const fact: fc.Arbitrary<Fact> = fc.oneof(
  { weight: 2, arbitrary: fc.record({ kind: fc.constant('DRAWN' as const), on: day, amountFen }) },
  {
    weight: 6,
    arbitrary: fc.record({ kind: fc.constant('REPAID' as const), on: day, amountFen, effect }),
  },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('COSTS' as const), on: day, amountFen }) },
  {
    weight: 1,
    arbitrary: fc.record({
      kind: fc.constant('RESCHEDULED' as const),
      on: day,
      termMonths: fc.integer({ min: 1, max: 24 }),
      method,
    }),
  },
  {
    weight: 1,
    arbitrary: fc.record({
      kind: fc.constant('MISUSED' as const),
      on: day,
      until: fc.constant(null),
    }),
  },
  {
    weight: 1,
    arbitrary: fc.record({ kind: fc.constant('REFUNDED' as const), on: day, amountFen }),
  },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('WRITTEN_OFF' as const), on: day }) },
  {
    weight: 1,
    arbitrary: fc.record({
      kind: fc.constant('REVERSED' as const),
      on: day,
      reverses: fc.integer({ min: 1, max: 8 }).map((at) => `fact-${at}`),
    }),
  },
);
const drawnFirst: LoanFact = { id: 'fact-0', kind: 'DRAWN', on: FIRST, amountFen: 70_000_000n };
const facts = fc
  .array(fact, { minLength: 1, maxLength: 8 })
  .map((all): LoanFact[] => [
    drawnFirst,
    ...all.map((one, at) => ({ ...one, id: `fact-${at + 1}` }) as LoanFact),
  ]);

interface Booked {
  readonly account: LoanAccount;
  readonly entries: readonly Entry[];
}

function live(
  method: (typeof repaymentPlans)[number],
  order: readonly LoanFact[],
  closings: readonly string[],
): Booked {
  const contract = contractOf({
    ...{ method, counting: countingOf[method], limitFen: 1_000_000_000n },
    ...{ ...guaranteed, guaranteeClaimAfterDays: 60 },
    vat: { ratePpm: 60_000, exemptThrough: '2026-09-15' },
  });
  let account = openAccount(contract, identity);
  const entries: Entry[] = [];
  const close = (date: string) => {
    const at = { date, bookingDate: date, eventId: date, nowMs: eveningOf(date) };
    const closed = closeLoanDay(account, { ...at, debtorTier: 'normal' }, world);
    account = closed.account;
    entries.push(...closed.entries);
  };
  order.forEach((one, at) => {
    const date = closings[at];
    if (date !== undefined) close(date);
    const booking = { eventId: one.id, nowMs: eveningOf(LAST) };
    const taken = takeFact(account, one, booking, world);
    account = taken.account;
    entries.push(...taken.entries);
  });
  close(LAST);
  return { account, entries };
}

describe('facts of every kind', () => {
  const shuffled = facts.chain((all) =>
    fc.record({
      all: fc.constant(all),
      order: fc.shuffledSubarray([...all, ...all], { minLength: all.length * 2 }),
      closings: fc.array(day, { maxLength: 6 }),
    }),
  );

  it('taken in any order, and each twice, leave the balances of one that knew them all', () => {
    fc.assert(
      fc.property(method, shuffled, (method, { all, order, closings }) => {
        const one = live(method, order, closings.toSorted());
        const other = live(method, all, []);
        const postingsOf = ({ entries }: Booked) => entries.flatMap(({ postings }) => postings);
        const codes = new Set([one, other].flatMap(postingsOf).map(({ account }) => account));
        for (const code of codes) {
          expect([code, balanceFen(code, postingsOf(one))]).toEqual([
            code,
            balanceFen(code, postingsOf(other)),
          ]);
        }
        expect(one.account.posted).toEqual(other.account.posted);
      }),
      { numRuns: 150 },
    );
  });

  it('are posted by balanced entries of their own names, which add up to the standing', () => {
    fc.assert(
      fc.property(method, shuffled, (method, { order, closings }) => {
        const { account, entries } = live(method, order, closings.toSorted());
        for (const { postings } of entries) {
          expect([...imbalanceOf(postings).values()]).toEqual([0n]);
        }
        const ids = entries.map(({ id }) => id);
        expect(new Set(ids).size).toBe(ids.length);
        const standing = standingAt(account, LAST, world);
        const held = (code: AccountCode) =>
          balanceFen(
            code,
            entries.flatMap(({ postings }) => postings),
          );
        const claimFen = standing.claimedFen - standing.guaranteePaidFen;
        expect(held('1303') + held('13031')).toBe(standing.principalFen - claimFen);
        expect(held('1221')).toBe(claimFen);
        expect(held('2011')).toBe(standing.drawnFen + standing.refundedFen);
        expect(held('1003')).toBe(standing.receivedFen);
        expect(held('2241')).toBe(standing.suspenseFen + standing.guaranteeHeldFen);
        expect(held('1304')).toBe(account.posted.allowanceFen);
        const lost = standing.writtenOffFen - account.posted.recoveredFen;
        expect(held('9002')).toBe(lost);
        expect(held('6702')).toBe(held('1304') + lost);
        expect(held('9099')).toBe(sumFen([lost, held('9003'), held('9004')]));
      }),
      { numRuns: 150 },
    );
  });
});
