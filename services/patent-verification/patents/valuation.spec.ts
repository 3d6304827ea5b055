// The value of the bundle: published vectors, the sample cases, and what must hold for any input.
import { readFileSync } from 'node:fs';
import type { ValuationInputs } from '@saidao/schemas';
import { cny, fenOfYuan, formatYuan, mulDivHalfUp, ppmOf } from '@saidao/values';
import { fc, test } from '@fast-check/vitest';
import { describe, expect, it } from 'vitest';
import { readPolicy } from '../adapters/policy-file.ts';
import {
  costFen,
  internalValueFen,
  marketFen,
  presentValueFen,
  profitSplitFen,
  valueBundle as valueBundleBy,
  type ValuedPatent,
  type ValueInputs,
} from './valuation.ts';

const policy = readPolicy();
const valueBundle = (
  patents: readonly ValuedPatent[],
  relief: ValuationInputs | null,
  supporting: ValueInputs['supporting'] = null,
) => valueBundleBy(patents, { relief, supporting }, policy);

const yuan = (text: string) => cny(fenOfYuan(text));

const rules = JSON.parse(
  readFileSync(new URL('../../../packages/values/fixtures/rules.json', import.meta.url), 'utf8'),
) as {
  reliefFromRoyalty: {
    revenue: number[];
    royalty: string;
    tax: string;
    discount: string;
    endYear: string;
    midYear: string;
    loanAt30Percent: string;
  }[];
};

describe.each(rules.reliefFromRoyalty)('relief from royalty, the rule vector', (vector) => {
  const revenuesFen = vector.revenue.map((yuanOf10k) => fenOfYuan(String(yuanOf10k)));
  const rates = {
    royaltyPpm: ppmOf(vector.royalty),
    taxPpm: ppmOf(vector.tax),
    discountPpm: ppmOf(vector.discount),
  };

  it.each([
    ['endYear', vector.endYear],
    ['midYear', vector.midYear],
  ] as const)('%s: %s', (timing, value) => {
    expect(formatYuan(presentValueFen(revenuesFen, { ...rates, timing }))).toBe(value);
  });

  it(`lends ${vector.loanAt30Percent} at 30 %`, () => {
    const value = presentValueFen(revenuesFen, { ...rates, timing: 'endYear' });
    expect(formatYuan(mulDivHalfUp(value, 30n, 100n))).toBe(vector.loanAt30Percent);
  });
});

const inputs: ValuationInputs = {
  attributableRevenueBase: yuan('910000000'),
  growthPpm: 150_000,
  growthYears: 5,
  years: 9,
  royaltyPpm: 60_000,
  taxPpm: 150_000,
  discountPpm: 150_000,
  timing: 'endYear',
};
const patent = (appraised: string | null, years: number, usable = true): ValuedPatent => ({
  number: `${appraised}/${years}`,
  usable,
  counts: true,
  pledgeRatePpm: 300_000,
  appraised: appraised === null ? null : yuan(appraised),
  remainingYears: years,
});
const three = [patent('150000000', 9), patent('130000000', 11), patent('90000000', 13)];

describe('the sample cases', () => {
  it('values three usable patents at 364,549,545.81, the lower of the two', () => {
    expect(valueBundle(three, inputs)).toMatchObject({
      valueBasis: 'LOWER_OF_BOTH',
      haircutPpm: null,
      pledgeable: { base: yuan('109364863.74') },
      usableAppraised: yuan('370000000'),
      internalValue: yuan('364549545.81'),
      lendingValue: yuan('364549545.81'),
    });
    expect(formatYuan(mulDivHalfUp(fenOfYuan('364549545.81'), 30n, 100n))).toBe('109364863.74');
  });

  it('values one usable of three by its share, so that at 30 % at most 27,000,000 is lent', () => {
    const patents = [{ ...three[0]!, usable: false }, { ...three[1]!, usable: false }, three[2]!];
    const value = valueBundle(patents, inputs);
    expect(value).toMatchObject({
      usableAppraised: yuan('90000000'),
      internalValue: yuan('88674213.85'),
      lendingValue: yuan('88674213.85'),
    });
    expect(mulDivHalfUp(value.lendingValue!.minor, 30n, 100n)).toBeLessThan(fenOfYuan('27000000'));
  });

  it('knows no value where nothing was appraised and no inputs were given', () => {
    const none = { usableAppraised: null, internalValue: null, lendingValue: null };
    expect(valueBundle([patent(null, 12), patent(null, 4)], null)).toMatchObject(none);
    expect(valueBundle([], inputs)).toMatchObject(none);
  });
});

