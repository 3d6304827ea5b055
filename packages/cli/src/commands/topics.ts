// `saidao topics`: every topic in flow order, with what it holds, who writes it, and who is behind.
import type { EventLog } from '@saidao/event-log';
import { allTopics } from '@saidao/schemas';
import type { LineName, NamedTopic } from '@saidao/schemas';
import type { Command } from 'commander';
import type { CommandContext } from '../context.ts';
import { EXIT } from '../exit-codes.ts';
import { plainJson } from '@saidao/values';
import { reachOf, withLog } from '../reach.ts';
import { table } from '../table.ts';

export interface TopicRow {
  readonly name: string;
  readonly partitions: number;
  /** What it holds now; compacted and expired records are not counted exactly. */
  readonly records: bigint;
  readonly writer: string;
  readonly readers: readonly { readonly line: LineName; readonly lag: bigint }[];
  readonly numbered: boolean;
  readonly cleanup: string;
  readonly personalData: boolean;
  readonly events: readonly string[];
}

const HELP = `
Lag is how many records a line has not taken yet.

Exit codes:
  0  shown
  1  the log does not answer, or a topic is missing`;

export function register(program: Command, context: CommandContext): void {
  program
    .command('topics')
    .description('the catalogue in flow order: records, writer, readers and their lag')
    .option('--json', 'print it as one line of JSON')
    .addHelpText('after', HELP)
    .action(async (options: { json?: true }) => {
      const reach = reachOf(context);
      const rows = await withLog(reach, (log) => topicRows(log, reach.lenders));
      if (options.json) context.print(plainJson(rows));
      else for (const line of table(cellsOf(rows), '')) context.print(line);
      process.exitCode = EXIT.ok;
    });
}

export async function topicRows(log: EventLog, lenders: readonly string[]): Promise<TopicRow[]> {
  const named = allTopics(lenders);
  const lags = await lagsOf(log, named);
  return Promise.all(
    named.map(async (one) => {
      const ranges = await log.ranges(one.name);
      return {
        name: one.name,
        partitions: ranges.length,
        records: ranges.reduce((sum, { earliest, next }) => sum + next - earliest, 0n),
        writer: one.topic.writer === 'line' ? (one.line ?? '') : one.topic.writer,
        readers: readersOf(one).map((line) => ({
          line,
          lag: lags.get(`${line} ${one.name}`) ?? 0n,
        })),
        numbered: one.topic.numbered,
        cleanup: one.topic.cleanup,
        personalData: one.personalData,
        events: one.topic.events,
      };
    }),
  );
}

/** A line reads its own timers and replays too. */
function readersOf({ topic, line }: NamedTopic): readonly LineName[] {
  if (line === undefined) return topic.readers;
  return topic.events.length > 0 ? [line] : [];
}

async function lagsOf(
  log: EventLog,
  named: readonly NamedTopic[],
): Promise<ReadonlyMap<string, bigint>> {
  const read = new Map<LineName, string[]>();
  for (const one of named) {
    for (const line of readersOf(one)) read.set(line, [...(read.get(line) ?? []), one.name]);
  }
  const lags = new Map<string, bigint>();
  for (const [line, names] of read) {
    for (const { topic, lag } of await log.lag(`saidao.${line}`, names)) {
      const key = `${line} ${topic}`;
      lags.set(key, (lags.get(key) ?? 0n) + lag);
    }
  }
  return lags;
}

function cellsOf(rows: readonly TopicRow[]): string[][] {
  return [
    ['topic', 'partitions', 'records', 'written by', 'read by (lag)'],
    ...rows.map(({ name, partitions, records, writer, readers }) => [
      name,
      String(partitions),
      String(records),
      writer,
      readers.map(({ line, lag }) => `${line} (${lag})`).join(', '),
    ]),
  ];
}
