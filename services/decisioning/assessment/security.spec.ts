// What can be lent on a pledge, a guarantee, a risk pool, and a pledge with a part unsecured.
import { cny, fenOfMoney, fenOfYuan } from '@saidao/values';
import type { Bundle } from '@saidao/schemas';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { assessorOf, bundleOf, caseNamed, findingOf, yuan } from '../cases.fixture.ts';
import { applicationOf } from './application.fixture.ts';
import { assess } from './assess.ts';
import type { Application } from './figures.ts';
import type { Product, SecurityRule } from './policy.ts';
import { pledgeLimitFen, securityFen } from './security.ts';

describe('what can be lent on patents', () => {
  const sample = caseNamed('smart-lock-ip-pledge');
  const rule = {
    kind: 'pledge' as const,
    rates: { invention: '0.30', 'utility-model': '0.15' },
    lifeBeyondTermMonths: 24,
  };
  const all = sample.patents.map(({ number }) => number);
  const whole = bundleOf(
    sample,
    sample.patents.map((patent) => findingOf(patent)),
  );
  const limit = (bundle: Bundle, locked = all) => pledgeLimitFen(rule, bundle, locked);

  it('is the rate of the lower value', () => {
    expect(limit(whole)).toBe(fenOfYuan('109364863.74'));
  });

  it('counts only what is locked, by its share of the appraisal', () => {
    // 150 and 90 of 370 million.
    expect(limit(whole, [all[0]!, all[2]!])).toBe(fenOfYuan('70939371.08'));
    expect(limit(whole, [])).toBe(0n);
    expect(limit(whole, ['201710601862.3'])).toBe(0n);
  });

  it('takes each kind at its own rate, one without a rate at nothing', () => {
    const kinds = (kind: string) => ({
      ...whole,
      findings: whole.findings.map((finding, index) =>
        index === 0 ? { ...finding, kind } : finding,
      ),
    });
    expect(limit(kinds('utility-model'))).toBeLessThan(limit(whole)!);
    expect(limit(kinds('toString'))).toBeLessThan(limit(kinds('utility-model'))!);
  });

  it('takes all alike at the lowest rate where one has no appraisal', () => {
    const findings = whole.findings.map((finding, index) =>
      index === 0 ? { ...finding, kind: 'utility-model', appraised: null } : finding,
    );
    const bundle = { ...whole, findings, lendingValue: yuan(90_000_000) };
    expect(limit(bundle)).toBe(fenOfYuan('13500000.00'));
    expect(limit(bundle, [all[1]!])).toBe(fenOfYuan('4500000.00'));
  });

  it('is not known without a value', () => {
    expect(limit({ ...whole, lendingValue: null })).toBeNull();
  });

  it('is never more than the highest rate of the value', () => {
    const fen = fc.bigInt(0n, 10n ** 13n);
    fc.assert(
      fc.property(
        fen,
        fc.array(fen, { minLength: 3, maxLength: 3 }),
        fc.subarray(all),
        (value, appraised, locked) => {
          const findings = whole.findings.map((finding, index) => ({
            ...finding,
            appraised: cny(appraised[index] ?? 0n),
          }));
          const lent = limit({ ...whole, findings, lendingValue: cny(value) }, locked) ?? 0n;
          expect(lent * 10n).toBeLessThanOrEqual(value * 3n + 5n);
          expect(lent).toBeGreaterThanOrEqual(0n);
        },
      ),
    );
  });
});

const innovation = applicationOf(caseNamed('innovation-5m'));
const lock = applicationOf(caseNamed('smart-lock-ip-pledge'));
const yearsOf = (revenueYuan: number) => ({
  year: 2025,
  revenueFen: BigInt(revenueYuan) * 100n,
  revenueBeforeFen: null,
  researchFen: null,
});

function lent(
  security: SecurityRule,
  application: Application,
  years?: ReturnType<typeof yearsOf>,
  relatedParty = false,
) {
  return securityFen({ security } as Product, application, years, relatedParty);
}

