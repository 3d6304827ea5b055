// `saidao ledger …`: schedules, balances, entries and statements of the books, and who checks them.
import { resolve } from 'node:path';
import type { Command } from 'commander';
import type { CommandContext } from '../context.ts';
import { csvLines } from '../csv-text.ts';
import { askLedger } from '../desk-of-ledger.ts';
import { EXIT } from '../exit-codes.ts';
import {
  haltsLines,
  reconciliationLines,
  reconciliationRows,
  scheduleLines,
  scheduleRows,
} from '../ledger-view.ts';
import { plainJson } from '../plain-json.ts';
import { readRunState } from '../run-state.ts';
import { Told } from '../told.ts';
import { addCloseDay } from './ledger-close-day.ts';

const HELP = `
A desk of its own answers: a process of the disbursement ledger that reads its tables. Amounts are
yuan with two decimals. See docs/cli.md and docs/reconcile.md.

Exit codes:
  0  done, and nothing differs
  1  something differs, there is no such thing, or the system does not answer
  2  the command line makes no sense`;

/** How an answer is printed: for people, as one line of JSON, or as CSV. */
interface FormOptions {
  readonly json?: true;
  readonly csv?: true;
}

interface ScheduleOptions extends FormOptions {
  readonly principal: string;
  readonly rate: string;
  readonly reset?: readonly string[];
  readonly months: string;
  readonly method: string;
  readonly from: string;
  readonly dayCount?: string;
  readonly interestDay?: string;
  readonly convention: string;
}

interface ReconcileOptions extends FormOptions {
  readonly lender: string;
  readonly by: string;
  readonly since?: string;
  readonly until?: string;
  readonly bound?: string;
  readonly dryRun?: true;
}

export function register(program: Command, context: CommandContext): void {
  const group = program
    .command('ledger')
    .description('the books: schedule, reconcile, halts')
    .addHelpText('after', HELP);
  addSchedule(group, context);
  addReconcile(group, context);
  addHalts(group, context);
  addCloseDay(group, context);
}

function addSchedule(group: Command, context: CommandContext): void {
  formed(group.command('schedule'))
    .description('what of a loan is due when, to the fen, by the function that loans go by')
    .requiredOption('--principal <yuan>', 'as 1000000.00')
    .requiredOption('--rate <fraction>', 'yearly, as 0.0345')
    .requiredOption('--months <n>', 'of the term')
    .requiredOption(
      '--method <method>',
      'equal-instalment, equal-principal, interest-monthly-principal-at-end or bullet',
    )
    .requiredOption('--from <date>', 'the day of drawing, YYYY-MM-DD')
    .option('--reset <date=rate...>', 'another rate from a day on, as 2026-07-05=0.03')
    .option('--day-count <name>', 'months-12, act-360 or act-365 (default: as the method has it)')
    .option('--interest-day <day>', '1 to 28, or none: the day of drawing')
    .option(
      '--convention <name>',
      'where a due date on a day off goes: none, following, modified-following or preceding',
      'none',
    )
    .action(async (options: ScheduleOptions) => {
      const { principal, rate, months, method, from, convention } = options;
      const schedule = await askLedger({
        ...{ ask: 'schedule', principal, rate, months, method, from, convention },
        resets: options.reset ?? [],
        dayCount: options.dayCount ?? null,
        interestDay: options.interestDay ?? null,
      });
      const rows = () => scheduleRows(schedule);
      tell(context, options, schedule, rows, () => scheduleLines(schedule));
    });
}

function addReconcile(group: Command, context: CommandContext): void {
  formed(group.command('reconcile'))
    .description('puts a statement of the payout rail beside the books')
    .argument('<file>', 'CSV, or camt.053.001.02 or .08')
    .requiredOption('--lender <id>', 'whose statement it is')
    .requiredOption('--by <id>', 'who reconciles')
    .option('--since <date>', 'first day that it is of (default: as it says itself)')
    .option('--until <date>', 'last one')
    .option('--bound <yuan>', 'a mismatch above it halts payouts (LEDGER_RECONCILE_BOUNDS, 0.00)')
    .option('--dry-run', 'keep nothing and halt nobody')
    .action(async (file: string, options: ReconcileOptions) => {
      const { lender, by, since = null, until = null } = options;
      const found = await askLedger({
        ...{ ask: 'reconcile', file: resolve(file), lender, by, since, until },
        databaseUrl: databaseUrlOf(context),
        bound: options.bound ?? boundOf(context, lender),
        isDryRun: options.dryRun ?? false,
      });
      const { missing, extra, differing } = found.counts;
      const rows = () => reconciliationRows(found);
      tell(context, options, found, rows, () => reconciliationLines(found));
      if (missing + extra + differing > 0) process.exitCode = EXIT.failed;
    });
}

function addHalts(group: Command, context: CommandContext): void {
  const halts = group
    .command('halts')
    .description('lenders whose payouts are halted, why, and who lifted what; `halts lift` lifts')
    .option('--json', 'print it as one line of JSON')
    .action(async (options: FormOptions) => {
      const found = await askLedger({ ask: 'halts', databaseUrl: databaseUrlOf(context) });
      tell(context, options, found, null, () => haltsLines(found));
    });
  halts
    .command('lift')
    .description('lets the payouts of a lender go again')
    .argument('<lender>', 'as czb-hz')
    .requiredOption('--by <id>', 'who has looked')
    .requiredOption('--reason <text>', 'why they may go, for the file')
    .action(async (lender: string, { by, reason }: { by: string; reason: string }) => {
      const databaseUrl = databaseUrlOf(context);
      const lifted = await askLedger({ ask: 'lift', databaseUrl, lender, by, reason });
      // `halts` takes --json wherever it stands.
      const options = halts.opts<FormOptions>();
      const text = `The payouts of ${lender} may go again; it was halted as ${lifted.kind}.`;
      tell(context, options, lifted, null, () => [text]);
    });
}

function formed(command: Command): Command {
  return command
    .option('--json', 'print it as one line of JSON')
    .option('--csv', 'print it as CSV with a header');
}

function tell(
  { print }: CommandContext,
  { json, csv }: FormOptions,
  answer: unknown,
  rows: (() => readonly (readonly (string | number | null)[])[]) | null,
  lines: () => readonly string[],
): void {
  if (json && csv) throw new Told('Say --json or --csv, not both.', EXIT.usage);
  const said = json ? [plainJson(answer)] : csv && rows !== null ? csvLines(rows()) : lines();
  for (const line of said) print(line);
  process.exitCode = EXIT.ok;
}

function databaseUrlOf(context: CommandContext): string {
  const databaseUrl =
    readRunState(context.home)?.addresses.databaseUrl ?? context.settings.databaseUrl;
  if (databaseUrl !== undefined) return databaseUrl;
  throw new Told(
    'Nothing runs here: start it with `npm start`, or set DATABASE_URL to reach the database of ' +
      'another system.',
  );
}

function boundOf({ settings }: CommandContext, lender: string): string {
  const found = settings.reconcileBounds?.find((one) => one.startsWith(`${lender}=`));
  return found?.slice(lender.length + 1) ?? '0.00';
}
