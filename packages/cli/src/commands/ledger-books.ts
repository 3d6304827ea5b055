// `saidao ledger trial-balance|entries|statement|loan|export|verify|…`: what is in the books.
import { closeSync, openSync, writeSync } from 'node:fs';
import { resolve } from 'node:path';
import type { Command } from 'commander';
import type { CommandContext } from '../context.ts';
import { askLedger } from '../desk-of-ledger.ts';
import { EXIT } from '../exit-codes.ts';
import {
  faultRows,
  instalmentRows,
  loanLines,
  statementLines,
  statementRows,
  trialBalanceLines,
  trialBalanceRows,
  verifiedLines,
} from '../books-view.ts';
import { databaseUrlOf, formed, formOf, tell, type FormOptions } from '../ledger-command.ts';
import { Told } from '../told.ts';

interface FilterOptions extends FormOptions {
  readonly lender?: string;
  readonly loan?: string;
  readonly account?: string;
  readonly since?: string;
  readonly until?: string;
  readonly asOf?: string;
}

export function addBooks(group: Command, context: CommandContext): void {
  addTrialBalance(group, context);
  addEntries(group, context);
  addStatement(group, context);
  addLoan(group, context);
  addExport(group, context);
  addVerify(group, context);
  addClosePeriod(group, context);
}

function addTrialBalance(group: Command, context: CommandContext): void {
  formed(group.command('trial-balance'))
    .description('what every account holds; debits and credits have to agree')
    .option('--lender <id>', 'of this lender only')
    .option(
      '--as-of <when>',
      'booked on this day or before, or at this instant, as 2026-11-20T02:00Z',
    )
    .option('--value-date <date>', 'with a value date of this day or before, booked when it may')
    .action(
      async (options: FormOptions & { lender?: string; asOf?: string; valueDate?: string }) => {
        const { lender = null, asOf = null, valueDate = null } = options;
        const databaseUrl = databaseUrlOf(context);
        const books = await askLedger({
          ...{ ask: 'trial-balance', databaseUrl, lender, asOf, valueDate },
        });
        const rows = () => trialBalanceRows(books);
        tell(context, options, books, rows, () => trialBalanceLines(books));
        const isOff = books.some(({ totals }) => totals.some((one) => one.difference !== '0.00'));
        if (isOff) process.exitCode = EXIT.failed;
      },
    );
}

function addEntries(group: Command, context: CommandContext): void {
  formed(filtered(group.command('entries')))
    .description('entries with their postings; JSON has a line for each, CSV one for each posting')
    .option('--account <code>', 'that post on this account')
    .action(async (options: FilterOptions) => {
      const form = formOf(options);
      await askLedger(
        { ask: 'entries', databaseUrl: databaseUrlOf(context), form, ...filterOf(options) },
        (lines) => lines.forEach((line) => context.print(line)),
      );
      process.exitCode = EXIT.ok;
    });
}

function addStatement(group: Command, context: CommandContext): void {
  formed(group.command('statement'))
    .description('an account between two days: what was there, what came, what is left')
    .argument('<account>', 'its code, as 1303')
    .requiredOption('--lender <id>', 'whose account it is')
    .option('--loan <id>', 'of this loan only')
    .option('--since <date>', 'first booking date (default: 30 days back)')
    .option('--until <date>', 'last one (default: today, or the day of --as-of)')
    .option('--as-of <when>', 'booked on this day or before, or at this instant or before')
    .action(async (account: string, options: FilterOptions & { lender: string }) => {
      const { lender, loan = null, since = null, until = null, asOf = null } = options;
      const databaseUrl = databaseUrlOf(context);
      const statement = await askLedger({
        ...{ ask: 'statement', databaseUrl, lender, account, loan, since, until, asOf },
      });
      const rows = () => statementRows(statement);
      tell(context, options, statement, rows, () => statementLines(statement));
    });
}

