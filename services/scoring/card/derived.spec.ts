// What is computed of an enterprise: stage, size, tests, credit line, need; and what is not known.
import { describe, expect, it } from 'vitest';
import type { PatentsVerified } from '@saidao/schemas';
import { fenOfYuan, toJson } from '@saidao/values';
import { sha256 } from '../adapters/model-files.ts';
import { caseNamed, cases, models, patentsVerified, scorer, yuan } from '../cases.fixture.ts';
import { scored } from '../decide.ts';
import { inputsOf, nothingChecked, type Checked } from './inputs.ts';
import { derivedRules, stageOf } from './derived.ts';

const sensor = caseNamed('new-quality-8m');
const { stageBounds, card } = models.champion('2026-11-20').ready;

type EnterpriseChange = Partial<PatentsVerified['enterprise']>;

function derivedOf(change: EnterpriseChange = {}, checked: Partial<Checked> = {}) {
  const verified = patentsVerified(sensor);
  const enterprise = { ...verified.enterprise, ...change };
  const { derived } = scored(
    scorer,
    { ...verified, enterprise },
    { ...nothingChecked, ...checked },
  );
  if (derived === null) throw new Error('A score has derived facts.');
  return derived;
}

const bureau = (credit: number): Checked['bureau'] => ({
  creditBalance: yuan(credit),
  overdueBalance: yuan(0),
  worstTier: 'normal',
  guaranteeBalance: yuan(0),
});

const registry = (change: Partial<NonNullable<Checked['registry']>> = {}): Checked['registry'] => ({
  name: sensor.enterprise.name,
  status: 'in-business',
  established: '2017-05-02',
  regionCode: '330106',
  industryCode: 'C3983',
  registeredCapital: null,
  insuredStaff: null,
  groupHead: null,
  ...change,
});

const clear = (code: string) =>
  ({
    code,
    result: 'CLEAR',
    reason: 'not listed',
    status: null,
    consentId: null,
    evidence: null,
  }) as const;

describe('the stage', () => {
  const stage = (founded: string | null, revenue: number | null, businessDate = '2026-11-20') => {
    const enterprise = {
      ...patentsVerified(sensor).enterprise,
      founded,
      revenue: revenue === null ? null : [{ year: 2025, amount: yuan(revenue) }],
    };
    const inputs = inputsOf(patentsVerified(sensor, { enterprise, businessDate }), nothingChecked);
    return stageOf(inputs, stageBounds, card.yearsOldMax);
  };

  it.each([
    ['2021-11-21', 300_000_000, 'start-up'],
    ['2021-11-20', 300_000_000, 'growth'],
    ['2016-11-21', 200_000_000, 'growth'],
    ['2016-11-20', 200_000_000, 'stable'],
    ['2016-11-20', 199_999_999, 'growth'],
    ['2016-11-20', 5_000_000, 'growth'],
    ['2016-11-20', 4_999_999, 'start-up'],
    [null, 300_000_000, 'growth'],
    ['2009-03-12', null, 'growth'],
    [null, null, 'growth'],
  ])('founded %s with a revenue of %s is %s', (founded, revenue, expected) => {
    expect(stage(founded, revenue)).toBe(expected);
  });

  it('goes by the registry where it says when the firm was founded', () => {
    const established = registry({ established: '2024-05-02' });
    expect(derivedOf({}, { registry: established }).stage).toBe('start-up');
  });
});

