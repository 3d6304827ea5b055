// Loans that have lived, as the desk tells them: by the tier, the rate and the money that they have.
import { execFile } from 'node:child_process';
import { testDatabase, type TestDatabase } from '@saidao/testkit';
import { formatPpm, formatYuan, type BusinessDate } from '@saidao/values';
import { stateFromText, stateToText } from '@saidao/worker';
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import { accountName, type LoanAccount } from '../../loan/account.ts';
import { world } from '../../loan/shipped.ts';
import { loanAnswer } from './loan.ts';
import { portfolioAnswer } from './portfolio-question.ts';

const LENDER = 'czb-hz';
const QUESTION = { loans: 20, lenders: [LENDER], lanes: 2 };

let db: TestDatabase;

beforeAll(async () => {
  db = await testDatabase({
    adminUrl: inject('databaseUrl'),
    template: 'lives of 20 loans',
    prepare: fill,
  });
});

afterAll(() => db?.close());

/** By the program, as everybody who wants such books. */
function fill(databaseUrl: string): Promise<void> {
  const tool = new URL('../../tools/live-loans.ts', import.meta.url).pathname;
  return new Promise((resolve, reject) => {
    const child = execFile(process.execPath, [tool], (error) => {
      if (error === null) resolve();
      else reject(new Error(error.message, { cause: error }));
    });
    child.stdin?.end(JSON.stringify({ ...QUESTION, databaseUrl }));
  });
}

async function loanIdWhere(condition: string): Promise<string> {
  const { rows } = await db.database.query<{ loan_id: string }>(
    `select loan_id from book.positions where ${condition} order by loan_id limit 1`,
  );
  return rows[0]!.loan_id;
}

async function change(loanId: string, to: (account: LoanAccount) => LoanAccount): Promise<void> {
  const name = accountName(loanId);
  const { rows } = await db.database.query<{ content: string }>(
    'select content from book.shared_rows where name = $1',
    [name],
  );
  const content = stateToText(to(stateFromText(rows[0]!.content) as LoanAccount));
  await db.database.query('update book.shared_rows set content = $2 where name = $1', [
    ...[name, content],
  ]);
}

const told = (loan: string, asOf: string | null = null) =>
  loanAnswer({ databaseUrl: db.url, loan, asOf });

describe('a loan', () => {
  it('has the tier that the debtor’s other loans ask for, and its own', async () => {
    const sound = await loanIdWhere(`tier = 'normal' and principal_fen > 0`);
    const lost = await loanIdWhere(`own_tier in ('substandard', 'doubtful', 'loss')`);
    const worse = 'substandard';
    await change(sound, (account) => ({ ...account, debtorTier: worse }));
    const tiers = { tier: worse, ownTier: 'normal' };
    expect(await told(sound)).toMatchObject({ standing: tiers, ofToday: [] });

    // On a past day it is reckoned anew, with the other loan as it then stood.
    const { uscc } = await told(lost);
    await db.database.query('update book.positions set debtor_uscc = $2 where loan_id = $1', [
      ...[sound, uscc],
    ]);
    await change(sound, (account) => ({
      ...account,
      identity: { ...account.identity, debtorUscc: uscc },
    }));
    const past = await told(sound, '2026-07-30');
    expect(past).toMatchObject({ standing: tiers, ofToday: ['status', 'undrawn', 'payouts'] });
    expect(await told(sound, '2026-02-01')).toMatchObject({
      standing: { tier: 'normal', ownTier: 'normal' },
    });
  });

  it('has the rate that is in force on the day', async () => {
    const loan = await loanIdWhere('drawn_fen > 0');
    const lpr = { addOnPpm: 12_500, tenor: '1Y', reset: 'QUARTERLY' } as const;
    const before = (await told(loan)).rate;
    await change(loan, (account) => ({ ...account, contract: { ...account.contract, lpr } }));
    const quote = world.lpr.quotes.findLast(({ date }) => date < '2026-04-01')!;
    const after = formatPpm(quote.oneYearPpm + lpr.addOnPpm);
    expect(after).not.toBe(before);
    expect((await told(loan, '2026-03-31')).rate).toBe(before);
    expect((await told(loan, '2026-04-01')).rate).toBe(after);
  });

  it('is told as of a day, not of an instant', async () => {
    const loan = await loanIdWhere('drawn_fen > 0');
    await expect(told(loan, '2026-03-31T00:00:00Z')).rejects.toThrow('by value date: give a day');
    await expect(told(loan, '2026-02-30')).rejects.toThrow('is no date');
  });
});

it('the portfolio has what is claimed of guarantors', async () => {
  const { rows: claims } = await db.database.query<{ on: BusinessDate }>(
    `select min(value_date)::text as on from book.entries where movement = 'GUARANTEE_CLAIM'`,
  );
  const asOf = claims[0]!.on;
  const { rows: held } = await db.database.query<{ account: string; fen: string }>(
    `select account, sum(case side when 'debit' then amount_fen else -amount_fen end)::text as fen
     from book.entries join book.postings using (lender_id, lane, seq)
     where value_date <= $1 and account in ('1303', '13031', '1221') group by account`,
    [asOf],
  );
  const fenOf = (account: string) => BigInt(held.find((one) => one.account === account)?.fen ?? 0);
  expect(fenOf('1221')).toBeGreaterThan(0n);
  const { rows } = await portfolioAnswer({ databaseUrl: db.url, lender: LENDER, asOf });
  const [all] = rows;
  expect(all!.balance).toBe(formatYuan(fenOf('1303') + fenOf('13031') + fenOf('1221')));
});
