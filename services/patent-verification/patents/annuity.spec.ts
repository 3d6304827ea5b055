// Annuities: the schedule, the months of grace, and the right that ends where they were not used.
import { readFileSync } from 'node:fs';
import { addDays, addMonths, fenOfYuan } from '@saidao/values';
import { fc, test } from '@fast-check/vitest';
import { describe, expect, it } from 'vitest';
import { annuityDueOn, annuityFen, annuityStanding, surchargeFen } from './annuity.ts';

const rules = JSON.parse(
  readFileSync(new URL('../../../packages/values/fixtures/rules.json', import.meta.url), 'utf8'),
) as { annuitySurcharge: { annualFee: number; late: string; surcharge?: number }[] };

const dueOn = '2026-05-27';

/** `3 months and 1 day` after the due date. */
function lateBy(late: string): string {
  const [months = '0', days = '0'] = late.match(/\d+/g) ?? [];
  return addDays(addMonths(dueOn, Number(months)), Number(days));
}

describe('the vectors of the surcharge', () => {
  it.each(rules.annuitySurcharge)('$late on $annualFee', ({ annualFee, late, surcharge }) => {
    const expected = surcharge === undefined ? undefined : fenOfYuan(String(surcharge));
    expect(surchargeFen(fenOfYuan(String(annualFee)), dueOn, lateBy(late))).toBe(expected);
  });
});

it.each([
  ['invention', [900, 900, 900, 1200, 1200, 1200, 2000, 2000, 2000, 4000, 4000, 4000, 6000]],
  ['utility-model', [600, 600, 600, 900, 900, 1200, 1200, 1200, 2000, 2000]],
  ['design', [600, 600, 600, 900, 900, 1200, 1200, 1200, 2000, 2000, 3000, 3000]],
] as const)('the fees of %s', (kind, yuan) => {
  yuan.forEach((fee, index) => {
    expect(annuityFen(kind, index + 1)).toBe(fenOfYuan(String(fee)));
  });
});

it('ends with the last year of the kind', () => {
  expect(annuityFen('invention', 20)).toBe(fenOfYuan('8000'));
  expect(annuityFen('invention', 21)).toBeUndefined();
  expect(annuityFen('utility-model', 11)).toBeUndefined();
  expect(annuityFen('design', 16)).toBeUndefined();
});

describe('how a patent stands', () => {
  const patent = { kind: 'invention', filed: '2016-05-27', paidThroughYear: 10 } as const;

  it('is paid up to the day on which the next fee is due', () => {
    expect(annuityDueOn(patent.filed, 11)).toBe(dueOn);
    expect(annuityStanding(patent, dueOn)).toEqual({ kind: 'paid', nextDueOn: dueOn });
  });

  it('is in grace for six months, with a surcharge on the full fee', () => {
    expect(annuityStanding(patent, '2026-09-01')).toEqual({
      kind: 'grace',
      patentYear: 11,
      dueOn,
      endsOn: '2026-11-27',
      feeFen: fenOfYuan('4000'),
      surchargeFen: fenOfYuan('600'),
    });
    expect(annuityStanding(patent, '2026-11-27')).toMatchObject({ kind: 'grace' });
  });

  it('has ended on the due date once the grace is over', () => {
    expect(annuityStanding(patent, '2026-11-28')).toEqual({
      kind: 'lapsed',
      patentYear: 11,
      endedOn: dueOn,
    });
  });

  it('owes nothing for a year that its term does not have', () => {
    const design = { kind: 'design', filed: '2018-01-02', paidThroughYear: 10 } as const;
    expect(annuityStanding(design, '2027-12-31')).toEqual({ kind: 'paid', nextDueOn: null });
  });

  it('owes nothing more in its last year', () => {
    const paid = { ...patent, paidThroughYear: 20 };
    expect(annuityStanding(paid, '2036-05-26')).toEqual({ kind: 'paid', nextDueOn: null });
  });
});

test.prop([fc.integer({ min: 0, max: 400 }), fc.integer({ min: 0, max: 400 })])(
  'a later payment never costs less',
  (one, other) => {
    const [early, late] = one < other ? [one, other] : [other, one];
    const after = surchargeFen(200_000n, dueOn, addDays(dueOn, late));
    if (after === undefined) return;
    expect(surchargeFen(200_000n, dueOn, addDays(dueOn, early))).toBeLessThanOrEqual(after);
  },
);
