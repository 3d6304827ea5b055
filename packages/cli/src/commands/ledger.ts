// `saidao ledger …`: schedules, balances, entries and statements of the books, and who checks them.
import type { Command } from 'commander';
import type { CommandContext } from '../context.ts';
import { addBooks } from './ledger-books.ts';
import { addCloseDay } from './ledger-close-day.ts';
import { addHandOver } from './ledger-hand-over.ts';
import { addHalts, addReconcile } from './ledger-reconcile.ts';
import { addSchedule } from './ledger-schedule.ts';

const HELP = `
A desk of its own answers: a process of the disbursement ledger that reads its tables. Amounts are
yuan with two decimals. See docs/cli.md and docs/reconcile.md.

Exit codes:
  0  done, and nothing differs
  1  something differs, there is no such thing, or the system does not answer
  2  the command line makes no sense`;

export function register(program: Command, context: CommandContext): void {
  const group = program
    .command('ledger')
    .description(
      'the books: schedule, trial-balance, entries, statement, loan, export, verify, reconcile, ' +
        'halts, close-day, close-period, hand-over',
    )
    .addHelpText('after', HELP);
  addSchedule(group, context);
  addBooks(group, context);
  addReconcile(group, context);
  addHalts(group, context);
  addCloseDay(group, context);
  addHandOver(group, context);
}
