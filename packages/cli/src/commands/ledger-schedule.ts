// `saidao ledger schedule`: what of a loan is due when, by the function that loans go by.
import type { Command } from 'commander';
import type { CommandContext } from '../context.ts';
import { askLedger } from '../desk-of-ledger.ts';
import { formed, tell, type FormOptions } from '../ledger-command.ts';
import { scheduleLines, scheduleRows } from '../ledger-view.ts';

interface ScheduleOptions extends FormOptions {
  readonly principal: string;
  readonly rate: string;
  readonly reset?: readonly string[];
  readonly months: string;
  readonly method: string;
  readonly from: string;
  readonly dayCount?: string;
  readonly interestDay?: string;
  readonly convention: string;
}

export function addSchedule(group: Command, context: CommandContext): void {
  formed(group.command('schedule'))
    .description('what of a loan is due when, to the fen, by the function that loans go by')
    .requiredOption('--principal <yuan>', 'as 1000000.00')
    .requiredOption('--rate <fraction>', 'yearly, as 0.0345')
    .requiredOption('--months <n>', 'of the term')
    .requiredOption(
      '--method <method>',
      'equal-instalment, equal-principal, interest-monthly-principal-at-end or bullet',
    )
    .requiredOption('--from <date>', 'the day of drawing, YYYY-MM-DD')
    .option('--reset <date=rate...>', 'another rate from a day on, as 2026-07-05=0.03')
    .option('--day-count <name>', 'months-12, act-360 or act-365 (default: as the method has it)')
    .option('--interest-day <day>', '1 to 28, or none: the day of drawing')
    .option(
      '--convention <name>',
      'where a due date on a day off goes: none, following, modified-following or preceding',
      'none',
    )
    .action(async (options: ScheduleOptions) => {
      const { principal, rate, months, method, from, convention } = options;
      const schedule = await askLedger({
        ...{ ask: 'schedule', principal, rate, months, method, from, convention },
        resets: options.reset ?? [],
        dayCount: options.dayCount ?? null,
        interestDay: options.interestDay ?? null,
      });
      const rows = () => scheduleRows(schedule);
      tell(context, options, schedule, rows, () => scheduleLines(schedule));
    });
}
