// `saidao ledger` and `saidao portfolio` over the desk and real books of loans that have lived.
import { execFile } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { testDatabase, type TestDatabase } from '@saidao/testkit';
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import { runCommand, type Ran } from '../command.fixture.ts';
import { PROJECT_ROOT } from '../context.ts';
import type {
  AccountStatement,
  Halts,
  LoanTold,
  Portfolio,
  Reconciliation,
  TrialBalance,
  VerifiedBooks,
} from '../desk-of-ledger.ts';
import { register } from './ledger.ts';
import { register as registerPortfolio } from './portfolio.ts';

const LOANS = 60;
const LENDERS = ['czb-hz', 'boc-zj', 'exim-zj'];
const LENDER = 'czb-hz';

let home: string;
let db: TestDatabase;

beforeAll(async () => {
  home = mkdtempSync(join(tmpdir(), 'saidao-ledger-'));
  db = await testDatabase({
    adminUrl: inject('databaseUrl'),
    template: `books of ${LOANS} loans`,
    prepare: fill,
  });
});

afterAll(async () => {
  await db?.close();
  rmSync(home, { recursive: true, force: true });
});

/** By a program of the service: what is in the books is its own to write. */
function fill(databaseUrl: string): Promise<void> {
  const tool = join(PROJECT_ROOT, 'services/disbursement-ledger/tools/live-loans.ts');
  return new Promise((resolve, reject) => {
    const child = execFile(process.execPath, [tool], (error) => {
      if (error === null) resolve();
      else reject(new Error(error.message, { cause: error }));
    });
    child.stdin?.end(JSON.stringify({ databaseUrl, loans: LOANS, lenders: LENDERS, lanes: 3 }));
  });
}

const environment = () => ({ SAIDAO_HOME: home, DATABASE_URL: db.url });
const ledger = (...args: string[]): Promise<Ran> =>
  runCommand(register, environment(), ['ledger', ...args]);
const told = async <T>(...args: string[]): Promise<T> => {
  const { lines } = await ledger(...args, '--json');
  expect(lines).toHaveLength(1);
  return JSON.parse(lines[0]!) as T;
};

const fenOf = (yuan: string) => BigInt(yuan.replace('.', ''));

