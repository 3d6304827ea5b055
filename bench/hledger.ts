// The books as strangers read them: exported and added up by hledger, verified, and reconciled.
import { execFile } from 'node:child_process';
import { mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { readByHledger } from '@saidao/testkit';
import { fenOfYuan, formatYuan } from '@saidao/values';
import { withDatabase, type Arena } from './arena.ts';
import { OutcomesDiffer } from './comparison.ts';
import { LENDERS, PARTITIONS, PROJECT_ROOT } from './place.ts';

export interface HledgerRun {
  readonly loans: number;
  readonly entries: number;
  readonly journalBytes: number;
  readonly fillSeconds: number;
  readonly exportSeconds: number;
  readonly trialBalanceSeconds: number;
  readonly hledgerSeconds: number;
  readonly verifySeconds: number;
  /** Of one lender's payouts, in a statement that agrees. */
  readonly reconciled: { readonly payouts: number; readonly seconds: number };
  /** Accounts that hold something or held it, of all lenders. */
  readonly accounts: number;
}

export interface HledgerOptions {
  readonly arena: Arena;
  readonly loans: number;
  readonly environment: Readonly<Record<string, string | undefined>>;
  readonly signal: AbortSignal;
  readonly tell: (text: string) => void;
}

const SAID_BYTES_MAX = 256 * 1024 * 1024;

interface Lender {
  readonly lender: string;
  readonly accounts: readonly {
    readonly account: string;
    readonly debits: string;
    readonly credits: string;
  }[];
}

/** Figures of books that do not agree are none: then it throws OutcomesDiffer. */
export async function runHledger(options: HledgerOptions): Promise<HledgerRun> {
  const { arena, loans, environment, signal, tell } = options;
  const { databaseUrl } = await arena.freshGround();
  const folder = mkdtempSync(join(tmpdir(), 'saidao-bench-hledger-'));
  try {
    const program = new Program(
      { ...environment, SAIDAO_HOME: folder, DATABASE_URL: databaseUrl },
      signal,
    );
    tell(`${loans} loans live through half a year`);
    const fill = join(PROJECT_ROOT, 'services/disbursement-ledger/tools/live-loans.ts');
    const filling = { databaseUrl, loans, lenders: LENDERS, lanes: PARTITIONS };
    const filled = JSON.parse(await program.run([fill], JSON.stringify(filling))) as {
      readonly entries: number;
      readonly seconds: number;
    };
    tell(`exporting ${filled.entries} entries`);
    const journal = join(folder, 'books.journal');
    const [exportSeconds] = await timed(() => program.saidao('export', '--out', journal));
    const [trialBalanceSeconds, trial] = await timed(() =>
      program.saidao('trial-balance', '--json'),
    );
    tell(`hledger reads ${statSync(journal).size} bytes`);
    const [hledgerSeconds, books] = await timed(() => readByHledger(journal, { environment }));
    const accounts = assertAgreed(JSON.parse(trial) as Lender[], books, filled.entries);
    tell('verifying');
    const [verifySeconds] = await timed(() => program.saidao('verify', '--json'));
    tell('reconciling');
    const reconciled = await reconcile(program, databaseUrl, folder);
    return {
      ...{ loans, entries: filled.entries, journalBytes: statSync(journal).size },
      ...{ fillSeconds: filled.seconds, exportSeconds, trialBalanceSeconds, hledgerSeconds },
      ...{ verifySeconds, reconciled, accounts },
    };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** How many accounts were compared; names of accounts in the journal begin with their code. */
function assertAgreed(
  lenders: readonly Lender[],
  { balances, transactions }: Awaited<ReturnType<typeof readByHledger>>,
  entries: number,
): number {
  const theirs = new Map([...balances].map(([name, fen]) => [name.split(' ')[0] ?? '', fen]));
  const ours = lenders.flatMap(({ lender, accounts }) =>
    accounts
      .filter(({ debits, credits }) => debits !== '0.00' || credits !== '0.00')
      .map(({ account, debits, credits }) => ({
        name: `${lender}:${account}`,
        fen: fenOfYuan(debits) - fenOfYuan(credits),
      })),
  );
  const differences = ours.flatMap(({ name, fen }) => {
    const read = theirs.get(name);
    if (read === fen) return [];
    const says = read === undefined ? 'nothing' : formatYuan(read);
    return [`${name}: the trial balance has ${formatYuan(fen)}, hledger ${says}`];
  });
  if (transactions !== entries)
    differences.push(`hledger read ${transactions} of ${entries} entries`);
  if (ours.length !== theirs.size) differences.push(`hledger has ${theirs.size} accounts`);
  if (differences.length > 0) throw new OutcomesDiffer(differences);
  return ours.length;
}

/** A statement as the rail would give it, of all days; it has to agree, or the command fails. */
async function reconcile(
  program: Program,
  databaseUrl: string,
  folder: string,
): Promise<HledgerRun['reconciled']> {
  const [lender] = LENDERS;
  const lines = await withDatabase(databaseUrl, async (client) => {
    const { rows } = await client.query<{ line: string }>(
      `select concat_ws(',', (p.paid_at at time zone 'Asia/Shanghai')::date, p.rail_reference,
         p.payout_id, p.payee, p.amount_fen, 'CNY') as line
       from book.payouts as p join book.loans as l using (loan_id)
       where l.lender_id = $1 and p.status = 'paid' order by p.paid_at`,
      [lender],
    );
    return rows.map(({ line }) => line);
  });
  const header = 'valueDate,railReference,payoutId,payee,amountFen,currency';
  const file = join(folder, 'statement.csv');
  writeFileSync(file, [header, ...lines, ''].join('\n'));
  const args = ['reconcile', file, '--lender', lender, '--by', 'bench', '--json'];
  const [seconds] = await timed(() => program.saidao(...args));
  return { payouts: lines.length, seconds };
}

class Program {
  readonly #environment: Readonly<Record<string, string | undefined>>;
  readonly #signal: AbortSignal;

  constructor(environment: Readonly<Record<string, string | undefined>>, signal: AbortSignal) {
    this.#environment = environment;
    this.#signal = signal;
  }

  saidao(...args: readonly string[]): Promise<string> {
    return this.run([join(PROJECT_ROOT, 'bin/saidao.mjs'), 'ledger', ...args]);
  }

  run(args: readonly string[], input = ''): Promise<string> {
    const options = {
      ...{ env: this.#environment, signal: this.#signal, maxBuffer: SAID_BYTES_MAX },
    };
    return new Promise((resolve, reject) => {
      const child = execFile(process.execPath, [...args], options, (error, stdout, stderr) => {
        if (error === null) resolve(stdout);
        else reject(new Error(`${error.message}\n${stderr}`, { cause: error }));
      });
      child.stdin?.end(input);
    });
  }
}

async function timed<T>(work: () => Promise<T>): Promise<[number, T]> {
  const begunMs = performance.now();
  const result = await work();
  return [(performance.now() - begunMs) / 1_000, result];
}

export function hledgerLines(run: HledgerRun): string[] {
  const { loans, entries, journalBytes, accounts, reconciled } = run;
  const seconds = (value: number) => `${value.toFixed(1)} s`;
  return [
    '',
    `Books of ${loans} loans that lived half a year, ${entries} entries, as strangers read them`,
    '',
    `  the export (${Math.round(journalBytes / 1_000_000)} MB): ${seconds(run.exportSeconds)}; ` +
      `the trial balance: ${seconds(run.trialBalanceSeconds)}`,
    `  hledger read all of it in ${seconds(run.hledgerSeconds)}, and agrees on ${accounts} ` +
      'accounts to the fen',
    `  every chain walked and every balance added up anew: ${seconds(run.verifySeconds)}`,
    `  a statement of ${reconciled.payouts} payouts reconciled: ${seconds(reconciled.seconds)}`,
  ];
}
