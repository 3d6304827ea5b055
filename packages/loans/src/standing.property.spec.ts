// Any loan and anything that may happen to it: what holds on every day whatever the order.
import {
  addDays,
  addMonths,
  daysBetween,
  fiveTiers,
  repaymentPlans,
  sumFen,
  type RepaymentPlan,
} from '@saidao/values';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { conventions } from './calendar.ts';
import { faultsOfContract, type LoanContract } from './contract.ts';
import { repaymentEffects, type LoanFact } from './facts.ts';
import { calendar, contractOf, world } from './loan.fixture.ts';
import { payoffOn } from './payoff.ts';
import { countingOf, dayCounts, scheduleOf } from './schedule.ts';
import { standingOn, type Standing } from './standing.ts';
import { claimKinds, waterfallDefault } from './waterfall.ts';

const bookedOn = '2026-01-31';
const day = (at: number) => addDays(bookedOn, at);
/** Often the same few days, so that things happen together. */
const on = (most: number) =>
  fc
    .oneof(
      fc.nat({ max: most }),
      fc.nat({ max: Math.floor(most / 59) }).map((at) => at * 59),
    )
    .map(day);
const amountFen = fc.oneof(fc.bigInt(1n, 500n), fc.bigInt(1n, 4_000_000n));

const contracts: fc.Arbitrary<LoanContract> = fc
  .record({
    method: fc.constantFrom(...repaymentPlans),
    dayCount: fc.constantFrom(null, ...dayCounts),
    termMonths: fc.integer({ min: 1, max: 30 }),
    ratePpm: fc.oneof(fc.constant(0), fc.nat({ max: 240_000 })),
    lpr: fc.option(
      fc.record({
        addOnPpm: fc.integer({ min: -40_000, max: 40_000 }),
        tenor: fc.constantFrom('1Y', '5Y'),
        reset: fc.constantFrom('YEARLY', 'QUARTERLY'),
      }),
      { nil: null },
    ),
    convention: fc.constantFrom(...conventions),
    compounds: fc.boolean(),
    graceDays: fc.constantFrom(0, 0, 3),
    principalFirst: fc.boolean(),
    guaranteeSharePpm: fc.constantFrom(0, 800_000, 1_000_000),
    guaranteeClaimAfterDays: fc.constantFrom(0, 1, 30, 90),
  })
  .map(({ dayCount, compounds, graceDays, principalFirst, method, ...change }) => {
    const counting = dayCount === null ? countingOf[method] : { dayCount, interestDay: null };
    const base = contractOf({ ...change, method, bookedOn, counting });
    return {
      ...base,
      penalty: { ...base.penalty, compounds, graceDays },
      waterfall: principalFirst
        ? {
            ...waterfallDefault,
            afterDays: { beyondDays: 90, order: claimKinds.toReversed() },
          }
        : waterfallDefault,
    };
  });

const factArbitraries = {
  DRAWN: fc.record({ kind: fc.constant('DRAWN' as const), on: on(900), amountFen }),
  REPAID: fc.record({
    kind: fc.constant('REPAID' as const),
    on: on(1_000),
    amountFen,
    effect: fc.constantFrom(...repaymentEffects),
  }),
  COSTS: fc.record({ kind: fc.constant('COSTS' as const), on: on(900), amountFen }),
  RESCHEDULED: fc.record({
    kind: fc.constant('RESCHEDULED' as const),
    on: on(900),
    termMonths: fc.integer({ min: 1, max: 24 }),
    method: fc.constantFrom<RepaymentPlan>(...repaymentPlans),
  }),
  MISUSED: fc.record({
    kind: fc.constant('MISUSED' as const),
    on: on(900),
    until: fc.option(on(900), { nil: null }),
  }),
  REFUNDED: fc.record({
    kind: fc.constant('REFUNDED' as const),
    on: on(1_000),
    amountFen,
    toGuarantor: fc.boolean(),
  }),
  WRITTEN_OFF: fc.record({ kind: fc.constant('WRITTEN_OFF' as const), on: on(1_000) }),
  REVERSED: fc.record({
    kind: fc.constant('REVERSED' as const),
    on: on(1_000),
    reverses: fc.nat({ max: 12 }).map((at) => `fact-${at}`),
  }),
};

const happening = (kinds: readonly (keyof typeof factArbitraries)[]) =>
  fc
    .array(fc.oneof(...kinds.map((kind) => factArbitraries[kind])), { maxLength: 12 })
    .map((all): LoanFact[] => [
      { id: 'first', kind: 'DRAWN', on: bookedOn, amountFen: 1_000_000n },
      ...all.map((fact, at) => ({ ...fact, id: `fact-${at}` })),
    ]);