describe('the books', () => {
  it('balance, for each lender by itself', async () => {
    const books = await told<TrialBalance[]>('trial-balance');
    expect(books.map(({ lender }) => lender)).toEqual([...LENDERS].sort());
    for (const { totals } of books) expect(totals).toMatchObject([{ difference: '0.00' }]);
    const { lines, code } = await ledger('trial-balance', '--lender', LENDER);
    expect(code).toBe(0);
    expect(lines.at(-1)).toMatch(/^CNY: debits and credits are \d+\.\d\d each\.$/);
    const { lines: csv } = await ledger('trial-balance', '--lender', LENDER, '--csv');
    expect(csv[0]).toBe('lender,account,name,nature,currency,debits,credits,balance');
    expect(csv.some((line) => line.startsWith('czb-hz,1303,loans: principal,asset,CNY,'))).toBe(
      true,
    );
  });

  it('had nothing before the first day, and less before the last', async () => {
    const principal = async (...args: string[]) => {
      const [books] = await told<TrialBalance[]>('trial-balance', '--lender', LENDER, ...args);
      return fenOf(books!.accounts.find(({ account }) => account === '1303')!.debits);
    };
    expect(await principal('--as-of', '2026-01-01')).toBe(0n);
    const january = await principal('--as-of', '2026-01-15T00:00:00+08:00');
    expect(january).toBeGreaterThan(0n);
    expect(await principal('--value-date', '2026-12-31')).toBeGreaterThan(january);
  });

  it('tell an account from one day to another, and its entries', async () => {
    const since = ['--since', '2026-01-01', '--until', '2026-12-31'];
    const args = ['statement', '1303', '--lender', LENDER, ...since];
    const statement = await told<AccountStatement>(...args);
    expect(statement).toMatchObject({ opening: '0.00', name: 'loans: principal' });
    expect(statement.lines.at(-1)?.balance).toBe(statement.closing);
    const { lines } = await ledger(...args);
    expect(lines.at(-1)).toBe(`closing ${statement.closing} CNY`);
    expect((await ledger(...args, '--csv')).lines).toHaveLength(statement.lines.length + 1);

    const then = await told<AccountStatement>(...args, '--as-of', '2026-02-28');
    expect(then).toMatchObject({ until: '2026-02-28', opening: '0.00' });
    expect(then.lines).toEqual(statement.lines.filter((one) => one.bookingDate <= '2026-02-28'));

    const loan = statement.lines[0]!.loan;
    const { lines: entries } = await ledger('entries', '--loan', loan, '--json');
    const movements = entries.map((line) => (JSON.parse(line) as { movement: string }).movement);
    expect(movements.slice(0, 2)).toEqual(['RESERVATION', 'DISBURSEMENT']);
    const { lines: csv } = await ledger('entries', '--loan', loan, '--account', '1003', '--csv');
    expect(csv.length).toBeGreaterThan(2);
    expect((await ledger('entries', '--loan', loan)).lines.length).toBeGreaterThan(entries.length);
  });

  it('tell where a loan stood on a day, with what its postings come to', async () => {
    const args = ['--since', '2026-01-01', '--until', '2026-12-31'];
    const { lines } = await told<AccountStatement>(
      'statement',
      '1003',
      '--lender',
      LENDER,
      ...args,
    );
    const id = lines[0]!.loan;
    const now = await told<LoanTold>('loan', id);
    expect(now).toMatchObject({ loan: id, lender: LENDER, asOf: null });
    expect(now.payouts[0]).toMatchObject({ status: 'paid', payee: '浙江示例' });
    expect(now.instalments.length).toBeGreaterThan(0);
    const then = await told<LoanTold>('loan', id, '--as-of', '2026-01-31');
    expect(then.ofToday).toEqual(['status', 'undrawn', 'payouts']);
    expect((await ledger('loan', id, '--as-of', '2026-01-31')).lines[3]).toBe(
      'As of 2026-01-31; as they are today: status, undrawn, payouts.',
    );
    expect(then.standing).toMatchObject({ on: '2026-01-31', drawn: now.payouts[0]!.amount });
    const principal = then.balances.find(({ account }) => account === '1303')!;
    expect(principal.balance).toBe(then.standing?.principal);
    const { lines: text } = await ledger('loan', id);
    expect(text).toContain('Schedule:');
    const { lines: csv } = await ledger('loan', id, '--csv');
    expect(csv).toHaveLength(now.instalments.length + 1);
    await expect(ledger('loan', 'none')).rejects.toThrow('There is no loan none in the books.');
  });

  it('are exported to a file or to standard output, all of it', async () => {
    const { lines } = await ledger('export', '--lender', LENDER);
    const remark = lines.pop();
    const file = join(home, 'books.journal');
    const { lines: said } = await ledger('export', '--lender', LENDER, '--out', file);
    expect(said).toEqual([remark]);
    expect(readFileSync(file, 'utf8')).toBe(`${lines.join('\n')}\n`);
    expect(Number(/^(\d+) entries\.$/.exec(remark!)?.[1])).toBe(
      lines.filter((line) => /^\d{4}-\d\d-\d\d=/.test(line)).length,
    );
    await expect(ledger('export', '--out', '/nowhere/at-all')).rejects.toThrow('cannot be written');
  });

  it('are verified: what is told of loans that were lost, claimed and recovered too', async () => {
    const superuser = async (statement: string) => {
      await db.database.query(`set session_replication_role = 'replica'; ${statement};
        set session_replication_role = 'origin'`);
    };
    for (const column of ['claimed', 'guarantee_paid', 'written_off', 'recovered']) {
      const { rows } = await db.database.query<{ loan_id: string; lender_id: string }>(
        `select loan_id, lender_id from book.positions where ${column}_fen > 0 limit 1`,
      );
      const [{ loan_id, lender_id }] = rows as [{ loan_id: string; lender_id: string }];
      const add = (fen: number) =>
        superuser(
          `update book.positions set ${column}_fen = ${column}_fen + ${fen}
           where loan_id = '${loan_id}'`,
        );
      await add(1);
      const { faults } = await told<VerifiedBooks>('verify', '--lender', lender_id);
      await add(-1);
      const says = new RegExp(`^Loan ${loan_id}: ${column}_fen in book.positions is .*, it has`);
      expect(faults[0]).toMatchObject({
        kind: 'position-differs',
        says: expect.stringMatching(says),
      });
    }
  });

  it('are verified; a row that somebody changed is named', async () => {
    const whole = await told<VerifiedBooks>('verify');
    expect(whole).toMatchObject({ faults: [], areMore: false, isDevelopmentKey: true });
    expect(whole.lenders.reduce((sum, { loans }) => sum + loans, 0)).toBe(LOANS);
    const { lines, code } = await ledger('verify', '--lender', LENDER);
    expect(code).toBe(0);
    expect(lines.at(-1)).toMatch(/^Every chain is whole/);
    await expect(ledger('verify', '--key', 'ab')).rejects.toThrow('is no Ed25519 key');
    await expect(ledger('verify', '--lender', 'nobody')).rejects.toThrow('no books of nobody');

    const header = 'lender,lane,seq,entry,kind,says';
    expect((await ledger('verify', '--lender', LENDER, '--csv')).lines).toEqual([header]);

    await db.database.query('alter table book.entries disable trigger all');
    const { rows } = await db.database.query<{ id: string }>(
      `update book.entries set event_id = 'other' where lender_id = $1 and lane = 0 and seq = 5
       returning id`,
      [LENDER],
    );
    const changed = await ledger('verify', '--lender', LENDER);
    expect(changed.code).toBe(1);
    expect(changed.lines.some((line) => line.startsWith(`czb-hz/0/5 ${rows[0]!.id}: `))).toBe(true);
    const { lines: csv, code: failed } = await ledger('verify', '--lender', LENDER, '--csv');
    expect(failed).toBe(1);
    expect(csv[1]).toMatch(`${LENDER},0,5,${rows[0]!.id},entry-changed,`);
  });

  it('are closed through a day only when all its days are', async () => {
    const asked = ledger('close-period', '--lender', LENDER, '--through', '2026-03-31');
    await expect(asked).rejects.toThrow('Close the days first.');
  });
});

