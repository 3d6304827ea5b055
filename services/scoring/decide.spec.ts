// Scoring, rule by rule: given findings, when scored, then these points, this coverage, this grade.
import { describe, expect, it } from 'vitest';
import type {
  CollateralChange,
  CollateralChanged,
  EnterpriseScored,
  PatentFinding,
  PatentsVerified,
} from '@saidao/schemas';
import { blankChecks, event, scenario } from '@saidao/testkit';
import { toJson } from '@saidao/values';
import {
  asOf,
  caseNamed,
  cases,
  findingOf,
  models,
  nowhere,
  patentsVerified,
  scorer,
  yuan,
} from './cases.fixture.ts';
import { inputsOf } from './card/inputs.ts';
import { reached } from './card/score.ts';
import { scored } from './decide.ts';
import { scoring } from './worker.ts';

const { card } = models.champion(asOf).ready;
const sensor = caseNamed('new-quality-8m');
const lock = caseNamed('smart-lock-ip-pledge');
const line = scoring(scorer, nowhere);

function factorOf(change: Partial<PatentsVerified>, code: string) {
  const { factors } = scored(scorer, patentsVerified(sensor, change));
  const factor = factors.find((one) => one.code === code);
  if (factor === undefined) throw new Error(`The card has no factor ${code}.`);
  return factor;
}

function enterprise(change: Partial<PatentsVerified['enterprise']>): Partial<PatentsVerified> {
  return { enterprise: { ...patentsVerified(sensor).enterprise, ...change } };
}

describe('the cases', () => {
  it.each([
    ['smart-lock-ip-pledge', 'stable', 6785, 8200, 'AA'],
    ['new-quality-8m', 'growth', 6235, 7900, 'AA'],
    ['talent-3m', 'start-up', 4955, 8200, 'BBB'],
    ['innovation-5m', 'start-up', 3830, 7300, 'BB'],
    ['already-pledged', 'stable', 6785, 8200, 'AA'],
    ['uscc-check-fails', 'growth', 6235, 7900, 'AA'],
  ])('%s, %s, scores %i of %i: %s', (id, stage, points, maxPoints, grade) => {
    const score = scored(scorer, patentsVerified(caseNamed(id)));
    expect([score.stage, score.points, score.maxPoints, score.grade]).toEqual([
      stage,
      points,
      maxPoints,
      grade,
    ]);
  });

  it('give every factor of the card, with both reasons, its weight and its source', () => {
    for (const sample of cases) {
      const { factors, stage } = scored(scorer, patentsVerified(sample));
      expect(factors.map(({ code }) => code)).toEqual(card.factors.map(({ code }) => code));
      factors.forEach((factor, index) => {
        const weight = card.factors[index]?.weights[stage as 'growth'] ?? 0;
        expect(factor).toMatchObject({ weightPpm: weight * 10_000, maxPoints: weight * 100 });
        expect([factor.reason, factor.reasonZh]).not.toContain('');
        expect(factor.source === null).toBe(factor.missing && factor.value === null);
      });
    }
  });
});