describe('the lower of what is known', () => {
  it('is the appraised value less a haircut where there is no valuation', () => {
    expect(valueBundle([patent('100', 9), patent(null, 9)], null)).toMatchObject({
      usableAppraised: yuan('100'),
      internalValue: null,
      lendingValue: yuan('80'),
      valueBasis: 'APPRAISAL_LESS_HAIRCUT',
      haircutPpm: 200_000,
      pledgeable: { low: yuan('18'), base: yuan('24'), high: yuan('30') },
    });
  });

  it('is our own value where nothing was appraised', () => {
    const value = valueBundle([patent(null, 9)], inputs);
    expect(value.usableAppraised).toBeNull();
    expect(value.lendingValue).toEqual(yuan('364549545.81'));
  });

  it('is the appraised value where that is lower', () => {
    expect(valueBundle([patent('1.00', 9)], inputs).lendingValue).toEqual(yuan('1.00'));
  });

  it('is nothing, not unknown, where no patent is usable', () => {
    expect(valueBundle([patent('100', 9, false)], inputs)).toMatchObject({
      valueBasis: 'NOTHING_USABLE',
      usableAppraised: yuan('0'),
      internalValue: yuan('0'),
      lendingValue: yuan('0'),
    });
    expect(valueBundle([patent('100', 9, false)], null).lendingValue).toEqual(yuan('0'));
  });
});

describe('the years that count', () => {
  it('are the shorter of those asked for and those the patent has left', () => {
    const nine = internalValueFen([patent(null, 9)], inputs);
    expect(internalValueFen([patent(null, 20)], inputs)).toBe(nine);
    expect(internalValueFen([patent(null, 8)], inputs)).toBeLessThan(nine!);
    expect(internalValueFen([patent(null, 0)], inputs)).toBe(0n);
  });

  it('end growth where the patent ends', () => {
    const flat = { ...inputs, growthYears: 2 };
    expect(internalValueFen([patent(null, 2)], inputs)).toBe(
      internalValueFen([patent(null, 2)], flat),
    );
  });
});

it('shares in equal parts where one patent has no appraisal', () => {
  const whole = internalValueFen([patent('1', 9), patent(null, 9)], inputs)!;
  const half = internalValueFen([patent('1', 9), patent(null, 9, false)], inputs)!;
  expect(half).toBe((whole + 1n) / 2n);
});

it.each<[string, Partial<ValuationInputs>]>([
  ['a timing that nobody knows', { timing: 'never' }],
  ['a royalty above the revenue', { royaltyPpm: 1_000_001 }],
  ['a negative tax', { taxPpm: -1 }],
  ['a negative discount', { discountPpm: -1 }],
  ['a fall by more than all', { growthPpm: -1_000_001 }],
  ['a negative revenue', { attributableRevenueBase: cny(-1n) }],
  ['more money than there is', { attributableRevenueBase: cny(2n ** 63n - 1n), growthPpm: 2e9 }],
])('makes no valuation of %s', (_, change) => {
  expect(internalValueFen([patent('1', 9)], { ...inputs, ...change })).toBeNull();
});

it('does not count for ever, whatever the inputs say', () => {
  const endless = { ...inputs, years: 2 ** 31 - 1, growthYears: 2 ** 31 - 1 };
  expect(internalValueFen([patent('1', 20)], endless)).toBeGreaterThan(0n);
});

const ppm = fc.integer({ min: 0, max: 1_000_000 });
const anyInputs: fc.Arbitrary<ValuationInputs> = fc.record({
  attributableRevenueBase: fc.bigInt({ min: 0n, max: 10n ** 14n }).map(cny),
  growthPpm: fc.integer({ min: -500_000, max: 500_000 }),
  growthYears: fc.integer({ min: 0, max: 10 }),
  years: fc.integer({ min: 0, max: 20 }),
  royaltyPpm: ppm,
  taxPpm: ppm,
  discountPpm: ppm,
  timing: fc.constantFrom('endYear', 'midYear'),
});
const anyPatents: fc.Arbitrary<ValuedPatent[]> = fc.array(
  fc.record({
    number: fc.string(),
    usable: fc.boolean(),
    counts: fc.boolean(),
    pledgeRatePpm: fc.integer({ min: 0, max: 500_000 }),
    appraised: fc.option(fc.bigInt({ min: 0n, max: 10n ** 13n }).map(cny), { nil: null }),
    remainingYears: fc.integer({ min: 0, max: 20 }),
  }),
  { minLength: 1, maxLength: 6 },
);

/** The same sum in floating point: near, never exact. */
function roughly(patents: readonly ValuedPatent[], given: ValuationInputs): number {
  const appraised = patents.map((one) => Number(one.appraised?.minor ?? 0n));
  const parts = appraised.every((fen) => fen > 0) ? appraised : appraised.map(() => 1);
  const whole = parts.reduce((sum, part) => sum + part, 0);
  const k = given.discountPpm / 1e6;
  let sum = 0;
  for (const [index, one] of patents.entries()) {
    if (!one.usable) continue;
    for (let t = 1; t <= Math.min(given.years, one.remainingYears ?? 0); t += 1) {
      const revenue =
        Number(given.attributableRevenueBase.minor) *
        (1 + given.growthPpm / 1e6) ** Math.min(t, given.growthYears);
      const at = given.timing === 'midYear' ? t - 0.5 : t;
      const royalty = (revenue * given.royaltyPpm * (1 - given.taxPpm / 1e6)) / 1e6;
      sum += ((royalty / (1 + k) ** at) * (parts[index] ?? 0)) / whole;
    }
  }
  return sum;
}

