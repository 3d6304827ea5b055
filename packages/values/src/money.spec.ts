// Money: parsing and printing agree, rounding is exact and symmetric.
import fc from 'fast-check';
import { describe, expect, it, test } from 'vitest';
import {
  cny,
  fenMax,
  fenOfMoney,
  fenOfYuan,
  formatYuan,
  maxFen,
  minFen,
  mulDivHalfUp,
  sumFen,
} from './money.ts';

const fen = fc.bigInt({ min: -fenMax, max: fenMax });

describe('yuan', () => {
  test.each([
    ['0', 0n],
    ['0.01', 1n],
    ['0.1', 10n],
    ['1234.5', 123450n],
    ['-1234.50', -123450n],
    ['007', 700n],
    ['92233720368547758.07', fenMax],
  ])('%s is %s fen', (text, expected) => expect(fenOfYuan(text)).toBe(expected));

  test.each([
    ['', 'nothing'],
    ['1.005', 'three decimals'],
    ['1.', 'no decimals after the point'],
    ['.5', 'no digit before the point'],
    ['1,000', 'a separator'],
    ['1e5', 'an exponent'],
    [' 1', 'a blank'],
    ['+1', 'a plus'],
    ['１', 'a full-width digit'],
    ['0x10', 'hexadecimal'],
    ['NaN', 'a word'],
    ['92233720368547758.08', 'one fen above the largest'],
    ['9'.repeat(1000), 'a thousand digits'],
  ])('refuses %j (%s)', (text) => expect(() => fenOfYuan(text)).toThrow(RangeError));

  it('names the amount it refuses, shortened', () => {
    expect(() => fenOfYuan('12.345')).toThrow('amount "12.345" is not yuan');
    expect(() => fenOfYuan('x'.repeat(99))).toThrow(`"${'x'.repeat(40)}…"`);
  });

  it('prints with two decimals', () => {
    expect([0n, 1n, -1n, 10n, 100n, -123450n].map(formatYuan)).toEqual([
      '0.00',
      '0.01',
      '-0.01',
      '0.10',
      '1.00',
      '-1234.50',
    ]);
  });

  it('reads back what it printed', () => {
    fc.assert(fc.property(fen, (amount) => fenOfYuan(formatYuan(amount)) === amount));
  });
});

describe('mulDivHalfUp', () => {
  test.each([
    [1n, 1n, 2n, 1n],
    [-1n, 1n, 2n, -1n],
    [1n, 1n, -2n, -1n],
    [-1n, -1n, 2n, 1n],
    [1n, 1n, 3n, 0n],
    [2n, 1n, 3n, 1n],
    [5n, 1n, 2n, 3n],
    [49n, 1n, 100n, 0n],
    [50n, 1n, 100n, 1n],
    [0n, 7n, 3n, 0n],
  ])('%s × %s ÷ %s is %s', (a, b, divisor, expected) => {
    expect(mulDivHalfUp(a, b, divisor)).toBe(expected);
  });

  it('refuses to divide by zero', () => {
    expect(() => mulDivHalfUp(1n, 1n, 0n)).toThrow(RangeError);
  });

  it('is nearest: never more than half a unit away, and a half goes away from zero', () => {
    const divisor = fc.bigInt({ min: -(10n ** 12n), max: 10n ** 12n }).filter((one) => one !== 0n);
    fc.assert(
      fc.property(fen, fc.bigInt({ min: -(10n ** 9n), max: 10n ** 9n }), divisor, (a, b, by) => {
        const rounded = mulDivHalfUp(a, b, by);
        const twiceError = 2n * (rounded * by - a * b);
        const size = twiceError < 0n ? -twiceError : twiceError;
        const half = by < 0n ? -by : by;
        expect(size <= half).toBe(true);
        if (size === half) {
          const outward = (rounded < 0n ? -rounded : rounded) * half;
          const product = a * b < 0n ? -(a * b) : a * b;
          expect(outward > product).toBe(true);
        }
      }),
    );
  });

  it('is odd: the sign of a factor is the sign of the result', () => {
    fc.assert(
      fc.property(fen, fen, fc.bigInt({ min: 1n, max: fenMax }), (a, b, by) => {
        expect(mulDivHalfUp(-a, b, by)).toBe(-mulDivHalfUp(a, b, by));
      }),
    );
  });
});

describe('amounts together', () => {
  it('adds, and an empty sum is 0', () => {
    expect(sumFen([])).toBe(0n);
    expect(sumFen(new Set([1n, 2n, -4n]))).toBe(-1n);
  });

  it('finds the least and the most', () => {
    fc.assert(
      fc.property(fc.array(fen, { minLength: 1 }), ([first = 0n, ...others]) => {
        const sorted = [first, ...others].sort((a, b) => (a < b ? -1 : a > b ? 1 : 0));
        expect(minFen(first, ...others)).toBe(sorted[0]);
        expect(maxFen(first, ...others)).toBe(sorted.at(-1));
      }),
    );
  });

  it('takes money of its own currency only', () => {
    expect(fenOfMoney(cny(5n))).toBe(5n);
    expect(() => fenOfMoney({ minor: 5n, currency: 'USD' })).toThrow('currency "USD" is not CNY');
  });
});
