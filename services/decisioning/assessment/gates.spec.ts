// Gates one by one: KYC, consent, registry, related parties, grade, and what persons' data do.
import type { ApplicationContent, Finding } from '@saidao/schemas';
import { describe, expect, it } from 'vitest';
import { assessorOf, caseNamed, clearKyc, factor } from '../cases.fixture.ts';
import { applicationOf, judged } from './application.fixture.ts';
import { assess, type Assessment } from './assess.ts';
import type { Application } from './figures.ts';

const sensor = applicationOf(caseNamed('new-quality-8m'));
const talent = applicationOf(caseNamed('talent-3m'));
const lock = applicationOf(caseNamed('smart-lock-ip-pledge'));
const research = applicationOf(caseNamed('innovation-5m'));

const codes = ({ reasons }: Assessment) => reasons.map(({ code }) => code);
const withKyc = (application: Application, kyc: ApplicationContent['kyc']): Application => ({
  ...application,
  content: { ...application.content, kyc },
});
const talentOf = (grade: string) => ({ grade, holdsPpm: 0, recognised: true });
const kycOf = (code: string, result: Finding, change: object = {}) =>
  clearKyc.map((finding) => (finding.code === code ? { ...finding, result, ...change } : finding));

describe('who the applicant is', () => {
  it.each([
    ['LICENCE', 'K04', false],
    ['LEGAL_REPRESENTATIVE', 'K05', true],
    ['BENEFICIAL_OWNERS', 'K06', true],
    ['AUTHORITY_TO_SIGN', 'K07', true],
    ['PERSONS_LISTS', 'K08', true],
    ['PERSONS_BUREAU', 'B03', true],
    ['TALENTS', 'T13', true],
  ])('adverse by %s is referred with %s', (code, reason, naturalPersons) => {
    const adverse = withKyc(sensor, kycOf(code, 'ADVERSE', { reason: 'not as stated' }));
    const assessment = judged(adverse);
    expect(assessment.outcome).toBe('refer');
    expect(codes(assessment)).toEqual([reason]);
    expect(assessment.reasons[0]?.detail).toBe('not as stated');
    expect(assessment.basis.naturalPersons).toBe(naturalPersons);
    expect(assessment.basis.overrides).toHaveLength(1);
    expect(assessment.tier).toBe('senior-officer');
    expect(assessment.basis.findings).toMatchObject([{ code, result: 'ADVERSE', naturalPersons }]);
  });

  it('by a check that no row knows is referred too', () => {
    const other = { ...clearKyc[0]!, code: 'TAX_RESIDENCE', result: 'ADVERSE' as const };
    expect(codes(judged(withKyc(sensor, [...clearKyc, other])))).toEqual(['K09']);
  });

  it('is not known where nobody was checked', () => {
    expect(codes(judged(withKyc(sensor, null)))).toEqual(['K09']);
  });

  it.each(['LICENCE', 'PERSONS_LISTS'])('is not known where %s is not, or is left out', (code) => {
    const silent = judged(withKyc(sensor, kycOf(code, 'UNKNOWN')));
    expect(silent.outcome).toBe('refer');
    expect(silent.reasons).toMatchObject([{ code: 'U01', detail: `not established: ${code}` }]);
    const without = clearKyc.filter((finding) => finding.code !== code);
    expect(judged(withKyc(sensor, without)).reasons).toEqual(silent.reasons);
  });

  it.each(['LICENCE', 'PERSONS_BUREAU'])('is not known where %s is said to be waived', (code) => {
    const { outcome, basis } = judged(withKyc(sensor, kycOf(code, 'WAIVED')));
    expect(outcome).toBe('refer');
    expect(basis.facts).toContainEqual({ name: 'notEstablished', value: `["${code}"]` });
  });

  it('is told with the consents under which the bureaus were asked', () => {
    const two = withKyc(sensor, kycOf('PERSONS_BUREAU', 'CLEAR', { consentId: 'a, b' }));
    const { facts } = judged(two).basis;
    expect(facts).toContainEqual({ name: 'consents', value: '["consent-1","a","b"]' });
  });

  it('wants the written consent of persons before the bureau is asked', () => {
    const unasked = kycOf('PERSONS_BUREAU', 'UNKNOWN', { consentId: null });
    expect(codes(judged(withKyc(sensor, unasked)))).toEqual(['B02']);
    const silent = kycOf('PERSONS_BUREAU', 'UNKNOWN');
    expect(codes(judged(withKyc(sensor, silent)))).toEqual(['U01']);
  });

  it('tells both what is adverse and what is unknown', () => {
    const kyc = kycOf('LICENCE', 'ADVERSE').map((finding) =>
      finding.code === 'PERSONS_LISTS' ? { ...finding, result: 'UNKNOWN' as const } : finding,
    );
    expect(codes(judged(withKyc(sensor, kyc)))).toEqual(['K04', 'U01']);
  });

  it('leaves unknown talents out where nothing is lent on them', () => {
    const kyc = kycOf('TALENTS', 'UNKNOWN');
    expect(judged(withKyc(sensor, kyc)).outcome).toBe('approve');
    expect(codes(judged(withKyc(talent, kyc)))).toEqual(['U01']);
  });
});