describe('a score', () => {
  const score = scored(scorer, patentsVerified(sensor));

  it('names its model and hashes its inputs', () => {
    const { cardId, cardVersion, cardDigest, inputHash } = score;
    expect([cardId, cardVersion]).toEqual(['soft-power', 2]);
    expect(cardDigest).toBe(models.register.models['soft-power@2']?.digest);
    expect(inputHash).toMatch(/^[0-9a-f]{64}$/);
  });

  it('says from which share of the points each grade is had, the best first', () => {
    expect(score.gradeFloors.map(({ grade }) => grade)).toEqual(
      card.grades.map(({ grade }) => grade),
    );
    expect(score.gradeFloors[0]).toEqual({ grade: 'AAA', fromPpm: 860_000 });
    expect(score.gradeFloors.at(-1)).toEqual({ grade: 'C', fromPpm: 0 });
  });

  it('names what is missing, and counts it neither for nor against', () => {
    const missing = ['TALENT_GRADE', 'PATENT_QUALITY', 'EQUITY_RAISED', 'PATENT_TRACK'];
    expect(score.missing).toEqual([...missing, 'MARKET_GROWTH']);
    const reasons = [...score.reasonsFor, ...score.reasonsAgainst].map(({ code }) => code);
    for (const code of score.missing) expect(reasons).not.toContain(code);
  });

  it('gives the strongest reasons for and against, four at most, with the figures', () => {
    const weighed = (reasons: typeof score.reasonsFor) =>
      reasons.map(({ code, weight }) => [code, weight]);
    // Qualifications got 10.80 points of 18: what they lost is more than any other factor did.
    expect(weighed(score.reasonsAgainst)).toEqual([
      ['QUALIFICATIONS_VALID', 720],
      ['INVENTION_PATENTS', 605],
      ['OTHER_PATENTS', 180],
      ['SUBSIDY_LEVEL', 160],
    ]);
    expect(weighed(score.reasonsFor)).toEqual([
      ['SCIENCE_STAFF_SHARE', 1300],
      ['RESEARCH_INTENSITY', 1000],
      ['REVENUE_GROWTH', 500],
      ['INDUSTRY_TRACK', 400],
    ]);
    expect(score.reasonsFor[0]).toMatchObject({
      zh: '科技人员占比不低于30%',
      en: 'science and technology staff are 30 % or more',
      detail: '0.40625',
    });
  });

  it.each([
    [10_000, 10_000, 'AAA', 5],
    [8_600, 10_000, 'AAA', 5],
    [8_599, 10_000, 'AA', 5],
    [4_300, 5_000, 'AAA', 5],
    [6_800, 10_000, 'A', 4],
    [6_000, 10_000, 'BBB', 3],
    [5_000, 10_000, 'BB', 3],
    [4_000, 10_000, 'B', 2],
    [3_000, 10_000, 'CCC', 1],
    [2_000, 10_000, 'CC', 1],
    [1_999, 10_000, 'C', 1],
    [0, 0, 'C', 1],
  ])('of %i of %i is %s with %i stars', (points, maxPoints, grade, stars) => {
    expect(reached(card.grades, points, maxPoints)?.grade).toBe(grade);
    expect(reached(card.stars, points, maxPoints)?.stars).toBe(stars);
  });
});

describe('a missing input', () => {
  it('lowers the coverage and is named, and takes no point from what is known', () => {
    const whole = scored(scorer, patentsVerified(sensor));
    const less = scored(scorer, patentsVerified(sensor, enterprise({ exports: null })));
    expect(less.coveragePpm).toBe(whole.coveragePpm - 30_000);
    expect(less.maxPoints).toBe(whole.maxPoints - 300);
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
      value: 'none',
      reason: 'no subsidy in the last three calendar years',
    });
  });

  it.each([
    [2027, 0],
    [2026, 480],
    [2024, 480],
    [2023, 0],
  ])('of a subsidy is none when it is of %i: three calendar years count', (year, points) => {
    const subsidies = [{ year, amount: yuan(600_000), level: 'municipal' }];
    expect(factorOf(enterprise({ subsidies }), 'SUBSIDY_LEVEL').points).toBe(points);
  });

  it('is also a year that is too old, or one that is not over', () => {
    const of = (year: number) => [{ year, amount: yuan(10_000_000) }];
    const missing = (year: number) =>
      factorOf(enterprise({ revenue: of(year), rd: of(year) }), 'RESEARCH_INTENSITY').missing;
    const ofFour = [2023, 2024, 2025, 2026].map(missing);
    expect(ofFour).toEqual([true, false, false, true]);
  });

  it('of everything gives the lowest grade at no coverage', () => {
    const nothing = enterprise({
      industry: 'locks',
      staff: null,
      scienceStaff: null,
      revenue: null,
      rd: null,
      qualifications: null,
      subsidies: null,
      exports: null,
      talents: null,
    });
    const silent = { PL01: 'UNKNOWN', PL02: 'UNKNOWN', PL03: 'UNKNOWN' } as const;
    const findings = sensor.patents.map((patent) => findingOf(patent, silent));
    const bundle = { ...patentsVerified(sensor).bundle, findings };
    const score = scored(scorer, patentsVerified(sensor, { ...nothing, bundle }));
    expect(score).toMatchObject({ points: 0, maxPoints: 0, coveragePpm: 0, grade: 'C', stars: 1 });
    expect(score.missing).toHaveLength(card.factors.length);
  });
});

