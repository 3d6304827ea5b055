// The `saidao` command: reads the environment once and hands the work to one file for each command.
import { DoorError } from '@saidao/applicants';
import { ConfigError } from '@saidao/config';
import { EventLogError } from '@saidao/event-log';
import { LocalFault } from '@saidao/local';
import { CommanderError } from 'commander';
import { commandContext } from './context.ts';
import { EXIT } from './exit-codes.ts';
import { programOf } from './program.ts';
import { Told } from './told.ts';

// Whoever reads the output may have enough: `saidao trace ID | head`.
for (const output of [process.stdout, process.stderr]) {
  output.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code !== 'EPIPE') throw error;
    process.exit();
  });
}

try {
  await programOf(commandContext(process.env)).parseAsync();
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
