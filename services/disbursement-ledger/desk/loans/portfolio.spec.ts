// The rows of a portfolio: who is counted where, and what is added up.
import { expect, it } from 'vitest';
import { portfolioOf, type PortfolioLoan } from './portfolio.ts';

const loan = (change: Partial<PortfolioLoan> = {}): PortfolioLoan => ({
  lender: 'czb-hz',
  product: 'TALENT',
  debtorUscc: 'a',
  inclusive: ['nfra_1000w', 's71_3000w'],
  disbursedFen: 10_000n,
  balanceFen: 6_000n,
  tier: 'normal',
  ...change,
});

const told = (loans: readonly PortfolioLoan[]) =>
  portfolioOf(loans).map(({ lender, product, basis, firms, loans: count, disbursed, balance }) =>
    [lender, product, basis, firms, count, disbursed, balance].join(' '),
  );

it('a loan is in its lender, its product and each of its bases, once in each', () => {
  expect(
    told([loan(), loan({ debtorUscc: 'b', inclusive: ['s71_3000w'], balanceFen: 0n })]),
  ).toEqual([
    'czb-hz all all 2 2 200.00 60.00',
    'czb-hz all nfra_1000w 1 1 100.00 60.00',
    'czb-hz all s71_3000w 2 2 200.00 60.00',
    'czb-hz TALENT all 2 2 200.00 60.00',
    'czb-hz TALENT nfra_1000w 1 1 100.00 60.00',
    'czb-hz TALENT s71_3000w 2 2 200.00 60.00',
  ]);
});

it('a firm with two loans is one; lenders never mix; what has no name comes last', () => {
  const other = loan({ lender: 'boc-zj', product: null, inclusive: [] });
  expect(told([loan({ inclusive: [] }), loan({ inclusive: [] }), other])).toEqual([
    'boc-zj all all 1 1 100.00 60.00',
    'boc-zj all none 1 1 100.00 60.00',
    'boc-zj none all 1 1 100.00 60.00',
    'boc-zj none none 1 1 100.00 60.00',
    'czb-hz all all 1 2 200.00 120.00',
    'czb-hz all none 1 2 200.00 120.00',
    'czb-hz TALENT all 1 2 200.00 120.00',
    'czb-hz TALENT none 1 2 200.00 120.00',
  ]);
});

it('what was never paid is in none; tiers are of loans with a balance', () => {
  expect(portfolioOf([loan({ disbursedFen: 0n, balanceFen: 0n })])).toEqual([]);
  const [all] = portfolioOf([
    loan(),
    loan({ tier: 'loss', balanceFen: 1n }),
    loan({ tier: 'loss', balanceFen: 0n }),
  ]);
  expect(all?.tiers).toEqual({
    normal: { loans: 1, balance: '60.00' },
    'special-mention': { loans: 0, balance: '0.00' },
    substandard: { loans: 0, balance: '0.00' },
    doubtful: { loans: 0, balance: '0.00' },
    loss: { loans: 1, balance: '0.01' },
  });
});
