// What hledger makes of a journal: the balance of each account, to the fen.
import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { fenOfYuan, type Fen } from '@saidao/values';
import { hledgerProgram, type ProgramOptions } from './foreign-programs.ts';

const run = promisify(execFile);
const READ_MS_MAX = 1_200_000;
const OUTPUT_BYTES_MAX = 64 * 1024 * 1024;

export interface HledgerBooks {
  /** Debits less credits, by account as the journal names it; accounts that hold nothing too. */
  readonly balances: ReadonlyMap<string, Fen>;
  readonly transactions: number;
}

/** Rejects with what hledger says where it refuses the journal. */
export async function readByHledger(file: string, options: ProgramOptions): Promise<HledgerBooks> {
  const program = await hledgerProgram(options);
  const ask = async (...args: string[]): Promise<string> => {
    const env = { ...options.environment, LANG: 'C.UTF-8', LC_ALL: 'C.UTF-8' };
    const limits = { timeout: READ_MS_MAX, maxBuffer: OUTPUT_BYTES_MAX };
    return (await run(program, ['-f', file, ...args], { env, ...limits })).stdout;
  };
  // `--strict`: every account and commodity has to be declared, every transaction to balance.
  const csv = await ask(
    ...['balance', '--strict', '--flat', '--empty', '--no-total'],
    ...['--layout=bare', '--output-format=csv'],
  );
  const stats = await ask('stats');
  return {
    balances: new Map(csv.trim().split('\n').slice(1).flatMap(balanceOf)),
    transactions: Number(/Transactions *: (\d+)/.exec(stats)?.[1] ?? 0),
  };
}

/** A row as `"account","commodity","1234.56"`; of an account with nothing the commodity is empty. */
function balanceOf(row: string): [string, Fen][] {
  const [, account = '', commodity = '', amount = ''] =
    /^"((?:[^"]|"")*)","([^"]*)","([^"]*)"$/.exec(row) ?? [];
  if (commodity !== 'CNY' && !/^0(?:\.00)?$/.test(amount)) {
    throw new Error(`hledger says ${row}, where an account, CNY and an amount should stand.`);
  }
  return [[account.replaceAll('""', '"'), fenOfYuan(amount)]];
}
