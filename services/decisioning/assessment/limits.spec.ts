// Need and limits: the sample cases, the edges, and that the least limit binds.
import { sumFen } from '@saidao/values';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { caseNamed, contentOf, yuan } from '../cases.fixture.ts';
import { applicationOf, judged } from './application.fixture.ts';
import { capsOf, lastYearsOf, leastOf, limitsOf, proRata } from './limits.ts';
import { ownRow, type Fired } from './rules.ts';

const talentOf = (grade: string, holdsPpm: number) => ({ grade, holdsPpm, recognised: true });

describe('the need', () => {
  const needOf = (id: string, change: object = {}) => {
    const application = applicationOf(caseNamed(id));
    const { content } = application;
    const enterprise = { ...content.enterprise, ...change };
    const { basis } = judged({ ...application, content: { ...content, enterprise } });
    const limit = basis.limits.find(({ name }) => name === 'need');
    expect(limit?.amount).toEqual(basis.need);
    return basis.need;
  };

  it('of working capital, where days make no turnover, is nothing', () => {
    const { workingCapital } = contentOf(caseNamed('new-quality-8m')).enterprise;
    const change = { workingCapital: workingCapital && { ...workingCapital, payableDays: 170 } };
    expect(needOf('new-quality-8m', change)).toEqual(yuan(0));
  });

  it.each([
    ['smart-lock-ip-pledge', '159641447.37'],
    ['new-quality-8m', '9200000.00'],
    ['innovation-5m', '5400000.00'],
    ['talent-3m', '5000000.00'],
  ])('of %s is %s', (id, need) => expect(needOf(id)).toEqual(yuan(need)));

  // The gate asks for a recognised talent who holds 30 %; the band has to be that talent's own.
  it.each<[string, { grade: string; holdsPpm: number; recognised: boolean }[], string]>([
    ['a higher grade who holds nothing', [talentOf('A', 0), talentOf('E', 300_000)], '1000000.00'],
    ['a share just below the gate', [talentOf('A', 299_999), talentOf('E', 300_000)], '1000000.00'],
    ['two who open the gate', [talentOf('E', 300_000), talentOf('B', 300_000)], '10000000.00'],
    ['none who opens it', [talentOf('A', 299_999)], '0.00'],
  ])('by talent, given %s, is the best band of who opens the gate', (_what, talents, need) => {
    expect(needOf('talent-3m', { talents })).toEqual(yuan(need));
  });

  it('by talent is not known where talents were not supplied', () => {
    expect(needOf('talent-3m', { talents: null })).toBeNull();
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

describe('caps', () => {
  const row = (limit: string, figure: string, mostYuan = 0) =>
    ownRow(limit, { limit, figure, mostYuan });
  const whole = ['asked', 'need', 'product-cap', 'exposure-headroom'].map((name) =>
    row(name, name),
  );
  const of = (
    rows: readonly Fired[],
    figures: Record<string, bigint | null | undefined>,
    isSecured = false,
  ) => limitsOf(capsOf(rows), isSecured, (figure) => (figure in figures ? figures[figure] : 9n));

  it('are figures or fixed sums; of one name the least counts', () => {
    const rows = [...whole, row('score-band', 'fixed', 3), row('score-band', 'fixed', 2)];
    const { limits, unknown } = of(rows, {});
    expect(unknown).toBe(false);
    expect(limits.at(-1)).toEqual({ name: 'score-band', fen: 200n });
    expect(limits).toHaveLength(5);
  });

  it('that do not apply leave the others; one that is not known leaves nothing known', () => {
    expect(of([...whole, row('security', 'none')], { none: undefined })).toMatchObject({
      unknown: false,
    });
    expect(of([...whole, row('security', 'security')], { security: null }).unknown).toBe(true);
  });

  it.each(whole)('that leave out $rule leave nothing known', ({ rule }) => {
    expect(
      of(
        whole.filter((one) => one.rule !== rule),
        {},
      ).unknown,
    ).toBe(true);
  });
});

describe('a cap that has to be there', () => {
  const whole = ['asked', 'need', 'product-cap', 'exposure-headroom', 'security'];
  const unknownWith = (name: string, figure: string) => {
    const rows = whole.map((one) =>
      ownRow(one, { limit: one, figure: one === name ? figure : one, mostYuan: 9 }),
    );
    return limitsOf(capsOf(rows), true, () => 9n).unknown;
  };

  it.each(whole)('%s is not there where its row names another figure', (name) => {
    expect(unknownWith(name, name)).toBe(false);
    expect(unknownWith(name, 'none')).toBe(true);
    expect(unknownWith(name, 'fixed')).toBe(name !== 'need');
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