function addLoan(group: Command, context: CommandContext): void {
  group
    .command('loan')
    .description('a loan: where it stands, its schedule, its payouts and what it adds to accounts')
    .argument('<id>', 'of the loan, as the door and `saidao trace` tell it')
    .option('--as-of <date>', 'by value date (default: the last day that anything is posted for)')
    .option('--json', 'print it as one line of JSON')
    .option('--csv', 'print its schedule as CSV with a header')
    .action(async (id: string, options: FormOptions & { asOf?: string }) => {
      const { asOf = null } = options;
      const databaseUrl = databaseUrlOf(context);
      const loan = await askLedger({ ask: 'loan', databaseUrl, loan: id, asOf });
      tell(
        context,
        options,
        loan,
        () => instalmentRows(loan),
        () => loanLines(loan),
      );
    });
}

function addExport(group: Command, context: CommandContext): void {
  filtered(group.command('export'))
    .description('the books as a plain-text journal that hledger reads, each entry a transaction')
    .option('--out <file>', 'write it there (default: standard output)')
    .action(async (options: FilterOptions & { out?: string }) => {
      const { out } = options;
      const file = out === undefined ? null : opened(resolve(out));
      try {
        const { entries } = await askLedger(
          { ask: 'export', databaseUrl: databaseUrlOf(context), ...filterOf(options) },
          (lines) => {
            if (file === null) for (const line of lines) context.print(line);
            else writeSync(file, `${lines.join('\n')}\n`);
          },
        );
        context.remark(`${entries} entries.`);
        process.exitCode = EXIT.ok;
      } finally {
        if (file !== null) closeSync(file);
      }
    });
}

function addVerify(group: Command, context: CommandContext): void {
  formed(group.command('verify'))
    .description('walks every hash chain and signed day, and reckons balances and loans anew')
    .option('--lender <id>', 'of this lender only')
    .option('--key <hex...>', 'by which days may be signed (default: LEDGER_PUBLIC_KEYS)')
    .action(async (options: FormOptions & { lender?: string; key?: readonly string[] }) => {
      const { lender = null, key: keys = context.settings.ledgerPublicKeys ?? [] } = options;
      const databaseUrl = databaseUrlOf(context);
      const verified = await askLedger({ ask: 'verify', databaseUrl, lender, keys });
      const rows = () => faultRows(verified);
      tell(context, options, verified, rows, () => verifiedLines(verified));
      if (verified.faults.length > 0) process.exitCode = EXIT.failed;
    });
}

function addClosePeriod(group: Command, context: CommandContext): void {
  group
    .command('close-period')
    .description('closes the books of a lender through a day: nothing is booked there any more')
    .requiredOption('--lender <id>', 'whose books')
    .requiredOption('--through <date>', 'the last day: over, and every day until it closed')
    .option('--json', 'print it as one line of JSON')
    .action(async (options: FormOptions & { lender: string; through: string }) => {
      const { lender, through } = options;
      const databaseUrl = databaseUrlOf(context);
      const closed = await askLedger({ ask: 'close-period', databaseUrl, lender, through });
      tell(context, options, closed, null, () => [
        `The books of ${lender} are closed through ${through}.`,
      ]);
    });
}

function filtered(command: Command): Command {
  return command
    .option('--lender <id>', 'of this lender only')
    .option('--loan <id>', 'of this loan only')
    .option('--since <date>', 'booked on this day or later')
    .option('--until <date>', 'booked on this day or before')
    .option('--as-of <when>', 'booked on this day or before, or at this instant or before');
}

function filterOf({ lender, loan, account, since, until, asOf }: FilterOptions) {
  return {
    lender: lender ?? null,
    loan: loan ?? null,
    account: account ?? null,
    since: since ?? null,
    until: until ?? null,
    asOf: asOf ?? null,
  };
}

function opened(file: string): number {
  try {
    return openSync(file, 'w');
  } catch (error) {
    throw new Told(`${file} cannot be written: ${(error as Error).message}`, EXIT.failed);
  }
}
