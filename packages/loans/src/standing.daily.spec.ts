// The same figures reached another way: a plain ledger that goes through every single night.
import { addDays, daysBetween, minFen, sumFen, type BusinessDate, type Fen } from '@saidao/values';
import fc from 'fast-check';
import { expect, it } from 'vitest';
import type { LoanContract } from './contract.ts';
import type { LoanFact } from './facts.ts';
import { calendar, contractOf, world } from './loan.fixture.ts';
import { countingOf, interestOf, scheduleOf } from './schedule.ts';
import { standingOn } from './standing.ts';

const bookedOn = '2026-01-31';
const yearDays = 360n;
const million = 1_000_000n;

/** Of one instalment; weights are fen times parts per million of a million, times nights. */
interface Slot {
  readonly dueOn: BusinessDate;
  readonly from: BusinessDate;
  readonly to: BusinessDate;
  readonly openingFen: Fen;
  readonly interestFen: Fen;
  principal: Fen;
  interest: Fen;
  penaltyWeight: bigint;
  penaltyPaid: Fen;
  compoundWeight: bigint;
  compoundPaid: Fen;
}

const halfUp = (weight: bigint): Fen => {
  const whole = million * million * yearDays;
  return (2n * weight + whole) / (2n * whole);
};

/** Costs, penalty, compound interest, interest, principal; each the oldest instalment first. */
function ledgerOn(contract: LoanContract, facts: readonly LoanFact[], date: BusinessDate) {
  const { ratePpm, penalty, method, counting, convention, termMonths } = contract;
  const [draw] = facts;
  const drawn = draw!.kind === 'DRAWN' ? draw!.amountFen : 0n;
  const rates = [{ from: bookedOn, ratePpm }];
  const terms = { method, counting, convention, termMonths, calendar, rates, from: bookedOn };
  const slots = scheduleOf({ principalFen: drawn, ...terms }).map((row): Slot => ({
    ...row,
    ...{ principal: row.principalFen, interest: row.interestFen },
    ...{ penaltyWeight: 0n, penaltyPaid: 0n, compoundWeight: 0n, compoundPaid: 0n },
  }));
  const paid = { costsFen: 0n, penaltyFen: 0n, compoundFen: 0n, interestFen: 0n, principalFen: 0n };
  let [suspense, costs, misuseWeight, misusePaid] = [0n, 0n, 0n, 0n];
  const rate = BigInt(ratePpm);
  const misused = (day: BusinessDate) =>
    facts.some(
      (fact) =>
        fact.kind === 'MISUSED' && fact.on <= day && (fact.until === null || day < fact.until),
    );

  const pay = (day: BusinessDate) => {
    const due = slots.filter((slot) => slot.dueOn <= day);
    const take = (owedFen: Fen) => {
      const part = minFen(suspense, owedFen);
      suspense -= part;
      return part;
    };
    paid.costsFen += take(costs - paid.costsFen);
    for (const slot of due) {
      const part = take(halfUp(slot.penaltyWeight) - slot.penaltyPaid);
      slot.penaltyPaid += part;
      paid.penaltyFen += part;
    }
    const part = take(halfUp(misuseWeight) - misusePaid);
    misusePaid += part;
    paid.penaltyFen += part;
    for (const slot of due) {
      const part = take(halfUp(slot.compoundWeight) - slot.compoundPaid);
      slot.compoundPaid += part;
      paid.compoundFen += part;
    }
    for (const slot of due) {
      const part = take(slot.interest);
      slot.interest -= part;
      paid.interestFen += part;
    }
    for (const slot of due) {
      const part = take(slot.principal);
      slot.principal -= part;
      paid.principalFen += part;
    }
  };

  for (let day = bookedOn; day <= date; day = addDays(day, 1)) {
    if (slots.some((slot) => slot.dueOn === day)) pay(day);
    const today = facts.filter((fact) => fact.on === day);
    for (const fact of today) if (fact.kind === 'COSTS') costs += fact.amountFen;
    if (today.length > 0) pay(day);
    for (const fact of today) if (fact.kind === 'REPAID') suspense += fact.amountFen;
    if (today.length > 0) pay(day);
    const times = misused(day)
      ? Math.max(penalty.overdueTimesPpm, penalty.misuseTimesPpm)
      : penalty.overdueTimesPpm;
    for (const slot of slots) {
      if (slot.dueOn <= day) {
        slot.penaltyWeight += slot.principal * rate * BigInt(times);
        if (penalty.compounds) slot.compoundWeight += slot.interest * rate * BigInt(times);
      } else if (misused(day)) {
        misuseWeight += slot.principal * rate * (BigInt(penalty.misuseTimesPpm) - million);
      }
    }
  }
  const tomorrow = addDays(date, 1);
  const accrued = slots.map(({ from, to, openingFen, interestFen }) => {
    if (tomorrow >= to) return interestFen;
    if (tomorrow <= from) return 0n;
    if (counting.dayCount !== 'MONTHS_12') {
      return interestOf({ rates, counting }, openingFen, { from, to: tomorrow });
    }
    // Its share of a twelfth for each month, as of one fraction.
    const months = method === 'BULLET' ? BigInt(termMonths) : 1n;
    const nights = BigInt(daysBetween(from, tomorrow));
    const whole = 12n * million * BigInt(daysBetween(from, to));
    return (2n * openingFen * rate * months * nights + whole) / (2n * whole);
  });
  const late = slots.filter((slot) => slot.dueOn <= date && slot.principal + slot.interest > 0n);
  return {
    accruedFen: sumFen(accrued),
    penaltyFen: sumFen(slots.map((slot) => halfUp(slot.penaltyWeight))) + halfUp(misuseWeight),
    compoundFen: sumFen(slots.map((slot) => halfUp(slot.compoundWeight))),
    paid,
    suspenseFen: suspense,
    principalFen: drawn - paid.principalFen,
    overduePrincipalFen: sumFen(late.map((slot) => slot.principal)),
    dueInterestFen: sumFen(late.map((slot) => slot.interest)),
    oldestDueOn: late[0]?.dueOn ?? null,
  };
}

