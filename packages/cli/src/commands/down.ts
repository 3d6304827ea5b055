// `saidao down`: stops from another terminal what `up` started, and whatever a killed run left behind.
import { endLeftovers, fault, homeOwner, isAlive, until } from '@saidao/local';
import type { Command } from 'commander';
import type { CommandContext } from '../context.ts';
import { EXIT } from '../exit-codes.ts';
import { removeRunState } from '../run-state.ts';

const DOWN_MS_MAX = 60_000;

export interface DownOutcome {
  /** True if something ran. */
  readonly stopped: boolean;
  readonly leftovers: readonly string[];
}

export function register(program: Command, context: CommandContext): void {
  program
    .command('down')
    .description('stop everything that `up` started; the data stays')
    .option('--json', 'print what was done as one line of JSON')
    .action(async (options: { json?: true }) => {
      const outcome = await down(context);
      if (outcome === null) {
        context.remark(
          `Saidao has not stopped within ${DOWN_MS_MAX / 1000} s; look into its logs.`,
        );
        process.exitCode = EXIT.failed;
        return;
      }
      const { stopped, leftovers } = outcome;
      if (options.json) return context.print(JSON.stringify(outcome));
      if (leftovers.length > 0)
        context.print(`Ended what a killed run left: ${leftovers.join(', ')}.`);
      context.print(stopped ? 'Saidao has stopped.' : 'Saidao was not running.');
    });
}

/** Null if it did not stop in time. */
export async function down({ home }: CommandContext): Promise<DownOutcome | null> {
  const owner = homeOwner(home);
  if (owner !== null) {
    askToStop(owner);
    if (!(await until(() => !isAlive(owner), DOWN_MS_MAX, 100))) return null;
  }
  const leftovers = await endLeftovers(home);
  removeRunState(home);
  return { stopped: owner !== null, leftovers };
}

function askToStop(pid: number): void {
  try {
    process.kill(pid, 'SIGTERM');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EPERM')
      throw fault('SAIDAO_OTHER_USER', { pid });
    // It has ended meanwhile, which is what was wanted.
  }
}
