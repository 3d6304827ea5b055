// What a change of collateral makes of a bundle: grounds, usable patents, and values not known.
import { describe, expect, it } from 'vitest';
import type { Bundle, CollateralChange, Evidence, PatentFinding } from '@saidao/schemas';
import { caseNamed, patentsVerified, yuan } from '../cases.fixture.ts';
import { changesTogether, withChanges } from './collateral.ts';

const lock = caseNamed('smart-lock-ip-pledge');
const asked = (provider: string, askedAt = 1n): Evidence => ({
  provider,
  askedAt,
  answeredAt: askedAt + 1n,
  answerHash: `${provider}-${askedAt}`,
  fromCache: false,
  attempts: 1,
  keptAt: null,
});

/** As verified: 150, 130 and 90 million appraised, lent on 364,549,545.81 at 30 per cent. */
const verified = patentsVerified(lock).bundle;
const bundle: Bundle = {
  ...verified,
  findings: verified.findings.map((finding, index) => ({
    ...finding,
    pledgeRatePpm: 300_000,
    remainingMonths: [114, 137, 163][index] ?? null,
    evidence: [asked('patent-register'), asked('annuity')],
  })),
  usableAppraised: yuan(370_000_000),
  internalValue: yuan(364_549_545.81),
  internalRange: {
    low: yuan(292_231_936.58),
    base: yuan(364_549_545.81),
    high: yuan(453_483_356.35),
  },
  lendingValue: yuan(364_549_545.81),
  valueBasis: 'LOWER_OF_BOTH',
  pledgeable: { low: yuan(87_669_580.97), base: yuan(109_364_863.74), high: yuan(111_000_000) },
  methods: [
    { method: 'RELIEF_FROM_ROYALTY', value: yuan(364_549_545.81), reason: 'as the spec says' },
    { method: 'COST', value: null, reason: 'its inputs were not supplied' },
  ],
  shortestRemainingMonths: 114,
};
const [first, second, third] = lock.patents.map(({ number }) => number) as [string, string, string];

const change = (
  number: string,
  ground = 'PL02',
  result: CollateralChange['result'] = 'ADVERSE',
): CollateralChange => ({
  number,
  ground,
  result,
  reason: 'as the register says now',
  evidence: [asked(ground === 'PL04' ? 'annuity' : 'patent-register', 7n)],
});

const withFinding = (number: string, part: Partial<PatentFinding>): Bundle => ({
  ...bundle,
  findings: bundle.findings.map((one) => (one.number === number ? { ...one, ...part } : one)),
});

describe('a bundle whose collateral changed', () => {
  it('has the ground on the finding, and the patent is no longer usable', () => {
    const changed = withChanges(bundle, [change(first)]);
    expect(changed.usable).toEqual([second, third]);
    const [finding] = changed.findings;
    expect(finding).toMatchObject({ usable: false });
    expect(finding?.grounds.find(({ code }) => code === 'PL02')).toEqual({
      code: 'PL02',
      result: 'ADVERSE',
      reason: 'as the register says now',
      evidence: ['patent-register'],
      declarations: [],
    });
    expect(changed.notes.at(-1)).toMatchObject({ code: 'COLLATERAL_CHANGED', patents: [first] });
  });

  it('names on each ground who says so, and keeps the evidence, each answer once', () => {
    const changes = [change(first), change(first, 'PL05'), change(first, 'PL04'), change(second)];
    const [finding, other] = withChanges(bundle, changes).findings;
    const askedOf = (code: string) => finding?.grounds.find((one) => one.code === code)?.evidence;
    expect(['PL02', 'PL05', 'PL04'].map(askedOf)).toEqual([
      ['patent-register'],
      ['patent-register'],
      ['annuity'],
    ]);
    const evidence = [asked('patent-register'), asked('annuity'), asked('patent-register', 7n)];
    expect(finding?.evidence).toEqual([...evidence, asked('annuity', 7n)]);
    expect(other?.evidence).toEqual(evidence);
  });

  it('is worth the part that the rest has of all appraisals, rounded once', () => {
    const changed = withChanges(bundle, [change(first)]);
    expect(changed).toMatchObject({
      usableAppraised: yuan(220_000_000),
      internalValue: yuan(216_759_189.4),
      internalRange: { base: yuan(216_759_189.4) },
      lendingValue: yuan(216_759_189.4),
      valueBasis: 'LOWER_OF_BOTH',
      pledgeable: { low: yuan(52_127_858.96), base: yuan(65_027_756.82), high: yuan(66_000_000) },
      methods: [{ value: yuan(216_759_189.4) }, { value: null }],
      shortestRemainingMonths: 137,
    });
    // From what it was at first, whatever was lost between: nothing is rounded twice.
    const both = withChanges(bundle, [change(first), change(second)]);
    expect(both.lendingValue).toEqual(yuan(88_674_213.85));
  });

  it('may be lent on by the rates of those that are left', () => {
    const rates = withFinding(third, { pledgeRatePpm: 150_000 });
    const weighted = { ...rates, pledgeable: { low: yuan(0), base: yuan(975), high: yuan(1950) } };
    // 150 and 130 million at 30 per cent, 90 million at 15: the first has 450 of 975 parts.
    expect(withChanges(weighted, [change(first)]).pledgeable).toEqual({
      low: yuan(0),
      base: yuan(525),
      high: yuan(1050),
    });
  });

  it.each<[string, Bundle]>([
    ['has no appraisal', withFinding(third, { appraised: null })],
    ['was lost and has none', withFinding(first, { appraised: null })],
    [
      'is valued by another that is left',
      {
        ...bundle,
        findings: bundle.findings.map((one) => ({ ...one, valued: one.number === first })),
      },
    ],
  ])('has no value that could be told where one %s', (_what, unlike) => {
    const changed = withChanges(unlike, [change(first)]);
    expect(changed).toMatchObject({ lendingValue: null, valueBasis: null, usableAppraised: null });
    expect(changed.notes.at(-1)?.code).toBe('COLLATERAL_CHANGED');
  });

  it('has none where a patent counts now that did not then', () => {
    const before = withChanges(bundle, [change(third)]);
    const back = withChanges({ ...before, notes: [] }, [change(third, 'PL02', 'CLEAR')]);
    expect(back.usable).toEqual([first, second, third]);
    expect(back).toMatchObject({ lendingValue: null, pledgeable: null });
  });

  it('is worth nothing where none is usable', () => {
    const changed = withChanges(
      bundle,
      [first, second, third].map((number) => change(number)),
    );
    expect(changed).toMatchObject({ lendingValue: yuan(0), valueBasis: 'NOTHING_USABLE' });
  });

  it('keeps its value where the same patents are usable', () => {
    const changed = withChanges(bundle, [change(first, 'PL11', 'WAIVED')]);
    expect(changed).toMatchObject({ usable: bundle.usable, lendingValue: bundle.lendingValue });
  });

  it('takes the last that is said of a ground', () => {
    const twice = changesTogether([change(first)], [change(first, 'PL02', 'CLEAR'), change(third)]);
    expect(twice).toHaveLength(2);
    expect(withChanges(bundle, twice).usable).toEqual([first, second]);
  });
});
