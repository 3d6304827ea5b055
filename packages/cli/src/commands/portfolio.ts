// `saidao portfolio`: what is lent, by lender, product and basis of inclusive lending.
import type { Command } from 'commander';
import { portfolioLines, portfolioRows } from '../books-view.ts';
import type { CommandContext } from '../context.ts';
import { askLedger } from '../desk-of-ledger.ts';
import { databaseUrlOf, formed, tell, type FormOptions } from '../ledger-command.ts';

const HELP = `
A loan counts for each basis of inclusive lending that it was booked with; its product's row and the
lender's have each loan once. Disbursed is everything ever paid out, balance the principal that is
left in the books, both by value date; tiers are those of the last closed day, or of the day asked.`;

export function register(program: Command, context: CommandContext): void {
  formed(program.command('portfolio'))
    .description('what is lent, by lender, product and inclusive basis: firms, money, tiers')
    .option('--as-of <date>', 'YYYY-MM-DD (default: today)')
    .option('--lender <id>', 'of this lender only')
    .addHelpText('after', HELP)
    .action(async (options: FormOptions & { asOf?: string; lender?: string }) => {
      const { asOf = null, lender = null } = options;
      const databaseUrl = databaseUrlOf(context);
      const portfolio = await askLedger({ ask: 'portfolio', databaseUrl, lender, asOf });
      const rows = () => portfolioRows(portfolio);
      tell(context, options, portfolio, rows, () => portfolioLines(portfolio));
    });
}