describe('what can be lent on a guarantee', () => {
  const rule = { kind: 'guarantee', shareAtLeast: '0.50', uncoveredMostYuan: '3000000' } as const;
  const guaranteed = (sharePpm: number, result: 'CLEAR' | 'ADVERSE' | 'UNKNOWN' = 'CLEAR') => ({
    ...innovation,
    score: {
      ...innovation.score,
      guarantee: { ...innovation.score.guarantee!, sharePpm, result },
    },
  });

  it.each([
    [700_000, '10000000'],
    [500_000, '6000000'],
    [0, '3000000'],
    [666_667, '9000009'],
  ])('of %i millionths leaves no more uncovered than the bound', (sharePpm, most) => {
    const fen = lent(rule, guaranteed(sharePpm)) ?? 0n;
    expect(fen / 100n).toBe(fenOfYuan(most) / 100n);
    expect(fen * BigInt(1_000_000 - sharePpm)).toBeLessThanOrEqual(
      fenOfYuan('3000000') * 1_000_000n,
    );
  });

  it('of the whole sets no limit', () => {
    expect(lent(rule, guaranteed(1_000_000))).toBeUndefined();
  });

  it.each(['ADVERSE', 'UNKNOWN'] as const)('that is %s is none', (result) => {
    expect(lent(rule, guaranteed(700_000, result))).toBe(fenOfYuan('3000000'));
    const score = { ...innovation.score, guarantee: null };
    expect(lent(rule, { ...innovation, score })).toBe(fenOfYuan('3000000'));
  });
});

describe('what can be lent on a risk pool', () => {
  const rule: SecurityRule = {
    kind: 'risk-pool',
    tiers: [
      { share: '0.80', revenueMostYuan: '20000000', loanMostYuan: '5000000' },
      { share: '0.70', revenueMostYuan: null, loanMostYuan: '10000000' },
    ],
    uncoveredMostYuan: '2000000',
  };
  const [first, second] = rule.tiers;

  it('is by the tier that lets the most be lent', () => {
    expect(lent(rule, innovation, yearsOf(20_000_000))).toBe(fenOfYuan('6666666.66'));
    const one = { ...rule, tiers: [first!] };
    expect(lent(one, innovation, yearsOf(20_000_000))).toBe(fenOfYuan('5000000'));
    expect(lent(one, innovation, yearsOf(20_000_001))).toBe(0n);
    expect(lent({ ...rule, tiers: [second!] }, innovation)).toBe(fenOfYuan('6666666.66'));
  });

  it('is not known where the revenue is not', () => {
    expect(lent({ ...rule, tiers: [first!] }, innovation)).toBeNull();
  });
});

describe('what can be lent on a pledge and a part without', () => {
  const rule: SecurityRule = {
    kind: 'mixed',
    rates: { invention: '0.30' },
    lifeBeyondTermMonths: 24,
    unsecuredMostYuan: '5000000',
  };

  it('is both together', () => {
    expect(lent(rule, lock)).toBe(fenOfYuan('114364863.74'));
    expect(lent(rule, { ...lock, pledge: null })).toBe(fenOfYuan('5000000'));
    expect(lent(rule, { ...lock, pledge: null }, undefined, true)).toBe(0n);
  });

  it('needs the pledge only for what is above that part', () => {
    const { policy, ...others } = assessorOf('exim-zj');
    const products = policy.products.map((product) => ({ ...product, security: rule }));
    const assessor = { ...others, policy: { ...policy, products } };
    const of = (amountYuan: number) => {
      const { content } = lock;
      const request = { ...content.request, amount: yuan(amountYuan), payees: [] };
      return assess(assessor, { ...lock, content: { ...content, request } }).terms;
    };
    expect(of(5_000_000)).toMatchObject({ pledgeRequired: false, pledgedPatents: [] });
    expect(of(5_000_001)).toMatchObject({
      pledgeRequired: true,
      pledgedPatents: lock.pledge?.locked,
      conditions: ['PLEDGE_REGISTERED'],
    });
  });
});

it('bears on a confirmed guarantee as a condition of the loan', () => {
  const { terms, basis } = assess(assessorOf('czb-hz'), innovation);
  expect(terms).toMatchObject({
    guarantee: innovation.content.guarantee,
    conditions: ['GUARANTEE_CONFIRMED'],
  });
  const security = basis.limits.find(({ name }) => name === 'security');
  expect(security?.amount && fenOfMoney(security.amount)).toBe(fenOfYuan('10000000'));
});

it('promises the share that was confirmed, not the one that was offered', () => {
  const offered = { ...innovation.content.guarantee!, sharePpm: 900_000 };
  const asked = { ...innovation, content: { ...innovation.content, guarantee: offered } };
  const { institution, sharePpm } = innovation.score.guarantee!;
  const { terms, basis } = assess(assessorOf('czb-hz'), asked);
  expect(terms?.guarantee).toEqual({ institution, sharePpm });
  expect(basis.facts).toContainEqual({ name: 'guaranteeSharePpm', value: String(sharePpm) });
});
