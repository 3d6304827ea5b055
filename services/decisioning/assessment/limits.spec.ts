// Need, security and limits: the sample cases, the edges, and that the least limit binds.
import { cny, fenOfYuan, sumFen } from '@saidao/values';
import type { Bundle } from '@saidao/schemas';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { assessorOf, bundleOf, caseNamed, contentOf, findingOf, yuan } from '../cases.fixture.ts';
import { lastYearsOf, leastOf, needOf, pledgeLimitFen, proRata } from './limits.ts';
import { productOf } from './policy.ts';

const talentOf = (grade: string, holdsPpm: number) => ({ grade, holdsPpm, recognised: true });

describe('the working-capital need', () => {
  it('that days make no turnover for is not positive: it refers', () => {
    const { enterprise } = contentOf(caseNamed('new-quality-8m'));
    const capital = enterprise.workingCapital && { ...enterprise.workingCapital, payableDays: 170 };
    const product = productOf(assessorOf('boc-zj').policy, 'boc-zj', 'NEW_QUALITY');
    const years = lastYearsOf(enterprise, '2026-11-20', 2);
    const need = needOf(product!, { ...enterprise, workingCapital: capital }, years);
    expect(need).toEqual({ state: 'not-positive', fen: 0n });
  });

  it.each([
    ['smart-lock-ip-pledge', '159641447.37'],
    ['new-quality-8m', '9200000.00'],
    ['innovation-5m', '5400000.00'],
    ['talent-3m', '5000000.00'],
  ])('of %s is %s', (id, need) => {
    const sample = caseNamed(id);
    const { enterprise } = contentOf(sample);
    const product = productOf(assessorOf(sample.lender).policy, sample.lender, sample.product);
    const years = lastYearsOf(enterprise, '2026-11-20', 2);
    expect(needOf(product!, enterprise, years)).toEqual({ state: 'known', fen: fenOfYuan(need) });
  });

  // The gate asks for a recognised talent who holds 30 %; the band has to be that talent's own.
  it.each<[string, { grade: string; holdsPpm: number; recognised: boolean }[], string]>([
    ['a higher grade who holds nothing', [talentOf('A', 0), talentOf('E', 300_000)], '1000000.00'],
    ['a share just below the gate', [talentOf('A', 299_999), talentOf('E', 300_000)], '1000000.00'],
    ['two who open the gate', [talentOf('E', 300_000), talentOf('B', 300_000)], '10000000.00'],
    ['none who opens it', [talentOf('A', 299_999)], '0.00'],
  ])('by talent, given %s, is the best band of who opens the gate', (_what, talents, need) => {
    const sample = caseNamed('talent-3m');
    const enterprise = { ...contentOf(sample).enterprise, talents };
    const product = productOf(assessorOf(sample.lender).policy, sample.lender, sample.product);
    expect(needOf(product!, enterprise, undefined).state).not.toBe('missing');
    expect(needOf(product!, enterprise, undefined)).toMatchObject({ fen: fenOfYuan(need) });
  });

  it('takes no year that is not over or too old', () => {
    const revenues = [2022, 2023, 2027].map((year) => ({ year, amount: yuan(year) }));
    const years = (date: string) => lastYearsOf({ revenue: revenues, rd: null }, date, 2)?.year;
    expect(years('2026-11-20')).toBeUndefined();
    expect(years('2025-11-20')).toBe(2023);
    expect(years('2027-12-31')).toBeUndefined();
    expect(years('2028-01-01')).toBe(2027);
  });
});

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

describe('limits', () => {
  it('bind at the least, the first of equals', () => {
    fc.assert(
      fc.property(
        fc.array(fc.option(fc.bigInt(0n, 5n), { nil: null }), { maxLength: 8 }),
        (fens) => {
          const limits = fens.map((fen, index) => ({ name: String(index), fen }));
          const least = leastOf(limits);
          const known = limits.filter(({ fen }) => fen !== null);
          if (known.length === 0) {
            expect(least).toBeUndefined();
            return;
          }
          for (const { fen } of known) expect(least!.fen).toBeLessThanOrEqual(fen!);
          expect(least!.name).toBe(known.find(({ fen }) => fen === least!.fen)?.name);
        },
      ),
    );
  });
});

describe('a sum divided in proportion', () => {
  it('is kept to the fen, and no part is off by more than one', () => {
    const fen = fc.bigInt(1n, 10n ** 14n);
    fc.assert(
      fc.property(fc.array(fen, { minLength: 1, maxLength: 6 }), fen, (parts, total) => {
        const shares = proRata(parts, total);
        expect(sumFen(shares)).toBe(total);
        const whole = sumFen(parts);
        shares.forEach((share, index) => {
          const exact = ((parts[index] ?? 0n) * total) / whole;
          expect(share - exact === 0n || share - exact === 1n).toBe(true);
        });
      }),
    );
  });

  it('of nothing is nothing', () => {
    expect(proRata([0n, 0n], 5n)).toEqual([0n, 0n]);
    expect(proRata([], 5n)).toEqual([]);
  });
});
