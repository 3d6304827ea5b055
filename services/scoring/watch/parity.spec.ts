// Parity by group: means, rates and their ratio to the best, and when nothing is said.
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parityOf, type ParityCase } from './parity.ts';

const one: ParityCase = {
  sizeClass: 'small',
  regionCode: '330100',
  foundedYear: 2020,
  scoredYear: 2026,
  sharePpm: 600_000,
  approved: true,
};

/** So many alike, of which so many were approved and the rest declined. */
const many = (count: number, approved: number, change: Partial<ParityCase> = {}): ParityCase[] =>
  Array.from({ length: count }, (_, at) => ({ ...one, approved: at < approved, ...change }));

const groupsBy = (by: string, cases: readonly ParityCase[]) =>
  parityOf(cases).find((parity) => parity.by === by)?.groups ?? [];

describe('parity', () => {
  it('compares each group with the best, and marks what is below four fifths of it', () => {
    const cases = [
      ...many(100, 80),
      ...many(50, 32, { sizeClass: 'micro' }),
      ...many(50, 31, { sizeClass: 'medium' }),
    ];
    expect(
      groupsBy('size', cases).map((group) => [
        group.group,
        group.approvalPpm,
        group.approvalRatioPpm,
        group.belowFourFifths,
      ]),
    ).toEqual([
      ['medium', 620_000, 775_000, true],
      ['micro', 640_000, 800_000, false],
      ['small', 800_000, 1_000_000, false],
    ]);
  });

  it('of scores is seen where nothing is decided yet', () => {
    const undecided = { approved: null };
    const cases = [
      ...many(40, 0, undecided),
      ...many(40, 0, { ...undecided, sizeClass: 'micro', sharePpm: 450_000 }),
    ];
    expect(groupsBy('size', cases)).toMatchObject([
      {
        group: 'micro',
        meanPoints: 4_500,
        meanRatioPpm: 750_000,
        approvalPpm: null,
        approvalRatioPpm: null,
        belowFourFifths: true,
      },
      { group: 'small', meanPoints: 6_000, meanRatioPpm: 1_000_000, belowFourFifths: false },
    ]);
  });

  it('says nothing of a group of fewer than thirty, and measures none by it', () => {
    const cases = [...many(40, 20), ...many(29, 29, { sizeClass: 'micro', sharePpm: 1_000_000 })];
    expect(groupsBy('size', cases)).toMatchObject([
      { group: 'micro', approvalPpm: 1_000_000, approvalRatioPpm: null, belowFourFifths: false },
      { group: 'small', approvalRatioPpm: 1_000_000, meanRatioPpm: 1_000_000 },
    ]);
  });

  it('is by province and by age in years begun; what is not known is a group too', () => {
    const cases = [
      { ...one, regionCode: '330100', foundedYear: 2024 },
      { ...one, regionCode: '330200', foundedYear: 2023 },
      { ...one, regionCode: '110000', foundedYear: 2020 },
      { ...one, regionCode: null, foundedYear: 2015 },
      { ...one, regionCode: null, foundedYear: null },
    ];
    const countsBy = (by: string) =>
      groupsBy(by, cases).map((group) => [group.group, group.scored]);
    expect(countsBy('region')).toEqual([
      ['11', 1],
      ['33', 2],
      ['unknown', 2],
    ]);
    expect(countsBy('age')).toEqual([
      ['00-02 years', 1],
      ['03-05 years', 1],
      ['06-10 years', 1],
      ['11 years and more', 1],
      ['unknown', 1],
    ]);
  });

  it('counts everybody once in each table, in whatever order they come', () => {
    const some = fc.array(
      fc.record({
        sizeClass: fc.constantFrom('micro', 'small', 'medium', 'large', 'unknown'),
        regionCode: fc.option(fc.constantFrom('330100', '110000')),
        foundedYear: fc.option(fc.integer({ min: 1_990, max: 2_026 })),
        scoredYear: fc.constant(2_026),
        sharePpm: fc.nat(1_000_000),
        approved: fc.option(fc.boolean()),
      }),
    );
    fc.assert(
      fc.property(some, (cases) => {
        const parity = parityOf(cases);
        expect(parityOf(cases.toReversed())).toEqual(parity);
        for (const { groups } of parity) {
          expect(groups.reduce((sum, { scored }) => sum + scored, 0)).toBe(cases.length);
        }
      }),
    );
  });
});
