// `saidao trace ID`: every event of an application in order, with timings and causes.
import type { Command } from 'commander';
import type { CommandContext } from '../context.ts';
import { EXIT } from '../exit-codes.ts';
import { plainJson } from '@saidao/values';
import { reachOf, withLog } from '../reach.ts';
import { table } from '../table.ts';
import { readTrace } from '../trace-reading.ts';
import { traceOf, traceRows } from '../trace-view.ts';

const HELP = `
ID is an application id or <lender>/<channel>/<reference>. Times are the log's own append times:
from the first event, and from the event that led to it (#). Personal data is left out.

Exit codes:
  0  shown
  1  the topics hold nothing of it, or the log does not answer
  2  ID is no such thing`;

export function register(program: Command, context: CommandContext): void {
  program
    .command('trace')
    .description('every event of an application, in order, with timings')
    .argument('<id>', 'application id, or <lender>/<channel>/<reference>')
    .option('--json', 'print each event as a line of JSON, with all it says')
    .addHelpText('after', HELP)
    .action(async (id: string, options: { json?: true }) => {
      process.exitCode = await trace(context, id, options.json === true);
    });
}

async function trace(context: CommandContext, id: string, json: boolean): Promise<number> {
  const reach = reachOf(context);
  const { applicationId, name, records } = await withLog(reach, (log) => readTrace(log, reach, id));
  const entries = traceOf(records);
  if (entries.length === 0) {
    context.remark(`The topics hold nothing of ${id}.`);
    return EXIT.failed;
  }
  if (json) {
    for (const entry of entries) context.print(plainJson(entry));
    return EXIT.ok;
  }
  const took = entries.at(-1)!.sinceMs;
  context.print([applicationId, name].filter((part) => part !== null).join('  '));
  context.print('');
  for (const line of table(traceRows(entries), '')) context.print(line);
  context.print('');
  context.print(`${entries.length} events in ${took} ms.`);
  return EXIT.ok;
}