const on = fc.nat({ max: 500 }).map((at) => addDays(bookedOn, at));
const amountFen = fc.oneof(fc.bigInt(1n, 500n), fc.bigInt(1n, 400_000n));
const facts = fc
  .array(
    fc.oneof(
      fc.record({
        kind: fc.constant('REPAID' as const),
        on,
        amountFen,
        effect: fc.constant('SCHEDULED' as const),
      }),
      fc.record({ kind: fc.constant('COSTS' as const), on, amountFen: fc.bigInt(1n, 500n) }),
      fc.record({
        kind: fc.constant('MISUSED' as const),
        on,
        until: fc.option(on, { nil: null }),
      }),
    ),
    { maxLength: 10 },
  )
  .map((all): LoanFact[] => [
    { id: 'drawn', kind: 'DRAWN', on: bookedOn, amountFen: 1_000_000n },
    ...all.map((fact, at) => ({ ...fact, id: `fact-${at}` })),
  ]);
const contracts = fc
  .record({
    method: fc.constantFrom(
      'EQUAL_INSTALMENT',
      'EQUAL_PRINCIPAL',
      'INTEREST_MONTHLY_PRINCIPAL_AT_END',
      'BULLET',
    ),
    byMonths: fc.boolean(),
    termMonths: fc.integer({ min: 1, max: 14 }),
    ratePpm: fc.nat({ max: 240_000 }),
    compounds: fc.boolean(),
    misuseTimesPpm: fc.constantFrom(1_200_000, 2_000_000),
  })
  .map(({ byMonths, compounds, misuseTimesPpm, method, ...change }) => {
    const counting = byMonths
      ? ({ dayCount: 'MONTHS_12', interestDay: null } as const)
      : countingOf[method];
    const base = contractOf({ ...change, method, bookedOn, counting });
    return { ...base, penalty: { ...base.penalty, compounds, misuseTimesPpm } };
  });

it('a ledger that goes through every night comes to the same fen', () => {
  fc.assert(
    fc.property(contracts, facts, on, (contract, facts, date) => {
      expect(standingOn(contract, facts, date, world)).toMatchObject(
        ledgerOn(contract, facts, date),
      );
    }),
    { numRuns: 300 },
  );
});
