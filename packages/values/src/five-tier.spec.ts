// The least tier by days past due: the vectors, technical reasons, and that more days never help.
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import rules from '../fixtures/rules.json' with { type: 'json' };
import { fiveTierFloor, fiveTiers } from './five-tier.ts';

const { daysPastDue, technicalOverdue } = rules.fiveTier;
const placeOf = (days: number, technical = false) =>
  fiveTiers.indexOf(fiveTierFloor({ daysPastDue: days, technical }));

describe('the least tier', () => {
  it.each(Object.entries(daysPastDue))('%s days past due is %s', (days, tier) => {
    expect(fiveTierFloor({ daysPastDue: Number(days) })).toBe(tier);
  });

  it.each(Object.entries(technicalOverdue))('%s days for technical reasons is %s', (days, tier) => {
    expect(fiveTierFloor({ daysPastDue: Number(days), technical: true })).toBe(tier);
  });

  it('never betters with more days, and technical reasons never make it worse', () => {
    fc.assert(
      fc.property(fc.nat(1_000), fc.nat(1_000), fc.boolean(), (days, more, technical) => {
        expect(placeOf(days + more, technical)).toBeGreaterThanOrEqual(placeOf(days, technical));
        expect(placeOf(days, true)).toBeLessThanOrEqual(placeOf(days, false));
      }),
    );
  });

  it.each([-1, 1.5, NaN])('of %s days is no question', (days) => {
    expect(() => fiveTierFloor({ daysPastDue: days })).toThrow(/whole days from 0/);
  });
});
