// Scoring, rule by rule: given findings, when scored, then these points, this coverage, this grade.
import fc from 'fast-check';
import { encode, topics, type PatentsVerified } from '@saidao/schemas';
import { event, scenario } from '@saidao/testkit';
import { describe, expect, it } from 'vitest';
import { cardsFolder, readCard } from './adapters/card-file.ts';
import { asOf, caseNamed, cases, findingOf, patentsVerified, yuan } from './cases.fixture.ts';
import { gradeOf, scored } from './decide.ts';
import { scoring } from './worker.ts';

const card = readCard(`${cardsFolder}soft-power.v1.json`);
const sensor = caseNamed('new-quality-8m');

function factorOf(change: Partial<PatentsVerified>, code: string) {
  const { factors } = scored(card, patentsVerified(sensor, change), null);
  const factor = factors.find((one) => one.code === code);
  if (factor === undefined) throw new Error(`The card has no factor ${code}.`);
  return factor;
}

function enterprise(change: Partial<PatentsVerified['enterprise']>): Partial<PatentsVerified> {
  return { enterprise: { ...patentsVerified(sensor).enterprise, ...change } };
}

describe('the cases', () => {
  it.each([
    ['smart-lock-ip-pledge', 7400, 9000, 'AA'],
    ['new-quality-8m', 6900, 9000, 'AA'],
    ['talent-3m', 5000, 9500, 'BB'],
    ['innovation-5m', 3100, 8000, 'B'],
    ['already-pledged', 7400, 9000, 'AA'],
    ['uscc-check-fails', 6900, 9000, 'AA'],
  ])('%s scores %i of %i: %s', (id, points, maxPoints, grade) => {
    const score = scored(card, patentsVerified(caseNamed(id)), null);
    expect([score.points, score.maxPoints, score.grade]).toEqual([points, maxPoints, grade]);
  });

  it('gives every factor of the card, with a reason', () => {
    for (const sample of cases) {
      const { factors } = scored(card, patentsVerified(sample), null);
      expect(factors.map(({ code }) => code)).toEqual(card.factors.map(({ code }) => code));
      for (const factor of factors) expect(factor.reason).not.toBe('');
    }
  });
});

describe('a missing input', () => {
  it('lowers the coverage and is named, and takes no point from what is known', () => {
    const whole = scored(card, patentsVerified(sensor), null);
    const less = scored(card, patentsVerified(sensor, enterprise({ exports: null })), null);
    expect(less.coveragePpm).toBe(whole.coveragePpm - 50_000);
    expect(less.maxPoints).toBe(whole.maxPoints - 500);
    expect(less.factors.find(({ code }) => code === 'EXPORT_SHARE')).toMatchObject({
      missing: true,
      value: null,
      points: 0,
    });
  });

  it('differs from what is known to be none', () => {
    expect(factorOf(enterprise({ subsidies: null }), 'SUBSIDY_LEVEL').missing).toBe(true);
    expect(factorOf(enterprise({ subsidies: [] }), 'SUBSIDY_LEVEL')).toMatchObject({
      missing: false,
      points: 0,
      reason: 'no subsidy in the last three calendar years',
    });
  });

  it.each([
    [2027, 0],
    [2026, 600],
    [2024, 600],
    [2023, 0],
  ])('of a subsidy is none when it is of %i: three calendar years count', (year, points) => {
    const subsidies = [{ year, amount: yuan(600_000), level: 'municipal' }];
    expect(factorOf(enterprise({ subsidies }), 'SUBSIDY_LEVEL').points).toBe(points);
  });

  it('is also a year that is too old, or one that has not come', () => {
    const of = (year: number) => [{ year, amount: yuan(1_000_000) }];
    expect(
      factorOf(enterprise({ revenue: of(2023), rd: of(2023) }), 'RESEARCH_INTENSITY').missing,
    ).toBe(true);
    expect(
      factorOf(enterprise({ revenue: of(2027), rd: of(2027) }), 'RESEARCH_INTENSITY').missing,
    ).toBe(true);
    expect(
      factorOf(enterprise({ revenue: of(2024), rd: of(2024) }), 'RESEARCH_INTENSITY').missing,
    ).toBe(false);
  });

  it('of everything gives the lowest grade at no coverage', () => {
    const nothing = enterprise({
      staff: null,
      scienceStaff: null,
      revenue: null,
      rd: null,
      qualifications: null,
      subsidies: null,
      exports: null,
      talents: null,
    });
    const findings = sensor.patents.map((patent) =>
      findingOf(patent, { PL01: 'UNKNOWN', PL02: 'UNKNOWN', PL03: 'UNKNOWN' }),
    );
    const bundle = { ...patentsVerified(sensor).bundle, findings };
    const score = scored(card, patentsVerified(sensor, { ...nothing, bundle }), null);
    expect(score).toMatchObject({ points: 0, maxPoints: 0, coveragePpm: 0, grade: 'C' });
  });
});