test.prop([anyPatents, anyInputs])('is what floats say, but for their error', (patents, given) => {
  const value = Number(internalValueFen(patents, given));
  const rough = roughly(patents, given);
  expect(Math.abs(value - rough)).toBeLessThanOrEqual(0.51 + rough * 1e-9);
});

test.prop([anyPatents, anyInputs])('never grows when a patent is lost', (patents, given) => {
  const fewer = patents.map((one, index) => (index === 0 ? { ...one, usable: false } : one));
  expect(internalValueFen(fewer, given)!).toBeLessThanOrEqual(internalValueFen(patents, given)!);
});

test.prop([anyPatents, anyInputs])('lends on no more than either value', (patents, given) => {
  const { usableAppraised, internalValue, lendingValue } = valueBundle(patents, given);
  for (const value of [usableAppraised, internalValue]) {
    if (value === null) continue;
    expect(lendingValue!.minor).toBeLessThanOrEqual(value.minor);
  }
});

describe('the other methods', () => {
  const supporting = {
    profitSplit: {
      netProfits: ['1000', '1200', '1500'].map(yuan),
      splitPpm: 250_000,
      discountPpm: 200_000,
    },
    cost: { replacement: yuan('800'), depreciationPpm: 350_000 },
    comparables: [
      { price: yuan('900'), adjustmentPpm: 1_100_000, source: 'a sale' },
      { price: yuan('1000'), adjustmentPpm: 800_000, source: 'another' },
    ],
  };

  it('splits profit: 250/1.2 + 300/1.2² + 375/1.2³', () => {
    expect(formatYuan(profitSplitFen([patent(null, 9)], supporting.profitSplit)!)).toBe('633.68');
    // Two years only: the patent ends.
    expect(formatYuan(profitSplitFen([patent(null, 2)], supporting.profitSplit)!)).toBe('416.67');
  });

  it('makes no asset of losses', () => {
    const losses = { ...supporting.profitSplit, netProfits: [yuan('-5')] };
    expect(profitSplitFen([patent(null, 9)], losses)).toBe(0n);
  });

  it('takes depreciation off the cost of making them anew', () => {
    expect(formatYuan(costFen(fenOfYuan('800'), 350_000)!)).toBe('520.00');
    expect(costFen(fenOfYuan('800'), 1_000_001)).toBeNull();
  });

  it('takes the mean of comparable sales', () => {
    expect(formatYuan(marketFen(supporting.comparables)!)).toBe('895.00');
    expect(marketFen([])).toBeNull();
  });

  it('are all told, and the first that the policy names is the internal value', () => {
    const value = valueBundle([patent('1000', 9)], null, supporting);
    expect(value.methods.map(({ method, value: worth }) => [method, worth])).toEqual([
      ['RELIEF_FROM_ROYALTY', null],
      ['PROFIT_SPLIT', yuan('633.68')],
      ['MARKET', yuan('895.00')],
      ['COST', yuan('520.00')],
    ]);
    expect(value).toMatchObject({
      internalValue: yuan('633.68'),
      lendingValue: yuan('633.68'),
      valueBasis: 'LOWER_OF_BOTH',
    });
  });

  it('leaves to the usable patents their share', () => {
    const patents = [patent('100', 9), patent('300', 9, false)];
    const value = valueBundle(patents, null, { ...supporting, profitSplit: null });
    expect(value.internalValue).toEqual(yuan('223.75'));
  });
});

it('gives a utility model no value of its own beside its invention', () => {
  const pair = [patent('100', 9), { ...patent('100', 9), counts: false, pledgeRatePpm: 150_000 }];
  expect(valueBundle(pair, null)).toMatchObject({
    usableAppraised: yuan('100'),
    lendingValue: yuan('80'),
    pledgeable: { base: yuan('24') },
  });
});

test.prop([anyPatents, anyInputs])('falls and rises around what it is', (patents, given) => {
  const range = valueBundle(patents, given).internalRange;
  if (range === null) return;
  expect(range.low.minor).toBeLessThanOrEqual(range.base.minor);
  expect(range.base.minor).toBeLessThanOrEqual(range.high.minor);
});

test.prop([anyPatents, anyInputs])('is the same in any order of the patents', (patents, given) => {
  const there = valueBundle(patents, given);
  expect(valueBundle([...patents].reverse(), given)).toEqual(there);
});
