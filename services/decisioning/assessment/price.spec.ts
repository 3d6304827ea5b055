// The loan prime rate of a day and a term, and the bounds of what is added.
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { readLpr } from '../adapters/policy-files.ts';
import { assessorOf } from '../cases.fixture.ts';
import type { LprTable } from './policy.ts';
import { addOnPpm, faultsOfLpr, lprFor, lprOn, type LprRates } from './price.ts';

const lpr = readLpr();
const products = ['exim-zj', 'boc-zj', 'czb-hz'].flatMap((id) => assessorOf(id).policy.products);

function ratesOn(date: string): LprRates {
  const rates = lprOn(lpr, date);
  if (rates === null) throw new Error(`No rates are known for ${date}.`);
  return rates;
}

describe('the loan prime rate', () => {
  it.each([
    ['2024-10-20', 12, 33_500, '2024-09-20'],
    ['2024-10-21', 12, 31_000, '2024-10-21'],
    ['2024-10-21', 61, 36_000, '2024-10-21'],
    ['2026-10-19', 12, 30_000, '2026-09-20'],
    ['2026-11-20', 12, 30_000, '2026-09-20'],
    ['2026-11-20', 72, 35_000, '2026-09-20'],
  ])('on %s for %i months is %i', (date, termMonths, ratePpm, published) => {
    expect(lprFor(ratesOn(date), termMonths, '1Y')).toEqual({ ratePpm, date: published });
  });

  it.each([13, 60])('between one year and five is the contract’s choice: %i months', (months) => {
    expect(lprFor(ratesOn('2026-01-20'), months, '1Y').ratePpm).toBe(30_000);
    expect(lprFor(ratesOn('2026-01-20'), months, '5Y').ratePpm).toBe(35_000);
  });

  it('is unknown before the first row and beyond what was verified or taken as in force', () => {
    expect(lprOn(lpr, '2024-01-21')).toBeNull();
    expect(lprOn(lpr, '2026-10-20')).toBeNull();
    expect(lprOn(lpr, '2026-11-19')).toBeNull();
    expect(lprOn(lpr, '2026-11-21')).toBeNull();
    expect(lprOn(lpr, '2027-01-01')).toBeNull();
  });

  const [sample] = lpr.takenAsInForce;
  const last = lpr.rates.at(-1)!;
  it.each<[string, Partial<LprTable>, RegExp]>([
    ['verified into a month that has none', { verifiedThrough: '2026-10-20' }, /last rate is of/],
    ['verified far beyond', { verifiedThrough: '2027-01-01' }, /last rate is of 2026-09-20/],
    ['verified by no date', { verifiedThrough: '2026-10-32' }, /cannot be verified/],
    ['none at all', { rates: [] }, /cannot be verified/],
    [
      'a month left out',
      { rates: lpr.rates.filter(({ date }) => date !== '2026-08-20') },
      /the month before 2026-09-20 is missing/,
    ],
    [
      'a rate that is no per cent of two decimals',
      { rates: [...lpr.rates.slice(0, -1), { ...last, '5Y': '0.035' }] },
      /the rate of 2026-09-20 is not whole/,
    ],
    [
      'one taken for a day that is verified',
      { takenAsInForce: [{ ...sample!, from: '2026-10-19' }] },
      /2026-10-19 has a rate already/,
    ],
    ['two taken for one day', { takenAsInForce: [sample!, sample!] }, /has a rate already/],
  ])('is told of %s', (_what, change, fault) => {
    expect(faultsOfLpr(lpr)).toEqual([]);
    expect(faultsOfLpr({ ...lpr, ...change }).join('; ')).toMatch(fault);
  });
});

describe('the add-on', () => {
  it('stays within the bounds of every product, whatever the rules add', () => {
    fc.assert(
      fc.property(
        fc.constantFrom(...products),
        fc.array(fc.integer({ min: -500, max: 500 }), { maxLength: 8 }),
        ({ price }, bps) => {
          const ppm = addOnPpm(price, bps);
          expect(ppm).toBeGreaterThanOrEqual(price.leastAddOnBp * 100);
          expect(ppm).toBeLessThanOrEqual(price.mostAddOnBp * 100);
          const wanted = bps.reduce((sum, bp) => sum + bp, price.addOnBp);
          if (wanted >= price.leastAddOnBp && wanted <= price.mostAddOnBp) {
            expect(ppm).toBe(wanted * 100);
          }
        },
      ),
    );
  });
});
