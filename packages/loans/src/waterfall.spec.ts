// The waterfall: costs first and principal last, the oldest first, and not a fen lost.
import { sumFen } from '@saidao/values';
import fc from 'fast-check';
import { describe, expect, it, test } from 'vitest';
import {
  allocate,
  claimKinds,
  faultsOfWaterfall,
  owedFen,
  waterfallDefault,
  type Claim,
  type Waterfall,
} from './waterfall.ts';

const claims: readonly Claim[] = [
  { kind: 'PRINCIPAL', instalment: 1, dueOn: '2026-02-05', owedFen: 8_000n },
  { kind: 'INTEREST', instalment: 2, dueOn: '2026-03-05', owedFen: 250n },
  { kind: 'INTEREST', instalment: 1, dueOn: '2026-02-05', owedFen: 300n },
  { kind: 'PENALTY', instalment: 1, dueOn: '2026-02-05', owedFen: 40n },
  { kind: 'COSTS', instalment: null, dueOn: '2026-03-01', owedFen: 100n },
];

it('meets costs, penalty, interest and principal, the oldest first', () => {
  expect(allocate(600n, claims, waterfallDefault, 20)).toEqual({
    allocations: [
      { kind: 'COSTS', instalment: null, amountFen: 100n },
      { kind: 'PENALTY', instalment: 1, amountFen: 40n },
      { kind: 'INTEREST', instalment: 1, amountFen: 300n },
      { kind: 'INTEREST', instalment: 2, amountFen: 160n },
    ],
    overFen: 0n,
  });
});

describe('where a lender takes principal first beyond 90 days', () => {
  const waterfall: Waterfall = {
    ...waterfallDefault,
    afterDays: {
      beyondDays: 90,
      order: ['COSTS', 'PRINCIPAL', 'INTEREST', 'PENALTY', 'COMPOUND'],
    },
  };
  it.each([
    [90, 'PENALTY'],
    [91, 'PRINCIPAL'],
  ])('%i days past due, after costs comes %s', (daysPastDue, kind) => {
    expect(allocate(600n, claims, waterfall, daysPastDue).allocations[1]).toMatchObject({ kind });
  });
});

it('leaves over what nothing is owed for', () => {
  const { allocations, overFen } = allocate(10_000n, claims, waterfallDefault, 0);
  expect(sumFen(allocations.map(({ amountFen }) => amountFen))).toBe(owedFen(claims));
  expect(overFen).toBe(10_000n - owedFen(claims));
});

it('takes no repayment of nothing', () => {
  expect(() => allocate(0n, claims, waterfallDefault, 0)).toThrow('is none');
  expect(() => allocate(-1n, claims, waterfallDefault, 0)).toThrow(RangeError);
});

test('a waterfall that leaves out or repeats a claim is told', () => {
  expect(faultsOfWaterfall(waterfallDefault)).toEqual([]);
  const order = ['COSTS', 'INTEREST', 'INTEREST', 'PRINCIPAL'] as const;
  expect(
    faultsOfWaterfall({
      ...waterfallDefault,
      order,
      afterDays: { beyondDays: -1, order: claimKinds },
    }),
  ).toEqual([
    'the order leaves out PENALTY',
    'the order leaves out COMPOUND',
    'the order names one twice',
    'beyond -1 days past due is no bound',
  ]);
});

it('meets no claim beyond what is owed, none before one of an earlier kind is met, and loses no fen', () => {
  const some = fc.array(
    fc.record({
      kind: fc.constantFrom(...claimKinds),
      instalment: fc.option(fc.integer({ min: 1, max: 9 }), { nil: null }),
      dueOn: fc.constantFrom('2026-01-05', '2026-02-05', '2026-03-05'),
      owedFen: fc.bigInt(0n, 10n ** 9n),
    }),
    { maxLength: 12 },
  );
  fc.assert(
    fc.property(some, fc.bigInt(1n, 10n ** 10n), (owed, amountFen) => {
      const { allocations, overFen } = allocate(amountFen, owed, waterfallDefault, 0);
      expect(sumFen(allocations.map((one) => one.amountFen)) + overFen).toBe(amountFen);
      expect(overFen === 0n || amountFen - overFen === owedFen(owed)).toBe(true);
      const ranks = allocations.map(({ kind }) => claimKinds.indexOf(kind));
      expect(ranks).toEqual([...ranks].sort((a, b) => a - b));
      for (const kind of claimKinds) {
        const met = sumFen(
          allocations.filter((one) => one.kind === kind).map((one) => one.amountFen),
        );
        expect(met <= owedFen(owed.filter((one) => one.kind === kind))).toBe(true);
      }
    }),
  );
});