describe('a statement of the rail', () => {
  const file = () => join(home, 'statement.csv');
  let lines: string[];
  const write = (...some: string[]) =>
    writeFileSync(
      file(),
      ['valueDate,railReference,payoutId,payee,amountFen,currency', ...some, ''].join('\n'),
    );
  const args = () => ['reconcile', file(), '--lender', LENDER, '--by', 'anna'];

  beforeAll(async () => {
    const { rows } = await db.database.query<{ line: string }>(
      `select concat_ws(',', (p.paid_at at time zone 'Asia/Shanghai')::date, p.rail_reference,
         p.payout_id, p.payee, p.amount_fen, 'CNY') as line
       from book.payouts as p join book.loans as l using (loan_id)
       where l.lender_id = $1 order by p.paid_at, p.payout_id`,
      [LENDER],
    );
    lines = rows.map(({ line }) => line);
  });

  it('agrees, or is exit code 1; above its bound payouts are halted until somebody lifts it', async () => {
    write(...lines);
    const whole = await told<Reconciliation>(...args());
    expect(whole).toMatchObject({ mismatch: '0.00', halted: [] });
    expect(whole.counts.matched).toBe(lines.length);
    expect((await ledger(...args())).lines.at(-1)).toBe('All agrees.');

    write(...lines.slice(0, -1));
    const looked = await ledger(...args(), '--dry-run', '--until', '2026-12-31');
    expect(looked.code).toBe(1);
    expect(looked.lines.some((line) => line.startsWith('missing: '))).toBe(true);
    const within = await ledger(...args(), '--bound', '100000000.00', '--until', '2026-12-31');
    expect(within.code).toBe(1);
    expect((await told<Halts>('halts')).halts).toEqual([]);

    const { lines: csv, code } = await ledger(...args(), '--until', '2026-12-31', '--csv');
    expect(code).toBe(1);
    expect(csv).toHaveLength(2);
    const { halts } = await told<Halts>('halts');
    expect(halts).toMatchObject([{ lender: LENDER, kind: 'RECONCILE' }]);
    const lift = ['halts', 'lift', LENDER, '--by', 'ben', '--reason', 'it came a day later'];
    expect(await told('halts', 'lift', ...lift.slice(2))).toEqual({
      ...{ lender: LENDER, kind: 'RECONCILE', left: [] },
    });
    await expect(ledger(...lift)).rejects.toThrow('are not halted');
    const { lines: after } = await ledger('halts');
    expect(after[0]).toBe('No lender’s payouts are halted.');
    expect(after[3]).toMatch(/lifted +RECONCILE +by ben +it came a day later$/);
  });

  it('may differ by as much as the lender’s setting says', async () => {
    write(...lines.slice(0, -1));
    const of = { ...environment(), LEDGER_RECONCILE_BOUNDS: `${LENDER}=100000000.00` };
    const { lines: said } = await runCommand(register, of, [
      ...['ledger', ...args(), '--until', '2026-12-31'],
    ]);
    expect(said.at(-1)).toMatch(/the bound is 100000000\.00\.$/);
  });
});

