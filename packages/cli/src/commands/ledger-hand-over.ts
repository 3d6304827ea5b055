// `saidao ledger hand-over`: books loans at a core system too, each once, and says what became of each.
import type { Command } from 'commander';
import type { CommandContext } from '../context.ts';
import { askLedger, type HandedOver } from '../desk-of-ledger.ts';
import { EXIT } from '../exit-codes.ts';
import { databaseUrlOf, tell, type FormOptions } from '../ledger-command.ts';
import { Told } from '../told.ts';

interface HandOverOptions extends FormOptions {
  readonly to: string;
  readonly lender: string;
  readonly tenant?: string;
  readonly office: string;
  readonly product: string;
}

const ID = /^[1-9]\d{0,8}$/;

export function addHandOver(group: Command, context: CommandContext): void {
  group
    .command('hand-over')
    .description('books loans at a core system by the REST API of Apache Fineract')
    .argument('<loan...>', 'ids of loans')
    .requiredOption('--to <url>', 'as https://core.example/fineract-provider/api/v1')
    .requiredOption('--lender <id>', 'whose loans they are')
    .requiredOption('--product <id>', 'by which the core books them: a number of its own')
    .option('--office <id>', 'that keeps the clients there', '1')
    .option('--tenant <name>', 'of the core (default: the lender)')
    .option('--json', 'print it as one line of JSON')
    .action(async (loans: readonly string[], options: HandOverOptions) => {
      const { to: url, lender, tenant = lender } = options;
      const { coreUser: user, corePassword: password } = context.settings;
      if (user === undefined || password === undefined) {
        throw new Told('Set CORE_USER and CORE_PASSWORD: the core lets nobody in without.');
      }
      const productId = numberOf('--product', options.product);
      const officeId = numberOf('--office', options.office);
      const outcomes = await askLedger({
        ask: 'hand-over',
        databaseUrl: databaseUrlOf(context),
        ...{ lenderId: lender, loanIds: loans },
        to: { url, tenant, user, password: password.reveal(), officeId, productId },
      });
      tell(context, options, outcomes, null, () => outcomes.map(lineOf));
      const isDone = ({ outcome }: HandedOver) => outcome === 'booked' || outcome === 'was-there';
      if (!outcomes.every(isDone)) process.exitCode = EXIT.failed;
    });
}

function numberOf(option: string, text: string): number {
  if (ID.test(text)) return Number(text);
  throw new Told(`${option} ${text}: has to be an id of the core, as 3.`, EXIT.usage);
}

function lineOf({ loanId, outcome, core, why }: HandedOver): string {
  if (core === undefined) return `${loanId}  ${outcome}: ${why ?? ''}`;
  return `${loanId}  ${outcome}, as loan ${core.loanId} of client ${core.clientId}`;
}
