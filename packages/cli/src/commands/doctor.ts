// `saidao doctor`: checks everything that can be missing or wrong and says what to do about it.
import { checkMachine } from '@saidao/local';
import type { CheckResult } from '@saidao/local';
import type { Command } from 'commander';
import type { CommandContext } from '../context.ts';
import { PROJECT_ROOT } from '../context.ts';
import { EXIT } from '../exit-codes.ts';
import { wantedPorts } from '../system.ts';

export function register(program: Command, context: CommandContext): void {
  program
    .command('doctor')
    .description('check what can be missing or wrong; exit code 0 if nothing is')
    .option('--json', 'print the checks as one line of JSON')
    .action(async (options: { json?: true }) => {
      const checks = await checkMachine({
        home: context.home,
        projectRoot: PROJECT_ROOT,
        environment: context.environment,
        ports: wantedPorts(context),
      });
      const ok = checks.every(({ state }) => state !== 'bad');
      if (options.json) context.print(JSON.stringify({ ok, checks }));
      else for (const check of checks) context.print(lineOf(check));
      process.exitCode = ok ? EXIT.ok : EXIT.failed;
    });
}

function lineOf({ state, name, says }: CheckResult): string {
  const mark = { good: 'ok  ', note: 'note', bad: 'BAD ' }[state];
  return `${mark}  ${name}: ${says}`;
}
