// Loans that the ledger booked and paid, handed over to a core: what is told of them, what is refused.
import type { BusinessDate } from '@saidao/values';
import { stateFromText, stateToText } from '@saidao/worker';
import { afterAll, beforeAll, expect, inject, test } from 'vitest';
import { LENDER, plain } from '../book.fixture.ts';
import { application, openLedger, OTHER_LENDER, recordOf, type Ledger } from '../ledger.fixture.ts';
import { accountName, type LoanAccount } from '../loan/account.ts';
import { world } from '../loan/shipped.ts';
import { CoreRefused, CoreSilent, type CoreLedger, type LoanToBook } from './core.port.ts';
import { handOver } from './hand-over.ts';

let ledger: Ledger;

beforeAll(async () => {
  ledger = await openLedger(inject('databaseUrl'));
  await ledger.start();
});

afterAll(() => ledger.close());

/** A core that books everything once, in memory. */
function coreInMemory(): CoreLedger & { readonly loans: Map<string, LoanToBook> } {
  const loans = new Map<string, LoanToBook>();
  return {
    loans,
    async book(loan) {
      const wasThere = loans.has(loan.loanId);
      loans.set(loan.loanId, loan);
      return { clientId: 1, loanId: 7, wasThere };
    },
  };
}

async function paidOut(): Promise<string> {
  const { applicationId, authorised } = application(plain());
  await ledger.log.send([recordOf('DisbursementAuthorised', authorised)]);
  await ledger.told(applicationId, 'LoanDisbursed');
  return `${applicationId}-L1`;
}

function handedOver(
  loanIds: readonly string[],
  core: CoreLedger,
  lenderId = LENDER,
  asOf: BusinessDate = '2026-11-20',
) {
  const { database } = ledger.db;
  return handOver({ database, core, lenderId, loanIds, asOf }, new AbortController().signal);
}

test('a loan that was paid out is told as it was paid, and once', async () => {
  const loanId = await paidOut();
  const core = coreInMemory();
  const ids = { clientId: 1, loanId: 7 };
  expect(await handedOver([loanId, loanId], core)).toEqual([
    { loanId, outcome: 'booked', core: ids },
  ]);
  expect(await handedOver([loanId], core)).toEqual([{ loanId, outcome: 'was-there', core: ids }]);
  expect(core.loans.get(loanId)).toMatchObject({
    lenderId: LENDER,
    borrower: { name: '浙江示例智能锁科技有限公司', uscc: '91330100MA2H000142' },
    principalFen: 1_000_000_000n,
    ratePpm: 30_000,
    termMonths: 24,
    repayment: 'INTEREST_MONTHLY_PRINCIPAL_AT_END',
    bookedOn: '2026-11-20',
  });
});

test('a rate that follows the LPR is told as it is in force', async () => {
  const loanId = await paidOut();
  const lpr = { addOnPpm: 12_500, tenor: '1Y', reset: 'YEARLY' } as const;
  const content = async () => {
    const { rows } = await ledger.db.database.query<{ content: string }>(
      'select content from book.shared_rows where name = $1',
      [accountName(loanId)],
    );
    return stateFromText(rows[0]!.content) as LoanAccount;
  };
  const account = await content();
  await ledger.db.database.query('update book.shared_rows set content = $2 where name = $1', [
    accountName(loanId),
    stateToText({ ...account, contract: { ...account.contract, lpr } }),
  ]);
  const told = async (asOf: BusinessDate) => {
    const core = coreInMemory();
    await handedOver([loanId], core, LENDER, asOf);
    return core.loans.get(loanId)?.ratePpm;
  };
  const quote = world.lpr.quotes.findLast(({ date }) => date < '2027-01-01')!;
  expect(await told('2026-12-31')).toBe(30_000);
  expect(await told('2027-01-01')).toBe(quote.oneYearPpm + lpr.addOnPpm);
});

test('a loan of which a part can still be drawn stays', async () => {
  const loanId = await paidOut();
  await ledger.db.database.query('update book.loans set undrawn_fen = 1 where loan_id = $1', [
    loanId,
  ]);
  const core = coreInMemory();
  const outcomes = await handedOver([loanId], core);
  expect(outcomes).toMatchObject([{ outcome: 'refused' }]);
  expect(JSON.stringify(outcomes)).toContain('a part of it can still be drawn');
  expect(core.loans.size).toBe(0);
});

test('a loan of another lender, or that nobody knows, is none', async () => {
  const loanId = await paidOut();
  const core = coreInMemory();
  const outcomes = await handedOver([loanId, 'nobody-L1'], core, OTHER_LENDER);
  expect(outcomes).toMatchObject([{ outcome: 'refused' }, { outcome: 'refused' }]);
  expect(core.loans.size).toBe(0);
});

test('a loan whose payout is still unknown stays', async () => {
  const { applicationId, authorised } = application(plain());
  await ledger.world.behave({ provider: 'rail', mode: 'silent' });
  await ledger.log.send([recordOf('DisbursementAuthorised', authorised)]);
  await ledger.told(applicationId, 'PayoutUnknown');
  const outcomes = await handedOver([`${applicationId}-L1`], coreInMemory());
  await ledger.world.behave({ provider: 'rail', mode: 'normal' });
  expect(outcomes).toMatchObject([{ outcome: 'refused' }]);
  expect(JSON.stringify(outcomes)).toContain('a payout is still under way');
});

test('one loan that the core does not take keeps no other back', async () => {
  const [first, second, third] = [await paidOut(), await paidOut(), await paidOut()];
  const taking = coreInMemory();
  const core: CoreLedger = {
    async book(loan, signal) {
      if (loan.loanId === first) throw new CoreRefused('no such product');
      if (loan.loanId === second) throw new CoreSilent('nobody answered');
      return taking.book(loan, signal);
    },
  };
  expect(await handedOver([first, second, third], core)).toMatchObject([
    { loanId: first, outcome: 'refused', why: 'no such product' },
    { loanId: second, outcome: 'silent', why: 'nobody answered' },
    { loanId: third, outcome: 'booked' },
  ]);
});
