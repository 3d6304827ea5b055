// Size classes at their bounds, and inclusive flags on the whole credit line.
import { describe, expect, it } from 'vitest';
import rules from '../fixtures/rules.json' with { type: 'json' };
import { fenOfYuan } from './money.ts';
import {
  inclusiveFlags,
  sectorOfIndustry,
  sectorRules,
  sizeClassOf,
  sizeRules,
} from './size-class.ts';

const { sizeClass: vectors } = rules;

const classOf = (
  sector: string,
  staff: number | null,
  revenueYuan: string | null,
  assetsYuan: string | null = null,
) =>
  sizeClassOf(sizeRules, {
    sector,
    staff,
    revenueFen: revenueYuan === null ? null : fenOfYuan(revenueYuan),
    assetsFen: assetsYuan === null ? null : fenOfYuan(assetsYuan),
  });

describe('the size class', () => {
  it.each(vectors)('of $sector with $staff and $revenue is $class', (vector) => {
    expect(classOf(vector.sector, vector.staff, String(vector.revenue))).toBe(vector.class);
  });

  it.each([
    // Both bounds at once, and each alone.
    ['industry', 1000, '400000000', 'large'],
    ['industry', 999, '400000000', 'medium'],
    ['industry', 1000, '399999999.99', 'medium'],
    ['industry', 300, '20000000', 'medium'],
    ['industry', 299, '20000000', 'small'],
    ['industry', 20, '3000000', 'small'],
    ['industry', 19, '3000000', 'micro'],
    ['software', 300, '100000000', 'large'],
    ['software', 100, '10000000', 'medium'],
    ['software', 9, '1000000000', 'micro'],
    ['wholesale', 5, '10000000', 'small'],
    ['retail', 49, '5000000', 'small'],
    ['information-transmission', 2000, '1000000000', 'large'],
    ['transport', 20, '1999999.99', 'micro'],
    ['warehousing', 100, '10000000', 'medium'],
    ['other', 10, null, 'small'],
    ['other', 9, null, 'micro'],
    ['other', 300, null, 'large'],
  ])('of %s with %i and %s is %s', (sector, staff, revenue, expected) => {
    expect(classOf(sector, staff, revenue)).toBe(expected);
  });

  it.each([
    ['construction', 50, '800000000', '800000000', 'large'],
    ['construction', 50, '800000000', '799999999.99', 'medium'],
    ['construction', 50, '59999999.99', '50000000', 'small'],
    ['leasing', 300, null, '1200000000', 'large'],
    ['leasing', 99, null, '1200000000', 'small'],
    ['leasing', 10, null, '999999.99', 'micro'],
  ])('of %s with %i, %s and assets of %s is %s', (sector, staff, revenue, assets, expected) => {
    expect(classOf(sector, staff, revenue, assets)).toBe(expected);
  });

  it('is unknown where what is missing could decide it, and only there', () => {
    expect(classOf('industry', null, '5000000')).toBe('unknown');
    expect(classOf('industry', 5, null)).toBe('micro');
    expect(classOf('industry', 500, null)).toBe('unknown');
    expect(classOf('construction', 50, '50000000')).toBe('unknown');
    expect(classOf('construction', 50, '2999999.99')).toBe('micro');
    expect(classOf('banking', 50, '50000000')).toBe('unknown');
    expect(classOf('constructor', 50, '50000000')).toBe('unknown');
  });
});

describe('the sector of a class of GB/T 4754', () => {
  it.each([
    ['B0610', 'industry'],
    ['C3983', 'industry'],
    ['C39', 'industry'],
    ['D4620', 'industry'],
    ['E4710', 'construction'],
    ['F5137', 'wholesale'],
    ['F5211', 'retail'],
    ['G5435', 'transport'],
    ['G5990', 'warehousing'],
    ['I6311', 'information-transmission'],
    ['I6420', 'information-transmission'],
    ['I6513', 'software'],
    ['K7030', 'other'],
    ['K7090', 'other'],
    ['L7212', 'leasing'],
    ['M7340', 'other'],
    ['N7721', 'other'],
    ['O8193', 'other'],
    ['Q8514', 'other'],
    ['R8710', 'other'],
    // Sectors whose bounds are not in the table: they are none of those that are.
    ['A0111', null],
    ['G5320', null],
    ['G6020', null],
    ['H6110', null],
    ['J6621', null],
    ['K7010', null],
    ['P8336', null],
    ['Q8411', null],
    // Too coarse, or no code.
    ['K70', undefined],
    ['G', undefined],
    ['3983', undefined],
    ['C9999', undefined],
    ['', undefined],
  ])('%s is %s', (code, sector) => {
    expect(sectorOfIndustry(code)).toBe(sector);
  });

  it('is a row of the size table wherever there is one', () => {
    for (const { sector } of sectorRules.divisions) {
      if (sector !== null) expect(sizeRules.sectors).toHaveProperty(sector);
    }
  });
});

describe('inclusive flags', () => {
  it.each([
    ['10000000', ['nfra_1000w', 'pbc_2000w', 's71_3000w']],
    ['10000000.01', ['pbc_2000w', 's71_3000w']],
    ['20000000.01', ['s71_3000w']],
    ['30000000.01', []],
  ])('of a credit line of %s', (credit, flags) => {
    expect(inclusiveFlags(sizeRules, 'small', fenOfYuan(credit))).toEqual(flags);
    expect(inclusiveFlags(sizeRules, 'micro', fenOfYuan(credit))).toEqual(flags);
    for (const size of ['medium', 'large', 'unknown'] as const) {
      expect(inclusiveFlags(sizeRules, size, fenOfYuan(credit))).toEqual([]);
    }
  });

  it('are not claimed where loans were not declared', () => {
    expect(inclusiveFlags(sizeRules, 'small', null)).toEqual([]);
  });
});