describe('the portfolio', () => {
  const asked = (...args: string[]) =>
    runCommand(registerPortfolio, environment(), ['portfolio', ...args]);

  it('has what the books have', async () => {
    const { lines } = await asked('--json');
    const { rows } = JSON.parse(lines[0]!) as Portfolio;
    const wholes = rows.filter(({ product, basis }) => product === 'all' && basis === 'all');
    expect(wholes.map(({ lender }) => lender)).toEqual([...LENDERS].sort());
    const books = await told<TrialBalance[]>('trial-balance');
    for (const { lender, balance, tiers } of wholes) {
      const { accounts } = books.find((one) => one.lender === lender)!;
      const held = (code: string) =>
        fenOf(accounts.find(({ account }) => account === code)!.balance);
      expect(fenOf(balance)).toBe(held('1303') + held('13031') + held('1221'));
      const byTier = Object.values(tiers).map((tier) => fenOf(tier.balance));
      expect(byTier.reduce((sum, fen) => sum + fen, 0n)).toBe(fenOf(balance));
    }
  });

  it('is as of a day: tiers as they then were', async () => {
    const { lines } = await asked('--as-of', '2026-02-10', '--json');
    const { rows } = JSON.parse(lines[0]!) as Portfolio;
    const bad = rows.reduce((sum, { tiers }) => sum + tiers.loss.loans + tiers.doubtful.loans, 0);
    expect(bad).toBe(0);
    expect(rows.every(({ tiers }) => tiers.normal.loans > 0)).toBe(true);
    expect((await asked('--as-of', '2026-01-01')).lines).toEqual([
      'Nothing had been paid out by 2026-01-01.',
    ]);
  });

  it('is a table for people and for programs', async () => {
    const { lines: text } = await asked('--lender', LENDER);
    expect(text[1]).toMatch(/^lender +product +basis +firms +loans +disbursed +balance +normal/);
    const { lines: csv } = await asked('--lender', LENDER, '--csv');
    expect(csv[0]).toMatch(
      /^asOf,lender,product,basis,firms,loans,disbursed,balance,normal loans,/,
    );
    expect(csv).toHaveLength(text.length - 1);
    await expect(asked('--lender', 'nobody')).rejects.toThrow('There are no books of nobody');
  });
});

describe('a hand-over', () => {
  const to = ['--to', 'http://127.0.0.1:9', '--lender', LENDER, '--product', '3'];
  const handOver = (change: Readonly<Record<string, string>>, ...args: string[]) =>
    runCommand(register, { ...environment(), ...change }, ['ledger', 'hand-over', ...args]);
  const core = { CORE_USER: 'saidao', CORE_PASSWORD: 'a-password' };

  it('of what is no loan of the lender is refused, and says so by its exit code', async () => {
    const { lines, code } = await handOver(core, 'nobody-L1', ...to);
    expect(lines).toEqual([`nobody-L1  refused: ${LENDER} has no loan nobody-L1.`]);
    expect(code).toBe(1);
    const { lines: json } = await handOver(core, 'nobody-L1', ...to, '--json');
    expect(JSON.parse(json[0]!)).toMatchObject([{ loanId: 'nobody-L1', outcome: 'refused' }]);
  });

  it('needs somebody whom the core knows, and a product of the core', async () => {
    await expect(handOver({}, 'nobody-L1', ...to)).rejects.toThrow('Set CORE_USER');
    const other = ['--to', 'http://127.0.0.1:9', '--lender', LENDER, '--product', 'x'];
    await expect(handOver(core, 'nobody-L1', ...other)).rejects.toThrow('--product x');
  });
});
