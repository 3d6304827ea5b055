// `saidao token`: a signed token of the development issuer, for a person of the local system.
import { Option } from 'commander';
import type { Command } from 'commander';
import { PRINCIPALS, type LocalPrincipal } from '../access.ts';
import type { CommandContext } from '../context.ts';
import { signToken } from '../issuer.ts';
import { Told } from '../told.ts';
import { EXIT } from '../exit-codes.ts';

const NAMES = PRINCIPALS.map(({ principal }) => principal);
const MINUTES_MAX = 24 * 60;

const HELP = `
curl -H "authorization: Bearer $(npx saidao token --as officer-a)" http://127.0.0.1:18084/v1/reviews

Only the doors of the system that \`npm start\` runs in this home take it.`;

export function register(program: Command, context: CommandContext): void {
  program
    .command('token')
    .description('print a signed token of the development issuer')
    .addOption(new Option('--as <principal>', 'whose token').choices(NAMES).makeOptionMandatory())
    .addOption(
      new Option('--minutes <minutes>', 'how long it lasts').default(60).argParser(minutesOf),
    )
    .option('--json', 'print it as a line of JSON, with its end')
    .addHelpText('after', HELP)
    .action(async (options: { as: LocalPrincipal; minutes: number; json?: true }) => {
      const { as, minutes } = options;
      const nowMs = Date.now();
      const { lenders } = context.settings;
      const token = await signToken(context.home, { as, lenders, minutes, nowMs });
      if (token === null) {
        throw new Told('Nothing has been started here yet, so no door would take it: `npm start`.');
      }
      const endsAt = new Date(nowMs + minutes * 60_000).toISOString();
      context.print(options.json ? JSON.stringify({ principal: as, token, endsAt }) : token);
    });
}

function minutesOf(given: string): number {
  const minutes = Number(given);
  if (Number.isInteger(minutes) && minutes >= 1 && minutes <= MINUTES_MAX) return minutes;
  throw new Told(`--minutes is a whole number from 1 to ${MINUTES_MAX}.`, EXIT.usage);
}
