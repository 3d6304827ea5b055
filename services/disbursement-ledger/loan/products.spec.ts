// The products as they are shipped, and every way in which such a document can be wrong.
import { countingOf, faultsOfContract, waterfallDefault } from '@saidao/loans';
import { fenOfYuan } from '@saidao/values';
import { describe, expect, it, test } from 'vitest';
import document from './products.json' with { type: 'json' };
import {
  contractOf,
  isExempt,
  needsEntrusted,
  readProducts,
  tenorOf,
  type AgreedTerms,
  type LoanProduct,
} from './products.ts';

const products = readProducts(document);
const common = products.of('exim-zj', null);

describe('the products', () => {
  it('are counted and paid as the packages say where nothing else is said', () => {
    expect(common.counting).toEqual(countingOf);
    expect(common.waterfall.order).toEqual(waterfallDefault.order);
    expect(common.waterfall.afterDays).toBeNull();
  });

  it('have what they say themselves in place of the default', () => {
    expect(products.of('exim-zj', 'IP_PLEDGE')).toMatchObject({
      rate: { kind: 'FIXED' },
      penalty: { overdueTimesPpm: 1_500_000, misuseTimesPpm: 2_000_000 },
      allowancePpm: { normal: 10_000, loss: 1_000_000 },
      guaranteeClaimAfterDays: 90,
    });
    expect(products.of('czb-hz', 'INNOVATION')).toMatchObject({
      guaranteeClaimAfterDays: 60,
      waterfall: { afterDays: { beyondDays: 90 } },
    });
    expect(products.of('boc-zj', 'NEW_QUALITY').rate).toMatchObject({ kind: 'LPR' });
  });

  it('of a lender that has none, or of another lender, have the default', () => {
    expect(products.of('exim-zj', 'TALENT')).toBe(common);
    expect(products.of('nobody', 'IP_PLEDGE')).toBe(common);
  });
});

describe('entrusted payment', () => {
  const from = (operator: '>' | '>='): LoanProduct => ({
    ...common,
    entrusted: { ...common.entrusted, operator },
  });

  test.each([
    ['9999999.99', false, false],
    ['10000000.00', false, true],
    ['10000000.01', true, true],
  ])('of %s yuan: above %s, from it on %s', (yuan, above, fromOn) => {
    expect(needsEntrusted(from('>'), fenOfYuan(yuan))).toBe(above);
    expect(needsEntrusted(from('>='), fenOfYuan(yuan))).toBe(fromOn);
  });
});

describe('interest without VAT', () => {
  const loan = { inclusive: ['nfra_1000w'], ratePpm: 45_000, lprPpm: 30_000, on: '2026-11-26' };

  it.each([
    ['a small loan at 1.5 times the LPR', {}, true],
    ['a dearer one', { ratePpm: 45_001 }, false],
    ['one that counts for no basis', { inclusive: ['pbc_2000w'] }, false],
    ['on the last day', { on: '2027-12-31' }, true],
    ['on the day after', { on: '2028-01-01' }, false],
    ['before the first', { on: '2018-08-31' }, false],
  ])('%s', (_, change, expected) => {
    expect(isExempt(common, { ...loan, ...change })).toBe(expected);
  });

  it('is none once the switch is off', () => {
    const off: LoanProduct = { ...common, vat: { ...common.vat, exemption: null } };
    expect(isExempt(off, loan)).toBe(false);
  });
});

test.each([
  [12, '1Y', '5Y'],
  [13, '1Y', '5Y'],
  [60, '1Y', '5Y'],
  [61, '5Y', '5Y'],
])('%i months go by the LPR of their tenor', (months, ofOne, ofFive) => {
  const rule = { kind: 'LPR', reset: 'YEARLY' } as const;
  expect(tenorOf({ ...rule, tenorBetween: '1Y' }, months)).toBe(ofOne);
  expect(tenorOf({ ...rule, tenorBetween: '5Y' }, months)).toBe(months <= 12 ? '1Y' : ofFive);
});

describe('the contract of a loan', () => {
  const agreed: AgreedTerms = {
    loanId: 'L1',
    limitFen: fenOfYuan('8000000'),
    method: 'BULLET',
    bookedOn: '2026-11-26',
    termMonths: 12,
    ratePpm: 32_000,
    lprPpm: 30_000,
    addOnPpm: 2_000,
    guarantee: { institution: 'guarantor', sharePpm: 800_000 },
    inclusive: ['nfra_1000w'],
  };

  it('has what was agreed, and the rest from its product', () => {
    const contract = contractOf(products.of('czb-hz', 'INNOVATION'), agreed);
    expect(faultsOfContract(contract)).toEqual([]);
    expect(contract).toMatchObject({
      maturesOn: '2027-11-26',
      lpr: null,
      counting: { dayCount: 'ACT_360', interestDay: null },
      guarantor: 'guarantor',
      guaranteeSharePpm: 800_000,
      guaranteeClaimAfterDays: 60,
      vat: { ratePpm: 60_000, exemptThrough: '2027-12-31' },
    });
  });

  it('floats where its product does', () => {
    const contract = contractOf(products.of('boc-zj', 'NEW_QUALITY'), {
      ...agreed,
      guarantee: null,
      inclusive: [],
      termMonths: 61,
    });
    expect(contract).toMatchObject({
      lpr: { addOnPpm: 2_000, tenor: '5Y', reset: 'YEARLY' },
      guarantor: null,
      guaranteeSharePpm: 0,
      vat: { exemptThrough: null },
    });
  });
});

describe('a document that cannot be so is told, every fault of it', () => {
  const wrong = (change: object, products: readonly object[] = []) => {
    try {
      readProducts({ ...document, default: { ...document.default, ...change }, products });
    } catch (error) {
      return (error as Error).message.split('\n  ').slice(1);
    }
    return [];
  };

  it.each([
    ['a convention that nobody knows', { convention: 'SOMETIMES' }],
    ['a slip in a name', { pennalty: {} }],
    ['penalty below the rate', { penalty: { ...document.default.penalty, overdueTimes: '0.9' } }],
    ['an allowance above the whole', { allowance: { ...document.default.allowance, loss: '1.1' } }],
    ['one that falls', { allowance: { ...document.default.allowance, doubtful: '0.1' } }],
    ['ever so many technical days', { technicalDays: 8 }],
    ['whole months with an interest day', countingWith('MONTHS_12', 21)],
    ['a day that months lack', countingWith('ACT_360', 29)],
    ['a claim left out', { waterfall: { ...document.default.waterfall, order: ['INTEREST'] } }],
  ])('%s', (_, change) => {
    expect(wrong(change).length).toBeGreaterThan(0);
  });

  it('of a product by its name, and when it is there twice', () => {
    const one = { lenderId: 'exim-zj', productId: 'IP_PLEDGE' };
    expect(wrong({}, [one, one])).toEqual(['exim-zj IP_PLEDGE: is there twice']);
    expect(wrong({}, [{ ...one, graceDays: 3 }])).toEqual([
      'exim-zj IP_PLEDGE: graceDays: is none of its fields',
    ]);
  });
});

function countingWith(dayCount: string, interestDay: number) {
  return { counting: { ...document.default.counting, BULLET: { dayCount, interestDay } } };
}
