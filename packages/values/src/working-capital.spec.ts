// The working-capital need: the published example, what is left of it, and days that make no turnover.
import { describe, expect, it } from 'vitest';
import rules from '../fixtures/rules.json' with { type: 'json' };
import { fenOfYuan } from './money.ts';
import { ppmOf } from './rates.ts';
import { newLimitFen, workingCapitalNeedFen, type CapitalCycle } from './working-capital.ts';

const { workingCapitalNeed: vectors } = rules;

// The vectors count in units of 10,000 yuan; the formula does not mind.
const fen = (amount: number | string) => fenOfYuan(String(amount));

describe('the working-capital need', () => {
  it.each(vectors)('of $revenue is $need, the new limit $newLimit', (vector) => {
    const growth = { to: BigInt(1_000_000 + ppmOf(vector.growth)), from: 1_000_000n };
    const need = workingCapitalNeedFen(fen(vector.revenue), growth, cycleOf(vector));
    expect(need).toBe(fen(vector.need));
    const limit = newLimitFen(need ?? 0n, fen(vector.ownFunds), fen(vector.existingLoans));
    expect(limit).toBe(fen(vector.newLimit));
  });

  it.each([
    [109, true],
    [110, false],
    [111, false],
  ])('with %i more days of payables is known: %s', (more, known) => {
    const [vector] = vectors;
    if (vector === undefined) throw new Error('rules.json has no example.');
    const cycle = cycleOf(vector);
    const longer = { ...cycle, payableDays: cycle.payableDays + more };
    const need = workingCapitalNeedFen(fen(vector.revenue), { to: 1n, from: 1n }, longer);
    expect(need !== null).toBe(known);
  });

  it('after a year of next to nothing is no amount that there is', () => {
    const [vector] = vectors;
    const growth = { to: fen(80_000_000), from: 1n };
    expect(workingCapitalNeedFen(fen(80_000_000), growth, cycleOf(vector!))).toBeNull();
  });
});

function cycleOf({ margin, days }: (typeof vectors)[number]): CapitalCycle {
  return {
    marginPpm: ppmOf(margin),
    inventoryDays: days.inventory,
    receivableDays: days.receivable,
    payableDays: days.payable,
    prepaymentDays: days.prepayment,
    advanceDays: days.advance,
  };
}