describe('qualifications', () => {
  it.each([
    ['2026-11-20', '2026-11-20', 720],
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
      points: 360,
      value: 'TECHNOLOGY_SME; HIGH_TECH_ENTERPRISE expired 2023-01-01',
    });
  });

  it('count once each and not beyond the whole', () => {
    const held = (kind: string) => ({ kind, validFrom: '2025-01-01', validTo: '2027-12-31' });
    const of = (kinds: string[]) =>
      factorOf(enterprise({ qualifications: kinds.map(held) }), 'QUALIFICATIONS_VALID').points;
    expect(of(['HIGH_TECH_ENTERPRISE', 'HIGH_TECH_ENTERPRISE'])).toBe(720);
    expect(of(['LITTLE_GIANT', 'HIDDEN_CHAMPION', 'HIGH_TECH_ENTERPRISE', 'toString'])).toBe(1800);
  });
});

describe('patents', () => {
  type Results = Parameters<typeof findingOf>[1];
  const bundleOf = (results: Results[]) => ({
    ...patentsVerified(lock).bundle,
    findings: lock.patents.map((patent, index) => findingOf(patent, results[index])),
  });

  it('that the register was silent on count as missing where they could change the points', () => {
    const bundle = bundleOf([{}, {}, { PL02: 'UNKNOWN' }]);
    expect(factorOf({ bundle }, 'INVENTION_PATENTS')).toMatchObject({
      missing: true,
      value: '2; 1 unknown',
      source: 'register',
    });
    // A known one is in the top band already.
    expect(factorOf({ bundle }, 'PATENT_LIFE').missing).toBe(false);
  });

  it('count though they are pledged, and not when terminated', () => {
    const points = (results: Results) =>
      factorOf({ bundle: bundleOf([results]) }, 'INVENTION_PATENTS').points;
    expect(points({ PL09: 'ADVERSE' })).toBe(1100);
    expect(points({ PL02: 'ADVERSE' })).toBe(825);
  });

  it('are as good as the best of them that enough is known of', () => {
    const rated = (totals: [number, number][]) => {
      const { bundle } = patentsVerified(lock);
      const findings = bundle.findings.map((finding, index) => {
        const [total = 0, coveragePpm = 0] = totals[index] ?? [];
        return {
          ...finding,
          scores: {
            legal: total,
            technical: total,
            economic: total,
            total,
            stars: 3,
            coveragePpm,
            weightSet: 'saidao-lending@1',
            official: false,
          },
        };
      });
      return factorOf({ bundle: { ...bundle, findings } }, 'PATENT_QUALITY');
    };
    expect(rated([[6_500, 900_000]])).toMatchObject({ points: 375, value: '65' });
    expect(
      rated([
        [6_500, 900_000],
        [9_000, 399_999],
      ]),
    ).toMatchObject({ points: 375 });
    expect(
      rated([
        [6_500, 900_000],
        [8_000, 400_000],
      ]),
    ).toMatchObject({ points: 500 });
    expect(rated([[9_000, 399_999]])).toMatchObject({ missing: true, value: null });
  });

  it('are on a track by their classes, a weak hint counted half', () => {
    const classed = (classes: string[][]) => {
      const { bundle } = patentsVerified(lock);
      const findings = bundle.findings.map((finding, index) => ({
        ...finding,
        ipc: classes[index] ?? [],
      }));
      return factorOf({ bundle: { ...bundle, findings } }, 'PATENT_TRACK');
    };
    const [sure, weak, none] = [['G06N10/00'], ['H04L12/24'], ['A47J31/00']];
    expect(classed([sure, sure, sure])).toMatchObject({ points: 300, value: '1: 1.2' });
    expect(classed([weak, weak, weak])).toMatchObject({ points: 225, value: '0.5: 1.1' });
    expect(classed([sure, weak, none])).toMatchObject({ points: 225, value: '0.5: 1.1, 1.2' });
    expect(classed([weak, none, none])).toMatchObject({ points: 75, value: '0.166666: 1.1' });
    expect(classed([none, none, none])).toMatchObject({ points: 0, value: '0', missing: false });
  });

  it('are on a track or not only where all classes are known that could matter', () => {
    const tracked = (changes: Partial<PatentFinding>[]) => {
      const { bundle } = patentsVerified(lock);
      const [like] = bundle.findings;
      const findings = changes.map((change, index) => ({
        ...like!,
        number: `2020${index}`,
        ...change,
      }));
      return factorOf({ bundle: { ...bundle, findings } }, 'PATENT_TRACK');
    };
    const [sure, none] = [{ ipc: ['G06N10/00'] }, { ipc: ['A47J31/00'] }];
    const silent = findingOf(lock.patents[0]!, { PL02: 'UNKNOWN' });
    const mayFall = { grounds: silent.grounds };
    expect(tracked([none, { ipc: [] }])).toMatchObject({ missing: true, value: '0; 1 unknown' });
    expect(tracked([none, { ipc: ['H04'] }])).toMatchObject({ missing: true });
    expect(tracked([none, { ...sure, ...mayFall }])).toMatchObject({ missing: true });
    // Three of four are three quarters already.
    expect(tracked([sure, sure, sure, mayFall])).toMatchObject({
      missing: false,
      points: 300,
      value: '1: 1.2; 1 unknown',
    });
    // A design has no class of the IPC.
    expect(tracked([none, { kind: 'design', ipc: [] }])).toMatchObject({ points: 0, value: '0' });
    expect(tracked([])).toMatchObject({ missing: true, value: null });
  });

  it('of a kind that is known leave the count of the other kind as it is', () => {
    const { bundle } = patentsVerified(lock);
    const [one] = bundle.findings;
    const patent = { ...lock.patents[1]!, kind: 'utility-model' } as const;
    const model = findingOf(patent, { PL02: 'UNKNOWN' });
    const counted = (code: string, unknown: PatentFinding) =>
      factorOf({ bundle: { ...bundle, findings: [one!, unknown] } }, code);
    expect(counted('INVENTION_PATENTS', model)).toMatchObject({ points: 495, value: '1' });
    expect(counted('OTHER_PATENTS', model)).toMatchObject({ missing: true, value: '0; 1 unknown' });
    const neither = { ...model, kind: null };
    expect(counted('INVENTION_PATENTS', neither)).toMatchObject({ missing: true });
    expect(counted('OTHER_PATENTS', neither)).toMatchObject({ missing: true });
  });
});

