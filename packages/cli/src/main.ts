// The `saidao` command: reads the environment once and hands the work to one file for each command.
import { DoorError } from '@saidao/applicants';
import { ConfigError } from '@saidao/config';
import { EventLogError } from '@saidao/event-log';
import { LocalFault } from '@saidao/local';
import { Command, CommanderError } from 'commander';
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
import { commandContext } from './context.ts';
import { EXIT, EXIT_CODES_HELP } from './exit-codes.ts';
import { Told } from './told.ts';

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

const program = new Command('saidao')
  .description('Saidao on this machine: run it, look at it, send applications through it')
  .addHelpText('after', EXIT_CODES_HELP)
  .showHelpAfterError('(`saidao --help` lists the commands)')
  .exitOverride();

// Whoever reads the output may have enough: `saidao trace ID | head`.
for (const output of [process.stdout, process.stderr]) {
  output.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code !== 'EPIPE') throw error;
    process.exit();
  });
}

try {
  const context = commandContext(process.env);
  for (const { register } of commands) register(program, context);
  await program.parseAsync();
} catch (error) {
  process.exitCode = report(error);
}

function report(error: unknown): number {
  if (error instanceof CommanderError) return error.exitCode === 0 ? EXIT.ok : EXIT.usage;
  // What the person can put right is told in a sentence; anything else is a defect with its stack.
  const told =
    error instanceof Told ||
    error instanceof DoorError ||
    error instanceof LocalFault ||
    error instanceof ConfigError ||
    error instanceof EventLogError;
  const text = told ? error.message : error instanceof Error ? error.stack : String(error);
  process.stderr.write(`\n${text}\n`);
  if (error instanceof Told) return error.exitCode;
  return error instanceof DoorError && error.code === 'no-submission' ? EXIT.usage : EXIT.failed;
}