const anything = happening([
  'DRAWN',
  'REPAID',
  'REPAID',
  'REPAID',
  'COSTS',
  'RESCHEDULED',
  'MISUSED',
  'REFUNDED',
  'WRITTEN_OFF',
  'REVERSED',
]);
const unreversed = happening([
  'DRAWN',
  'REPAID',
  'REPAID',
  'REPAID',
  'COSTS',
  'RESCHEDULED',
  'MISUSED',
  'REFUNDED',
  'WRITTEN_OFF',
]);

const numRuns = 1_000;
const paidFen = ({ paid }: Standing) => sumFen(Object.values(paid));
const accumulated = (one: Standing) =>
  [one.accruedFen, one.penaltyFen, one.compoundFen, one.costsFen] as const;

/** Each balance by what it is made of. */
function assertWhole(one: Standing): void {
  expect(one.receivedFen).toBe(
    paidFen(one) +
      one.recoveredFen +
      one.guaranteePaidFen +
      one.suspenseFen +
      one.guaranteeHeldFen +
      one.refundedFen,
  );
  expect(one.principalFen).toBe(
    one.drawnFen - one.paid.principalFen - one.guaranteePaidFen - one.writtenOffFen,
  );
  for (const [paid, accrued] of [
    [one.paid.interestFen, one.accruedFen],
    [one.paid.penaltyFen, one.penaltyFen],
    [one.paid.compoundFen, one.compoundFen],
    [one.paid.costsFen, one.costsFen],
    [one.recoveredFen, one.writtenOffFen + one.writtenOffClaimsFen],
    [one.guaranteePaidFen, one.claimedFen],
    [one.overduePrincipalFen, one.principalFen],
    [0n, one.principalFen],
    [0n, one.suspenseFen],
    [0n, one.guaranteeHeldFen],
  ] as const) {
    expect(paid >= 0n && paid <= accrued).toBe(true);
  }
  let owedFen = 0n;
  for (const row of one.instalments) {
    expect(row.principalFen >= row.paidPrincipalFen && row.paidPrincipalFen >= 0n).toBe(true);
    expect(row.interestFen >= row.paidInterestFen && row.paidInterestFen >= 0n).toBe(true);
    expect(row.from <= row.to && row.closingFen >= 0n).toBe(true);
    owedFen += row.principalFen - row.paidPrincipalFen;
  }
  expect(owedFen).toBe(one.principalFen + one.writtenOffFen);
  expect(sumFen(one.instalments.map((row) => row.principalFen))).toBe(one.drawnFen);
  expect(one.instalments.map(({ number }) => number)).toEqual(
    one.instalments.map((_, index) => index + 1),
  );
  // Whoever has money in suspense owes nothing that can be asked for.
  if (one.suspenseFen > 0n) {
    expect([one.oldestDueOn, one.dueInterestFen]).toEqual([null, 0n]);
  }
  // Of who was asked the day before nothing is kept that it is asked for.
  if (one.guaranteeClaimedOn !== null && one.guaranteeClaimedOn < one.date) {
    expect(one.guaranteeHeldFen === 0n || one.claimedFen === one.guaranteePaidFen).toBe(true);
  }
}

describe('a loan drawn at once and left alone', () => {
  it('falls due as its schedule says', () => {
    fc.assert(
      fc.property(contracts, fc.bigInt(1n, 10n ** 13n), fc.nat(60), (base, principalFen, later) => {
        const { method, termMonths, ratePpm, counting, convention } = base;
        const bookedOn = day(later);
        const contract = { ...base, bookedOn, maturesOn: addMonths(bookedOn, termMonths) };
        const facts: LoanFact[] = [
          { id: 'drawn', kind: 'DRAWN', on: bookedOn, amountFen: principalFen },
        ];
        const { instalments } = standingOn({ ...contract, lpr: null }, facts, bookedOn, world);
        const schedule = scheduleOf({
          principalFen,
          method,
          from: bookedOn,
          termMonths,
          rates: [{ from: bookedOn, ratePpm }],
          counting,
          convention,
          calendar,
        });
        const rows = instalments.map(
          ({ number, from, to, dueOn, openingFen, principalFen, interestFen, closingFen }) => ({
            ...{ number, from, to, dueOn, openingFen, principalFen, interestFen, closingFen },
          }),
        );
        // A schedule also names months in which nothing is left to pay.
        expect(rows).toEqual(schedule.filter((row) => row.openingFen > 0n));
      }),
      { numRuns },
    );
  });
});