describe('the track', () => {
  it('of the firm is by the registry’s class before its own words', () => {
    expect(factorOf(enterprise({ industry: 'sensors (C3983)' }), 'INDUSTRY_TRACK')).toMatchObject({
      points: 400,
      source: 'application',
      value: 'C3983: 1.2, wholly',
    });
    const registry = {
      name: sensor.enterprise.name,
      status: 'in-business',
      established: '2017-05-02',
      regionCode: '330106',
      industryCode: 'C2651',
      registeredCapital: null,
      insuredStaff: null,
      groupHead: null,
    };
    const checked = { ...blankChecks, checks: [], registry };
    const { factors } = scored(scorer, patentsVerified(sensor), checked);
    expect(factors.find(({ code }) => code === 'INDUSTRY_TRACK')).toMatchObject({
      points: 200,
      source: 'enterprise-registry',
      value: 'C2651: 3.3, partly',
    });
  });

  it.each(['electronics (C39)', 'sensors (3983)', 'sensors'])(
    'of "%s" is not known',
    (industry) => {
      const factor = factorOf(enterprise({ industry }), 'INDUSTRY_TRACK');
      expect(factor).toMatchObject({ missing: true, value: null });
    },
  );

  it.each(['传感器（c3983）', 'C3983'])('of "%s" is that of C3983', (industry) => {
    expect(factorOf(enterprise({ industry }), 'INDUSTRY_TRACK')).toMatchObject({ points: 400 });
  });

  it('is no gate: a firm on none is scored like any other', () => {
    const off = scored(scorer, patentsVerified(sensor, enterprise({ industry: 'tea (C1530)' })));
    expect(off.factors.find(({ code }) => code === 'INDUSTRY_TRACK')).toMatchObject({ points: 0 });
    expect(off.grade).toBe('A');
  });

  it.each([
    ['2026-11-20', '0.2', 300],
    ['2024-11-20', '0.05', 150],
    ['2026-01-01', '-0.01', 0],
  ])('of the market as of %s, growing %s, gives %i', (on, growth, points) => {
    const growthPpm = Number(growth) * 1_000_000;
    const market = { growthPpm, source: 'industry report', asOf: on };
    expect(factorOf({ market }, 'MARKET_GROWTH')).toMatchObject({
      points,
      value: `${growth}, as of ${on}: industry report`,
    });
  });

  it.each([
    ['2024-11-19', 'industry report'],
    ['2026-11-21', 'industry report'],
    ['2026-11-20', ' '],
  ])('of the market as of %s by "%s" counts as not supplied', (on, source) => {
    const market = { growthPpm: 200_000, source, asOf: on };
    expect(factorOf({ market }, 'MARKET_GROWTH').missing).toBe(true);
  });
});