describe('qualifications', () => {
  it.each([
    ['2026-11-20', '2026-11-20', 800],
    ['2026-11-21', '2027-01-01', 0],
    ['2023-12-08', '2026-11-19', 0],
  ])('count from %s to %s, both days in', (validFrom, validTo, points) => {
    const qualifications = [{ kind: 'HIGH_TECH_ENTERPRISE', validFrom, validTo }];
    expect(factorOf(enterprise({ qualifications }), 'QUALIFICATIONS_VALID').points).toBe(points);
  });

  it('that expired are named and score nothing', () => {
    const qualifications = [
      { kind: 'HIGH_TECH_ENTERPRISE', validFrom: '2020-01-01', validTo: '2023-01-01' },
      { kind: 'TECHNOLOGY_SME', validFrom: '2026-01-01', validTo: '2026-12-31' },
    ];
    expect(factorOf(enterprise({ qualifications }), 'QUALIFICATIONS_VALID')).toMatchObject({
      points: 400,
      value: 'TECHNOLOGY_SME; HIGH_TECH_ENTERPRISE expired 2023-01-01',
    });
  });

  it('count once each and not beyond the maximum', () => {
    const held = (kind: string) => ({ kind, validFrom: '2025-01-01', validTo: '2027-12-31' });
    const twice = [held('HIGH_TECH_ENTERPRISE'), held('HIGH_TECH_ENTERPRISE')];
    const all = ['LITTLE_GIANT', 'HIDDEN_CHAMPION', 'HIGH_TECH_ENTERPRISE', 'toString'].map(held);
    expect(factorOf(enterprise({ qualifications: twice }), 'QUALIFICATIONS_VALID').points).toBe(
      800,
    );
    expect(factorOf(enterprise({ qualifications: all }), 'QUALIFICATIONS_VALID').points).toBe(2000);
  });
});

describe('patents', () => {
  const lock = caseNamed('smart-lock-ip-pledge');
  const bundleOf = (results: Record<string, 'CLEAR' | 'ADVERSE' | 'UNKNOWN'>[]) => ({
    ...patentsVerified(lock).bundle,
    findings: lock.patents.map((patent, index) => findingOf(patent, results[index])),
  });

  it('that the register was silent on count as missing where they could change the points', () => {
    const bundle = bundleOf([{}, {}, { PL02: 'UNKNOWN' }]);
    expect(factorOf({ bundle }, 'INVENTION_PATENTS')).toMatchObject({
      missing: true,
      value: '2; 1 unknown',
    });
    // A known one is in the top band already.
    expect(factorOf({ bundle }, 'PATENT_LIFE').missing).toBe(false);
  });

  it('count though they are pledged, and not when terminated', () => {
    expect(factorOf({ bundle: bundleOf([{ PL09: 'ADVERSE' }]) }, 'INVENTION_PATENTS').points).toBe(
      1500,
    );
    expect(factorOf({ bundle: bundleOf([{ PL02: 'ADVERSE' }]) }, 'INVENTION_PATENTS').points).toBe(
      1100,
    );
  });
});