describe('any loan and any facts', () => {
  it('keeps every sum whole, on any day', () => {
    fc.assert(
      fc.property(contracts, anything, on(1_200), (contract, facts, date) => {
        expect(faultsOfContract(contract)).toEqual([]);
        assertWhole(standingOn(contract, facts, date, world));
      }),
      { numRuns },
    );
  });

  it('stands the same for facts in any order and told any number of times', () => {
    const shuffled = contracts.chain((contract) =>
      anything.chain((facts) =>
        fc.record({
          contract: fc.constant(contract),
          facts: fc.constant(facts),
          more: fc.shuffledSubarray(facts),
          others: fc.shuffledSubarray(facts, { minLength: facts.length }),
        }),
      ),
    );
    fc.assert(
      fc.property(shuffled, on(1_200), ({ contract, facts, more, others }, date) => {
        const told = standingOn(contract, [...more, ...others], date, world);
        expect(told).toEqual(standingOn(contract, facts, date, world));
      }),
      { numRuns },
    );
  });

  it('stands on a day as if nothing had been told of the days after it', () => {
    fc.assert(
      fc.property(contracts, anything, on(1_200), (contract, facts, date) => {
        const known = facts.filter((fact) => fact.on <= date);
        const { quotes } = world.lpr;
        const lpr = { ...world.lpr, quotes: quotes.filter((quote) => quote.date <= date) };
        expect(standingOn(contract, known, date, { ...world, lpr })).toEqual(
          standingOn(contract, facts, date, world),
        );
      }),
      { numRuns },
    );
  });

  it('bears more each day, and never less', () => {
    fc.assert(
      fc.property(contracts, unreversed, on(1_200), (contract, facts, date) => {
        const today = standingOn(contract, facts, date, world);
        const tomorrow = standingOn(contract, facts, addDays(date, 1), world);
        const before = accumulated(today);
        accumulated(tomorrow).forEach((fen, at) => expect(fen >= before[at]!).toBe(true));
      }),
      { numRuns },
    );
  });

  it('has earned without VAT what it had earned by the last day without, and all else alike', () => {
    fc.assert(
      fc.property(contracts, unreversed, on(900), on(1_200), (contract, facts, last, date) => {
        const exempt = { ...contract, vat: { ...contract.vat, exemptThrough: last } };
        const { exemptFen, ...rest } = standingOn(exempt, facts, date, world);
        const then = standingOn(contract, facts, date < last ? date : last, world);
        expect(exemptFen).toBe(then.accruedFen + then.penaltyFen + then.compoundFen);
        expect({ ...rest, exemptFen: 0n }).toEqual(standingOn(contract, facts, date, world));
      }),
      { numRuns },
    );
  });

  it('is longer past due each day on which nothing is paid or agreed', () => {
    fc.assert(
      fc.property(contracts, anything, on(1_200), (contract, facts, date) => {
        const next = addDays(date, 1);
        if (facts.some((fact) => fact.on === next)) return;
        const today = standingOn(contract, facts, date, world);
        const tomorrow = standingOn(contract, facts, next, world);
        if (today.oldestDueOn === null) return;
        expect(tomorrow.daysPastDue).toBe(today.daysPastDue + 1);
        expect(daysBetween(today.oldestDueOn, date)).toBe(today.daysPastDue);
        if (today.nonAccrualFrom !== null) {
          expect(tomorrow.nonAccrualFrom).toBe(today.nonAccrualFrom);
        }
        if (tomorrow.daysPastDue > contract.nonAccrualAfterDays) {
          expect(tomorrow.nonAccrualFrom).not.toBeNull();
          expect(fiveTiers.indexOf(tomorrow.ownTier)).toBeGreaterThanOrEqual(2);
        }
      }),
      { numRuns },
    );
  });

  it('earns by its last day what its rows say, and has no row beyond', () => {
    fc.assert(
      fc.property(contracts, anything, on(900), (contract, facts, date) => {
        const known = facts.filter((fact) => fact.on <= date);
        const fixed = { ...contract, lpr: null };
        const { instalments, maturesOn, guaranteeHeldFen } = standingOn(fixed, known, date, world);
        // If all is paid as it falls due; else the guarantor's money would be taken in between.
        if (guaranteeHeldFen > 0n) return;
        const end = maturesOn > date ? maturesOn : date;
        const last = standingOn(fixed, known, end, world);
        expect(last.accruedFen).toBe(sumFen(instalments.map((row) => row.interestFen)));
        expect(standingOn(fixed, known, addDays(end, 400), world).accruedFen).toBe(last.accruedFen);
      }),
      { numRuns },
    );
  });

  it('is settled by what it takes to be rid of it', () => {
    fc.assert(
      fc.property(contracts, anything, on(1_000), (contract, facts, date) => {
        const known = facts.filter((fact) => fact.on <= date);
        const { missingFen } = payoffOn(contract, known, date, world);
        if (missingFen === 0n) return;
        const paidBy = (amountFen: bigint) =>
          standingOn(
            contract,
            [...known, { id: 'zz', kind: 'REPAID', on: date, amountFen, effect: 'LOWER' }],
            date,
            world,
          );
        expect(paidBy(missingFen)).toMatchObject({ settled: true, suspenseFen: 0n });
        if (missingFen > 1n) expect(paidBy(missingFen - 1n).settled).toBe(false);
      }),
      { numRuns },
    );
  });
});
