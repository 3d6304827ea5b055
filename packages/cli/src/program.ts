// The `saidao` command as it is defined: one file for each command below it.
import { Command } from 'commander';
import * as apply from './commands/apply.ts';
import * as deadLetters from './commands/dead-letters.ts';
import * as decisions from './commands/decisions.ts';
import * as doctor from './commands/doctor.ts';
import * as down from './commands/down.ts';
import * as generate from './commands/generate.ts';
import * as ledger from './commands/ledger.ts';
import * as models from './commands/models.ts';
import * as patents from './commands/patents.ts';
import * as policy from './commands/policy.ts';
import * as portfolio from './commands/portfolio.ts';
import * as replay from './commands/replay.ts';
import * as reset from './commands/reset.ts';
import * as reviews from './commands/reviews.ts';
import * as schemas from './commands/schemas.ts';
import * as status from './commands/status.ts';
import * as token from './commands/token.ts';
import * as top from './commands/top.ts';
import * as topics from './commands/topics.ts';
import * as topology from './commands/topology.ts';
import * as trace from './commands/trace.ts';
import * as up from './commands/up.ts';
import * as verify from './commands/verify.ts';
import type { CommandContext } from './context.ts';
import { EXIT_CODES_HELP } from './exit-codes.ts';

/** In the order in which a newcomer meets them. */
const commands = [
  up,
  apply,
  generate,
  trace,
  reviews,
  topics,
  schemas,
  topology,
  deadLetters,
  replay,
  verify,
  patents,
  models,
  policy,
  decisions,
  ledger,
  portfolio,
  token,
  status,
  top,
  doctor,
  down,
  reset,
];

export function programOf(context: CommandContext): Command {
  const program = new Command('saidao')
    .description('Saidao on this machine: run it, look at it, send applications through it')
    .addHelpText('after', EXIT_CODES_HELP)
    .showHelpAfterError('(`saidao --help` lists the commands)')
    .exitOverride();
  for (const { register } of commands) register(program, context);
  return program;
}
