// `saidao ledger reconcile|halts`: the rail's statement beside the books, and payouts that it halts.
import { resolve } from 'node:path';
import type { Command } from 'commander';
import type { CommandContext } from '../context.ts';
import { askLedger } from '../desk-of-ledger.ts';
import { EXIT } from '../exit-codes.ts';
import { databaseUrlOf, formed, tell, type FormOptions } from '../ledger-command.ts';
import { haltsLines, reconciliationLines, reconciliationRows } from '../ledger-view.ts';

interface ReconcileOptions extends FormOptions {
  readonly lender: string;
  readonly by: string;
  readonly since?: string;
  readonly until?: string;
  readonly bound?: string;
  readonly dryRun?: true;
}

export function addReconcile(group: Command, context: CommandContext): void {
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

export function addHalts(group: Command, context: CommandContext): void {
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
    .option('--kind <kind>', 'broken or reconcile, where it is halted as both')
    .requiredOption('--by <id>', 'who has looked')
    .requiredOption('--reason <text>', 'why they may go, for the file')
    .action(async (lender: string, options: { kind?: string; by: string; reason: string }) => {
      const { kind = null, by, reason } = options;
      const databaseUrl = databaseUrlOf(context);
      const lifted = await askLedger({ ask: 'lift', databaseUrl, lender, kind, by, reason });
      const text =
        lifted.left.length === 0
          ? `The payouts of ${lender} may go again; it was halted as ${lifted.kind}.`
          : `The payouts of ${lender} are still halted as ${lifted.left.join(', ')}.`;
      // `halts` takes --json wherever it stands.
      tell(context, halts.opts<FormOptions>(), lifted, null, () => [text]);
    });
}

function boundOf({ settings }: CommandContext, lender: string): string {
  const found = settings.reconcileBounds?.find((one) => one.startsWith(`${lender}=`));
  return found?.slice(lender.length + 1) ?? '0.00';
}
