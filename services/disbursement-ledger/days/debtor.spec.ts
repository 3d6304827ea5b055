// The cross-rule for a debtor: at a tenth nothing changes, beyond it all of its claims are bad.
import { standingOn, type LoanContract, type Standing } from '@saidao/loans';
import { fenOfYuan, type FiveTier } from '@saidao/values';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { contractOf } from '../loan/products.ts';
import { products, world } from '../loan/shipped.ts';
import { claimFen, debtorTierOf } from './debtor.ts';

const contract: LoanContract = contractOf(products.of('exim-zj', null), {
  ...{ loanId: 'L1', limitFen: fenOfYuan('100000'), method: 'BULLET', bookedOn: '2026-01-05' },
  ...{ termMonths: 12, ratePpm: 36_000, lprPpm: 30_000, addOnPpm: 6_000 },
  ...{ guarantee: null, inclusive: [] },
});
const drawn = { id: 'd', kind: 'DRAWN', on: '2026-01-05', amountFen: contract.limitFen } as const;
const whole = standingOn(contract, [drawn], '2026-01-05', world);

const claim = (principalFen: bigint, ownTier: FiveTier): Standing => ({
  ...whole,
  ...{ principalFen, ownTier, accruedFen: 0n },
});

describe('the loans of a debtor', () => {
  it.each([
    [10n, 90n, 'normal'],
    [11n, 89n, 'substandard'],
    [0n, 100n, 'normal'],
    [100n, 0n, 'substandard'],
  ])('with %s of bad claims beside %s of good ones are at least %s', (bad, good, tier) => {
    const standings = [claim(bad, 'doubtful'), claim(good, 'special-mention')];
    expect(debtorTierOf(standings)).toBe(tier);
  });

  it('are good where nothing is owed', () => {
    expect(debtorTierOf([])).toBe('normal');
    expect(debtorTierOf([claim(0n, 'loss')])).toBe('normal');
  });

  it('in any order, and the worse the more of them are bad', () => {
    const some = fc.array(fc.record({ fen: fc.bigInt(1n, 10n ** 12n), isBad: fc.boolean() }), {
      minLength: 1,
      maxLength: 8,
    });
    fc.assert(
      fc.property(some, (loans) => {
        const of = (all: typeof loans) =>
          debtorTierOf(all.map(({ fen, isBad }) => claim(fen, isBad ? 'loss' : 'normal')));
        expect(of(loans.toReversed())).toBe(of(loans));
        if (of(loans) === 'normal') return;
        expect(of(loans.map((one) => ({ ...one, isBad: true })))).toBe('substandard');
      }),
    );
  });
});

describe('a claim', () => {
  it('is the principal with all that it has earned', () => {
    expect(claimFen(whole)).toBe(fenOfYuan('100010.00'));
  });

  it('that was written off stands for as much as has not come in since', () => {
    const lost = [drawn, { id: 'w', kind: 'WRITTEN_OFF', on: '2026-03-01' } as const];
    const before = claimFen(standingOn(contract, lost, '2026-03-01', world));
    const paid = { id: 'p', kind: 'REPAID', on: '2026-04-01', effect: 'SCHEDULED' } as const;
    const after = [...lost, { ...paid, amountFen: fenOfYuan('40000') }];
    expect(before).toBeGreaterThan(fenOfYuan('100000'));
    expect(claimFen(standingOn(contract, after, '2026-04-01', world))).toBe(
      before - fenOfYuan('40000'),
    );
  });
});
