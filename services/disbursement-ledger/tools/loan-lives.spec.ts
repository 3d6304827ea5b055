// Every kind of life: its entries balance, and come to where the loan is said to stand.
import { expect, it } from 'vitest';
import { balanceFen, imbalanceOf, type AccountCode } from '../postings.ts';
import { lifeOf } from './loan-lives.ts';

const OPTIONS = { lenders: ['czb-hz', 'boc-zj', 'exim-zj'], lanes: 6 };

it.each(Array.from({ length: 300 }, (_, index) => [index]))('life %i', (index) => {
  const { entries, position, payouts } = lifeOf(index, OPTIONS);
  for (const { postings } of entries) {
    expect([...imbalanceOf(postings).values()].every((fen) => fen === 0n)).toBe(true);
  }
  expect(new Set(entries.map(({ id }) => id)).size).toBe(entries.length);
  const postings = entries.flatMap((entry) => entry.postings);
  const held = (...accounts: AccountCode[]) =>
    accounts.reduce((sum, account) => sum + balanceFen(account, postings), 0n);
  expect(held('1303', '13031', '1221')).toBe(position.principalFen);
  expect(held('9001')).toBe(position.reservedFen);
  expect(held('2241')).toBe(position.suspenseFen);
  expect(held('1304')).toBe(position.allowanceFen);
  expect(payouts.length > 0).toBe(position.drawnFen > 0n);
});

it('all movements happen in some life', () => {
  const all = Array.from({ length: 30 }, (_, index) => lifeOf(index, OPTIONS));
  const movements = new Set(all.flatMap(({ entries }) => entries.map(({ movement }) => movement)));
  expect([...movements].toSorted()).toEqual(
    [
      ...['RESERVATION', 'RELEASE', 'DISBURSEMENT', 'PAYOUT', 'RECEIPT', 'REPAYMENT', 'SUSPENSE'],
      ...['COSTS', 'ACCRUAL', 'PENALTY', 'NON_ACCRUAL', 'ALLOWANCE', 'IMPAIRMENT', 'WRITE_OFF'],
      ...['RECOVERY', 'GUARANTEE_CLAIM', 'GUARANTEE_PAYMENT', 'REVERSAL'],
    ].toSorted(),
  );
  const [count] = [all.reduce((sum, { entries }) => sum + entries.length, 0)];
  expect(count / all.length).toBeLessThan(40);
});