describe('bands', () => {
  it.each([
    [29, 100, 1040],
    [30, 100, 1300],
    [299_999, 1_000_000, 1040],
    [0, 50, 0],
  ])('%i of %i science staff', (scienceStaff, staff, points) => {
    expect(factorOf(enterprise({ scienceStaff, staff }), 'SCIENCE_STAFF_SHARE').points).toBe(
      points,
    );
  });

  it.each([
    [0, 0],
    [0.99, 0],
    [1, 75],
    [2_999_999.99, 75],
    [3_000_000, 150],
    [10_000_000, 225],
    [30_000_000, 300],
    [9_000_000_000, 300],
  ])('%d of equity gives %i', (amount, points) => {
    const equityRaised = yuan(amount);
    expect(factorOf(enterprise({ equityRaised }), 'EQUITY_RAISED').points).toBe(points);
  });

  it('take a share of no revenue as above any', () => {
    const revenue = [{ year: 2025, amount: yuan(0) }];
    const rd = [{ year: 2025, amount: yuan(5) }];
    expect(factorOf(enterprise({ revenue, rd }), 'RESEARCH_INTENSITY')).toMatchObject({
      points: 1200,
      maxPoints: 1200,
      value: 'above any share',
    });
  });

  it('read growth from two years that follow each other', () => {
    const revenue = [2023, 2025].map((year) => ({ year, amount: yuan(10_000_000) }));
    expect(factorOf(enterprise({ revenue }), 'REVENUE_GROWTH').missing).toBe(true);
    const falling = [
      { year: 2024, amount: yuan(10_000_000) },
      { year: 2025, amount: yuan(9_999_999.99) },
    ];
    expect(factorOf(enterprise({ revenue: falling }), 'REVENUE_GROWTH')).toMatchObject({
      points: 0,
      reason: 'revenue fell',
    });
  });
});