describe('bands', () => {
  it.each([
    [29, 100, 1200],
    [30, 100, 1500],
    [299_999, 1_000_000, 1200],
    [0, 50, 0],
  ])('%i of %i science staff', (scienceStaff, staff, points) => {
    expect(factorOf(enterprise({ scienceStaff, staff }), 'SCIENCE_STAFF_SHARE').points).toBe(
      points,
    );
  });

  it('take a share of no revenue as above any', () => {
    const revenue = [{ year: 2025, amount: yuan(0) }];
    const rd = [{ year: 2025, amount: yuan(5) }];
    expect(factorOf(enterprise({ revenue, rd }), 'RESEARCH_INTENSITY').points).toBe(1000);
  });

  it('read growth from two years that follow each other', () => {
    const revenue = [2023, 2025].map((year) => ({ year, amount: yuan(5) }));
    expect(factorOf(enterprise({ revenue }), 'REVENUE_GROWTH').missing).toBe(true);
    const falling = [
      { year: 2024, amount: yuan(100) },
      { year: 2025, amount: yuan(99.99) },
    ];
    expect(factorOf(enterprise({ revenue: falling }), 'REVENUE_GROWTH')).toMatchObject({
      points: 0,
      reason: 'revenue fell',
    });
  });

  it('of grades are bounds on the share of what is known', () => {
    expect(gradeOf(card, 8500, 10000)).toBe('AAA');
    expect(gradeOf(card, 8499, 10000)).toBe('AA');
    expect(gradeOf(card, 4250, 5000)).toBe('AAA');
    expect(gradeOf(card, 0, 10000)).toBe('C');
  });
});

describe('the line', () => {
  const id = patentsVerified(sensor).applicationId;
  const guarantee = {
    institution: '浙江示例融资担保有限公司',
    sharePpm: 700_000,
    result: 'CLEAR' as const,
    reference: 'G-1',
    evidence: null,
  };

  it('carries the guarantor’s answer forward', () => {
    const decision = scenario(scoring(card), { applicationId: id })
      .given(
        event('EnterpriseChecked', {
          applicationId: id,
          revision: 1,
          lenderId: 'boc-zj',
          guarantee,
        }),
      )
      .when(event('PatentsVerified', patentsVerified(sensor), { number: 2 }));
    expect(decision.events?.map(({ type }) => type)).toEqual(['EnterpriseScored']);
    expect(decision.events?.[0]?.data).toMatchObject({ guarantee, businessDate: asOf });
  });

  it('forgets it with a new revision', () => {
    const decision = scenario(scoring(card), { applicationId: id })
      .given(
        event('EnterpriseChecked', {
          applicationId: id,
          revision: 1,
          lenderId: 'boc-zj',
          guarantee,
        }),
      )
      .when(event('PatentsVerified', patentsVerified(sensor, { revision: 2 }), { number: 2 }));
    expect(decision.events?.[0]?.data).toMatchObject({ guarantee: null, revision: 2 });
  });

  it('gives the same bytes for the same input and card', () => {
    fc.assert(
      fc.property(
        fc.constantFrom(...cases),
        fc.option(fc.nat(5000), { nil: null }),
        fc.option(fc.nat(5000), { nil: null }),
        (sample, staff, scienceStaff) => {
          const change = {
            enterprise: { ...patentsVerified(sample).enterprise, staff, scienceStaff },
          };
          const bytes = () =>
            encode(
              'EnterpriseScored',
              scored(card, patentsVerified(sample, change), null),
              topics.scores.name,
            );
          expect(bytes().equals(bytes())).toBe(true);
        },
      ),
      { numRuns: 50 },
    );
  });

  it('never gives a factor more than its maximum, nor all more than what is known', () => {
    fc.assert(
      fc.property(
        fc.constantFrom(...cases),
        fc.option(fc.nat(1000), { nil: null }),
        fc.option(fc.nat(1000), { nil: null }),
        fc.option(
          fc.array(
            fc.record({
              year: fc.integer({ min: 2020, max: 2027 }),
              amount: fc.nat(10_000_000).map(yuan),
            }),
          ),
          { nil: null },
        ),
        (sample, staff, scienceStaff, revenue) => {
          const change = {
            enterprise: { ...patentsVerified(sample).enterprise, staff, scienceStaff, revenue },
          };
          const score = scored(card, patentsVerified(sample, change), null);
          for (const factor of score.factors)
            expect(factor.points).toBeLessThanOrEqual(factor.maxPoints);
          expect(score.points).toBeLessThanOrEqual(score.maxPoints);
          expect(score.maxPoints).toBe(Math.round((score.coveragePpm * 10_000) / 1_000_000));
        },
      ),
    );
  });
});
