// `saidao reset`: asks once, then stops everything and deletes the local data.
import { createInterface } from 'node:readline/promises';
import { deleteData } from '@saidao/local';
import type { Command } from 'commander';
import type { CommandContext } from '../context.ts';
import { EXIT } from '../exit-codes.ts';
import { down } from './down.ts';

export function register(program: Command, context: CommandContext): void {
  program
    .command('reset')
    .description('stop everything and delete all local data, after asking once')
    .option('--yes', 'do not ask')
    .option('--json', 'print what was done as one line of JSON')
    .action(async (options: { yes?: true; json?: true }) => {
      process.exitCode = await reset(context, options);
    });
}

async function reset(
  context: CommandContext,
  options: { yes?: true; json?: true },
): Promise<number> {
  const { home } = context;
  if (!options.yes && !(await confirmed(home))) {
    context.remark(
      process.stdin.isTTY
        ? 'Nothing was deleted.'
        : 'Nothing was deleted: this is no terminal to ask on; add --yes to delete without asking.',
    );
    return EXIT.failed;
  }
  if ((await down(context)) === null) {
    context.remark('Nothing was deleted: Saidao is still running.');
    return EXIT.failed;
  }
  const deleted = deleteData(home);
  if (options.json) context.print(JSON.stringify({ deleted }));
  else context.print(`Deleted ${deleted.join(', ') || 'nothing: there was no data'}.`);
  return EXIT.ok;
}

async function confirmed(home: string): Promise<boolean> {
  if (!process.stdin.isTTY) return false;
  const terminal = createInterface({ input: process.stdin, output: process.stderr });
  try {
    const answer = await terminal.question(
      `This deletes all applications, loans and events in ${home}. Go on? [y/N] `,
    );
    return /^y(es)?$/i.test(answer.trim());
  } finally {
    terminal.close();
  }
}