describe('the derived facts', () => {
  it.each(cases.filter(({ computed }) => computed?.sizeClass !== undefined))(
    'of $id are those of the case',
    (sample) => {
      const { derived } = scored(scorer, patentsVerified(sample));
      expect(derived?.sizeClass).toBe(sample.computed?.sizeClass);
      if (sample.product === 'IP_PLEDGE' || sample.product === 'NEW_QUALITY') {
        const need = sample.computed?.need;
        expect(derived?.newLimit?.minor).toBe(need === undefined ? undefined : fenOfYuan(need));
        expect(derived?.inclusive).toEqual(sample.computed?.inclusive);
      }
    },
  );

  it('count the credit of the bureau before what the applicant declares', () => {
    expect(derivedOf().creditLine).toEqual(yuan(9_000_000));
    expect(derivedOf({}, { bureau: bureau(12_000_000) })).toMatchObject({
      creditLine: yuan(20_000_000),
      inclusive: ['pbc_2000w', 's71_3000w'],
    });
    const nobodySays = derivedOf({ workingCapital: null });
    expect(nobodySays).toMatchObject({ creditLine: null, inclusive: [], workingCapitalNeed: null });
  });

  it('take assets for a size that needs them', () => {
    const construction = { sector: 'construction', assets: yuan(50_000_000) };
    expect(derivedOf({ sector: 'construction' }).sizeClass).toBe('unknown');
    expect(derivedOf(construction).sizeClass).toBe('small');
  });

  it('test research over three years, by the last revenue', () => {
    // 7.3 of 84 million.
    expect(derivedOf().highTechResearch).toBe('passes');
    const years = (amounts: number[]) =>
      amounts.map((amount, index) => ({ year: 2023 + index, amount: yuan(amount) }));
    expect(derivedOf({ rd: years([1_000_000, 1_000_000, 1_000_000]) }).highTechResearch).toBe(
      'fails',
    );
    expect(derivedOf({ rd: years([1_700_000, 2_300_000]) }).highTechResearch).toBe('unknown');
    // A firm of last year has no year before it.
    const young = { founded: '2025-01-05', rd: [{ year: 2025, amount: yuan(3_300_000) }] };
    expect(derivedOf(young).highTechResearch).toBe('passes');
  });

  it('know no share of research where there was no revenue, and none of a firm too young', () => {
    const none = [{ year: 2025, amount: yuan(0) }];
    const rd = [{ year: 2025, amount: yuan(2_000_000) }];
    const started = derivedOf({ founded: '2025-01-05', revenue: none, rd });
    expect(started.highTechResearch).toBe('unknown');
    expect(started.technologySme).toMatchObject({ researchPoints: 0, passes: 'unknown' });
    // Of costs it is known: 2 of 4 million.
    const costs = [{ year: 2025, amount: yuan(4_000_000) }];
    const counted = derivedOf({ founded: '2025-01-05', revenue: none, rd, costs });
    expect(counted.technologySme).toMatchObject({ researchPoints: 50 });
    // Founded after the last year that is over: no year is covered.
    expect(derivedOf({ founded: '2026-02-01' }).highTechResearch).toBe('unknown');
  });

  it('take the year of the business date for no year: it is not over', () => {
    const { revenue } = patentsVerified(sensor).enterprise;
    const partial = [...(revenue ?? []), { year: 2026, amount: yuan(400_000) }];
    expect(derivedOf({ revenue: partial })).toEqual(derivedOf());
  });

  it('go by the registry’s class of industry for the sector, where it says enough', () => {
    const known = { staff: 9, assets: yuan(1_000_000) };
    const sizeBy = (industryCode: string, sector = 'industry') =>
      derivedOf({ ...known, sector }, { registry: registry({ industryCode }) }).sizeClass;
    // 9 people and 36 million: small in wholesale, micro in industry.
    expect([sizeBy('F5137'), sizeBy('C3983'), sizeBy('C3983', 'wholesale')]).toEqual([
      'small',
      'micro',
      'micro',
    ]);
    // Too coarse to say: as declared. Of hotels the table has no bounds, whatever was declared.
    expect([sizeBy('K70', 'wholesale'), sizeBy('H6110', 'wholesale')]).toEqual([
      'small',
      'unknown',
    ]);
  });

  it('count as many people as are insured where these are more than declared', () => {
    const sizeWith = (staff: number | null, insuredStaff: number | null) =>
      derivedOf({ staff }, { registry: registry({ insuredStaff }) }).sizeClass;
    // 36 million in industry: medium from 300 people on.
    expect([sizeWith(64, 300), sizeWith(300, 64), sizeWith(null, 64), sizeWith(64, null)]).toEqual([
      'medium',
      'medium',
      'small',
      'small',
    ]);
    const many = derivedOf({ staff: 64 }, { registry: registry({ insuredStaff: 501 }) });
    expect(many.technologySme?.passes).toBe('no');
  });

  it('are judged by tables whose digest is of what is hashed', () => {
    const { ready } = models.champion('2026-11-20');
    const hashBy = (derivedDigest: string) =>
      scored(
        { ...scorer, champion: () => ({ ready: { ...ready, derivedDigest } }) },
        patentsVerified(sensor),
      ).inputHash;
    expect(hashBy('another')).not.toBe(hashBy(ready.derivedDigest));
    expect(ready.derivedDigest).toBe(sha256(toJson(derivedRules)));
  });

  it('count an invention as class I, and pass nobody whose lists or assets are not known', () => {
    const points = { staffPoints: 20, researchPoints: 50, propertyPoints: 30, points: 100 };
    expect(derivedOf().technologySme).toEqual({ ...points, passes: 'unknown' });
    const known = { registry: registry(), checks: [clear('SERIOUS_VIOLATIONS')] };
    const assets = yuan(40_000_000);
    expect(derivedOf({ assets }, known).technologySme?.passes).toBe('yes');
    const abnormal = { ...known, registry: registry({ status: 'abnormal' }) };
    expect(derivedOf({ assets }, abnormal).technologySme?.passes).toBe('no');
  });

  it('name the tracks of the firm and of its patents', () => {
    const verified = patentsVerified(sensor);
    const findings = verified.bundle.findings.map((finding) => ({
      ...finding,
      ipc: ['G06N3/08', 'H04L12/24'],
    }));
    const score = scored(scorer, { ...verified, bundle: { ...verified.bundle, findings } });
    expect(score.derived?.tracks).toEqual(['1.2', '1.5']);
  });

  it('name group and region by the registry, else the region by the credit code', () => {
    const groupHead = '91330100MA2H000142';
    const listed = registry({ groupHead, regionCode: '330100' });
    expect(derivedOf({}, { registry: listed })).toMatchObject({ groupHead, regionCode: '330100' });
    expect(derivedOf()).toMatchObject({ groupHead: null, regionCode: '330106' });
    const noRegion = derivedOf({ uscc: '9133A106MA2J1002XH' });
    expect(noRegion).toMatchObject({ groupHead: null, regionCode: null });
  });
});