describe('data of natural persons', () => {
  const barred = (application: Application) => ({
    ...application,
    content: {
      ...application.content,
      request: { ...application.content.request, purpose: 'dividends' },
    },
  });

  it('that stand against it never let a rule decline it: a person does', () => {
    expect(judged(barred(sensor))).toMatchObject({ outcome: 'decline', terms: null });
    const listed = barred(withKyc(sensor, kycOf('PERSONS_LISTS', 'ADVERSE')));
    const assessment = judged(listed);
    expect(assessment).toMatchObject({
      outcome: 'refer',
      terms: null,
      basis: { naturalPersons: true },
    });
    expect(codes(assessment)).toEqual(['S03', 'K08']);
  });

  const score = (change: object) => ({ ...sensor, score: { ...sensor.score, ...change } });
  const floors = [
    { grade: 'CC', fromPpm: 300_000 },
    { grade: 'CCC', fromPpm: 400_000 },
  ];
  const low = { grade: 'CC', points: 3_500, maxPoints: 10_000 };

  it.each([
    ['that tip the grade', { ...low, gradeFloors: floors }, 500, 'refer'],
    ['that do not tip it', { ...low, gradeFloors: floors }, 499, 'decline'],
    ['where it cannot be told', low, 1, 'refer'],
    ['that lost nothing', low, 0, 'decline'],
  ])('in the score %s', (_what, change, lost, outcome) => {
    const factors = [
      factor('SCIENCE_STAFF_SHARE', 0, 1_500, '0.01'),
      factor('TALENT_GRADE', 600 - lost, 600, 'E'),
    ];
    const assessment = judged(score({ ...change, factors }));
    expect(assessment.outcome).toBe(outcome);
    expect(assessment.basis.naturalPersons).toBe(outcome === 'refer');
    expect(codes(assessment)[0]).toBe('T05');
  });

  it.each([
    ['are told as a reason, though they tip nothing', [talentOf('E')], 100, 'refer'],
    ['lost too little to be told', [talentOf('E')], 9, 'decline'],
    ['are of nobody: the firm names no talent', [], 100, 'decline'],
    ['were not supplied', null, 100, 'decline'],
  ])('that %s', (_what, talents, lost, outcome) => {
    const factors = [
      ...['SCIENCE_STAFF_SHARE', 'EXPORT_SHARE'].map((code) => factor(code, 0, 1_500, '0.01')),
      factor('REVENUE_GROWTH', 1_490, 1_500, '0.2'),
      factor('TALENT_GRADE', 600 - lost, 600, 'E'),
    ];
    const { content, ...application } = score({ ...low, gradeFloors: floors, factors });
    const enterprise = { ...content.enterprise, talents };
    const assessment = judged({ ...application, content: { ...content, enterprise } });
    expect(assessment).toMatchObject({ outcome, basis: { naturalPersons: outcome === 'refer' } });
    // What a rule declines for is never what it knows of a person.
    const told = codes(assessment).includes('T06');
    expect(told).toBe(outcome === 'refer' || talents === null || talents.length === 0);
  });
});