describe('the line', () => {
  const guarantee = {
    institution: '浙江示例融资担保有限公司',
    sharePpm: 700_000,
    result: 'CLEAR' as const,
    reference: 'G-1',
    evidence: null,
  };
  const checks = [
    {
      code: 'DISHONEST_DEBTORS',
      result: 'CLEAR' as const,
      reason: 'not listed',
      status: null,
      consentId: null,
      evidence: null,
    },
  ];

  const id = patentsVerified(sensor).applicationId;
  const checkedOf = (lenderId: string, revision = 1) =>
    event('EnterpriseChecked', {
      applicationId: id,
      revision,
      lenderId,
      ...blankChecks,
      guarantee,
      checks,
      validUntil: 2_000n,
    });
  const verifiedOf = (sample: typeof sensor, change: Partial<PatentsVerified> = {}) =>
    event('PatentsVerified', patentsVerified(sample, change), { number: 2 });
  const changedOf = (change: Partial<CollateralChanged> = {}) =>
    event('CollateralChanged', {
      applicationId: id,
      revision: 1,
      lenderId: 'exim-zj',
      authorisationId: null,
      stage: 'LOCK',
      changes: [
        {
          number: lock.patents[0]!.number,
          ground: 'PL02',
          result: 'ADVERSE',
          reason: 'terminated',
          evidence: [],
        },
      ],
      observedAt: 3_000n,
      ...change,
    });
  const start = () => scenario(line, { applicationId: id, nowMs: 1_234.5 });
  const scoreIn = (decision: { readonly events?: readonly { readonly data: unknown }[] }) => {
    expect(decision.events).toHaveLength(1);
    return decision.events?.[0]?.data as EnterpriseScored;
  };

  it('carries forward what was said of the enterprise, with the earlier end of validity', () => {
    const said = start().given(checkedOf('boc-zj'));
    const score = scoreIn(said.when(verifiedOf(sensor, { validUntil: 5_000n })));
    expect(score).toMatchObject({ guarantee, checks, businessDate: asOf, validUntil: 2_000n });
    expect(score).toMatchObject({ round: 1, cause: 'VERIFIED' });
  });

  it('forgets it with a new revision, and counts rounds anew', () => {
    const said = start().given(checkedOf('boc-zj')).given(verifiedOf(sensor));
    const score = scoreIn(said.when(verifiedOf(sensor, { revision: 2 })));
    expect(score).toMatchObject({ guarantee: null, checks: [], revision: 2, round: 1 });
  });

  it('scores again what is verified again', () => {
    const said = start().given(checkedOf('boc-zj')).given(verifiedOf(sensor));
    const again = said.given(checkedOf('boc-zj')).when(verifiedOf(sensor, { round: 2 }));
    expect(scoreIn(again)).toMatchObject({ round: 2, cause: 'VERIFIED', guarantee });
  });

  it('scores again with the changed ground when the collateral changes', () => {
    const said = start().given(checkedOf('exim-zj')).given(verifiedOf(lock));
    const score = scoreIn(said.when(changedOf()));
    expect(score).toMatchObject({ round: 2, cause: 'COLLATERAL_CHANGED', guarantee });
    expect(score.bundle.usable).toEqual(lock.patents.slice(1).map(({ number }) => number));
    const before = scored(scorer, patentsVerified(lock));
    expect(score.points).toBe(before.points - 275);
    expect(score.inputHash).not.toBe(before.inputHash);
  });

  it('adds one change to another, and drops them once all is verified again', () => {
    const restored = [
      {
        number: lock.patents[0]!.number,
        ground: 'PL02',
        result: 'CLEAR',
        reason: 'restored',
        evidence: [],
      },
    ] satisfies CollateralChange[];
    const said = start().given(checkedOf('exim-zj')).given(verifiedOf(lock)).given(changedOf());
    const back = scoreIn(said.when(changedOf({ changes: restored })));
    expect(back).toMatchObject({ round: 3 });
    expect(back.bundle.usable).toHaveLength(3);
    const anew = scoreIn(said.given(changedOf()).when(verifiedOf(lock, { round: 2 })));
    expect(anew).toMatchObject({ round: 5, cause: 'VERIFIED' });
    expect(anew.bundle.usable).toHaveLength(3);
  });

  it('passes over a change of what was never verified here, or of an older revision', () => {
    expect(start().when(changedOf())).toEqual({ ignored: 'nothing-verified' });
    const said = start().given(verifiedOf(lock, { revision: 2 }));
    expect(said.when(changedOf()).ignored).toBe('older-revision');
  });

  it('keeps no more than what can still be asked for', () => {
    const sound = start().given(checkedOf('boc-zj')).given(verifiedOf(sensor));
    expect(sound.state()).toEqual({
      revision: 1,
      round: 1,
      checked: null,
      verified: null,
      changes: [],
    });
    const pledged = start().given(checkedOf('exim-zj')).given(verifiedOf(lock));
    expect(pledged.state()).toMatchObject({ round: 1, verified: { productId: 'IP_PLEDGE' } });
  });

  it('writes a row of each score', () => {
    const { rows } = start().given(checkedOf('boc-zj')).when(verifiedOf(sensor));
    expect(rows).toEqual([
      {
        applicationId: id,
        revision: 1,
        round: 1,
        lenderId: 'boc-zj',
        productId: 'NEW_QUALITY',
        businessDate: asOf,
        cause: 'VERIFIED',
        modelId: 'soft-power',
        modelVersion: 2,
        modelDigest: models.champion(asOf).digest,
        inputHash: scored(scorer, patentsVerified(sensor)).inputHash,
        inputs: toJson(inputsOf(patentsVerified(sensor), { ...blankChecks, checks })),
        points: 6235,
        maxPoints: 7900,
        coveragePpm: 790_000,
        grade: 'AA',
        stars: 4,
        stage: 'growth',
        regionCode: '330106',
        sizeClass: 'small',
        foundedYear: 2017,
        factorShares: {
          QUALIFICATIONS_VALID: 60,
          SUBSIDY_LEVEL: 80,
          SCIENCE_STAFF_SHARE: 100,
          TALENT_GRADE: null,
          INVENTION_PATENTS: 45,
          OTHER_PATENTS: 40,
          PATENT_LIFE: 100,
          PATENT_QUALITY: null,
          RESEARCH_INTENSITY: 100,
          REVENUE_GROWTH: 100,
          EXPORT_SHARE: 100,
          EQUITY_RAISED: null,
          INDUSTRY_TRACK: 100,
          PATENT_TRACK: null,
          MARKET_GROWTH: null,
        },
        scoredAtMs: 1_234,
      },
    ]);
  });
});
