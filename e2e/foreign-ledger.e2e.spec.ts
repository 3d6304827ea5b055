// A stranger adds the books up: hledger reads the export, and comes to our trial balance to the fen.
import { execFile } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startEngines, type Engines } from '@saidao/local';
import { readByHledger } from '@saidao/testkit';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { root } from './system.ts';

const LOANS = 300;
const LENDERS = ['czb-hz', 'boc-zj', 'exim-zj'];
const environment = { ...process.env };

vi.setConfig({ testTimeout: 120_000 });

let engines: Engines;
let folder: string;

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'saidao-hledger-'));
  engines = await startEngines({
    home: join(folder, 'engines'),
    ports: { kafka: 0, postgres: 0, redis: 0 },
    environment: { PATH: environment['PATH'], HOME: environment['HOME'] },
  });
  const question = { databaseUrl: engines.databaseUrl, loans: LOANS, lenders: LENDERS, lanes: 6 };
  const fill = join(root, 'services/disbursement-ledger/tools/live-loans.ts');
  await node([fill], JSON.stringify(question));
}, 300_000);

afterAll(async () => {
  await engines?.stop();
  if (folder !== undefined) rmSync(folder, { recursive: true, force: true });
}, 60_000);

/** What a program of ours printed. */
function node(args: readonly string[], input = ''): Promise<string> {
  return new Promise((resolve, reject) => {
    const env = {
      ...environment,
      DATABASE_URL: engines.databaseUrl,
      SAIDAO_HOME: join(folder, 'home'),
    };
    const options = { env, maxBuffer: 2 ** 26, timeout: 120_000 };
    const child = execFile(process.execPath, args, options, (error, stdout, stderr) => {
      if (error === null) resolve(stdout);
      else reject(new Error(`${error.message}\n${stderr}`, { cause: error }));
    });
    child.stdin?.end(input);
  });
}

const saidao = (...args: string[]) => node([join(root, 'bin/saidao.mjs'), ...args]);

interface TrialBalance {
  readonly lender: string;
  readonly accounts: readonly { account: string; debits: string; credits: string }[];
}

const fenOf = (yuan: string) => BigInt(yuan.replace('.', ''));

test('hledger reads every entry and agrees with the trial balance to the fen', async () => {
  const journal = join(folder, 'books.journal');
  await saidao('ledger', 'export', '--out', journal);
  const { balances, transactions } = await readByHledger(journal, { environment });
  const books = JSON.parse(await saidao('ledger', 'trial-balance', '--json')) as TrialBalance[];
  expect(books.map(({ lender }) => lender)).toEqual([...LENDERS].sort());
  expect(transactions).toBeGreaterThan(LOANS * 5);

  const theirs = new Map([...balances].map(([name, fen]) => [name.split(' ')[0]!, fen]));
  const ours = books.flatMap(({ lender, accounts }) =>
    accounts
      .filter(({ debits, credits }) => debits !== '0.00' || credits !== '0.00')
      .map(({ account, debits, credits }) => ({
        name: `${lender}:${account}`,
        fen: fenOf(debits) - fenOf(credits),
      })),
  );
  expect(ours.length).toBeGreaterThan(LENDERS.length * 10);
  for (const { name, fen } of ours) expect([name, theirs.get(name)]).toEqual([name, fen]);
  expect([...theirs.values()].filter((fen) => fen !== 0n)).toHaveLength(
    ours.filter(({ fen }) => fen !== 0n).length,
  );
});

test('hledger refuses a journal in which a fen was changed', async () => {
  const journal = join(folder, 'books.journal');
  const wrong = join(folder, 'wrong.journal');
  const text = readFileSync(journal, 'utf8');
  // The first amount that is credited, one fen less.
  const changed = text.replace(/ (-\d+\.\d\d) CNY/, (_, yuan: string) => {
    const fen = fenOf(yuan) + 1n;
    return ` -${-fen / 100n}.${String(-fen % 100n).padStart(2, '0')} CNY`;
  });
  expect(changed).not.toBe(text);
  writeFileSync(wrong, changed);
  await expect(readByHledger(wrong, { environment })).rejects.toThrow(/balance/i);
});