describe('a grade far below', () => {
  const score = (change: object) =>
    judged({ ...sensor, score: { ...sensor.score, grade: 'CC', ...change } });

  it('is declined by the factors that cost the most, and by no grade', () => {
    const assessment = score({});
    expect(assessment.outcome).toBe('decline');
    expect(codes(assessment)).toEqual(['T03', 'T05', 'T02']);
    expect(assessment.reasons[0]?.facts).toContainEqual({
      name: 'factor.QUALIFICATIONS_VALID',
      value: '400000',
    });
  });

  it.each([
    ['little is known', { coveragePpm: 699_999 }],
    ['something is unknown', { checks: [] }],
    ['it is no grade of the policy', { grade: '?' }],
    ['it is only below', { grade: 'CCC' }],
    ['no factor is known that cost it', { factors: [] }],
    ['what cost it has no reason', { factors: [factor('UNHEARD_OF', 0, 1_500, '0.01')] }],
  ])('is referred where %s', (_what, change) => {
    expect(score(change).outcome).toBe('refer');
  });

  it('is no reason for a product that sets no such grade', () => {
    expect(judged({ ...research, score: { ...research.score, grade: 'C' } }).outcome).toBe(
      'approve',
    );
  });
});

describe('the registry', () => {
  const registered = (status: string | null) => {
    const checks = sensor.score.checks.map((check) =>
      check.code === 'REGISTRY'
        ? { ...check, result: 'ADVERSE' as const, reason: `registered as ${status}`, status }
        : check,
    );
    return judged({ ...sensor, score: { ...sensor.score, checks } });
  };

  it.each(['revoked', 'deregistered'])('that says %s is the end of it', (status) => {
    const assessment = registered(status);
    expect(assessment).toMatchObject({ outcome: 'decline', terms: null });
    expect(assessment.reasons).toMatchObject([
      { code: 'K03', detail: `REGISTRY: registered as ${status}` },
    ]);
  });

  it.each(['abnormal', 'moved-out', null])('that says %s is for officers', (status) => {
    expect(registered(status)).toMatchObject({
      outcome: 'refer',
      basis: { overrides: ['registry-adverse'] },
    });
  });
});

describe('a related party', () => {
  const related = (application: Application, usccs: readonly string[]) => {
    const { policy, ...others } = assessorOf(application.lenderId);
    const relatedParties = { source: 'as the case says', usccs };
    const rules = { ...policy.rules, relatedParties };
    return assess({ ...others, policy: { ...policy, rules } }, application);
  };
  const uscc = ({ content }: Application) => content.enterprise.uscc;

  it.each([
    ['nothing', sensor],
    ['a pool of others', talent],
  ])('is lent nothing on %s', (_what, application) => {
    const assessment = related(application, [uscc(application)]);
    expect(assessment.outcome).toBe('decline');
    expect(assessment.reasons).toMatchObject([{ code: 'R01', detail: uscc(application) }]);
  });

  it.each([
    ['a pledge', lock],
    ['a guarantee', research],
  ])('is for officers on %s', (_what, application) => {
    const assessment = related(application, [uscc(application)]);
    expect(assessment.outcome).toBe('refer');
    expect(codes(assessment)[0]).toBe('R01');
    expect(assessment.basis.overrides).toEqual(['related-secured']);
  });

  it('is one through the head of its group too', () => {
    const derived = {
      ...{ sizeClass: 'small', technologySme: null, highTechResearch: 'unknown', inclusive: [] },
      ...{ creditLine: null, workingCapitalNeed: null, newLimit: null, stage: 'growth' },
      ...{ tracks: [], groupHead: '91330100799655058B', regionCode: null },
    };
    const grouped = { ...sensor, score: { ...sensor.score, derived } };
    expect(related(grouped, ['91330100799655058B']).outcome).toBe('decline');
    expect(related(grouped, ['91440300708461136T']).outcome).toBe('approve');
  });
});

describe('a purpose', () => {
  const of = (purpose: string) => {
    const { content } = sensor;
    const request = { ...content.request, purpose };
    return judged({ ...sensor, content: { ...content, request } });
  };

  it.each(['dividends', ' Equity\u3000 Investment', 'ＤＩＶＩＤＥＮＤＳ', '股权投资 '])(
    'that is barred, written as "%s", is declined',
    (purpose) => {
      expect(of(purpose)).toMatchObject({ outcome: 'decline', reasons: [{ code: 'S03' }] });
    },
  );

  it.each(['to pay dividends to holders', '用于股权投资及原材料'])(
    'that names a barred one among other words is for officers: "%s"',
    (purpose) => {
      expect(of(purpose)).toMatchObject({
        outcome: 'refer',
        tier: 'senior-officer',
        reasons: [{ code: 'S05', detail: purpose }],
      });
    },
  );

  it('that is another is none of the policy’s business', () => {
    expect(of('raw materials and R&D').outcome).toBe('approve');
  });
});
