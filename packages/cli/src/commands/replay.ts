// `saidao replay`: gives a line records of its topics again; what it has met before has no second effect.
import type { EventLog, IncomingRecord } from '@saidao/event-log';
import { allTopics, lines } from '@saidao/schemas';
import type { LineName } from '@saidao/schemas';
import { Option } from 'commander';
import type { Command } from 'commander';
import { randomUUID } from 'node:crypto';
import { headerOf } from '../case-event.ts';
import type { CommandContext } from '../context.ts';
import { counted } from '../event-summary.ts';
import { EXIT } from '../exit-codes.ts';
import { instantMs } from '../instant.ts';
import { plainJson } from '@saidao/values';
import { reachOf, withLog } from '../reach.ts';
import { rateOption, redeliveryOf, sendAtRate, untilTaken, whoAndWhy } from '../replay-request.ts';
import { table } from '../table.ts';
import { Told } from '../told.ts';
import { readLetters } from './dead-letters.ts';

interface Options {
  readonly worker: LineName;
  readonly topic: readonly string[];
  readonly since?: number;
  readonly until?: number;
  readonly application?: string;
  readonly lender?: string;
  readonly actor: string;
  readonly reason: string;
  readonly dryRun?: true;
  readonly rate: number;
  readonly wait: boolean;
  readonly json?: true;
}

const HELP = `
Each record goes to <worker>.replay.v1, which that worker alone reads. It takes what it never
took, in its order; of the rest it publishes nothing, so that no other reader sees anything.
A dead letter counts as met: \`saidao dead-letters replay\` has it taken again.

Exit codes:
  0  the worker has taken the requests; or there is no such record
  1  one became a dead letter, the worker has not taken them, or the log does not answer
  2  the command line makes no sense`;

const SHOWN_MAX = 1_000;

export function register(program: Command, context: CommandContext): void {
  const [actor, reason] = whoAndWhy();
  program
    .command('replay')
    .description('give a worker records of its topics again: what it met has no second effect')
    .addOption(
      new Option('--worker <line>', 'who is to take them').choices(lines).makeOptionMandatory(),
    )
    .requiredOption('--topic <topic...>', 'of these of its topics')
    .addOption(new Option('--since <instant>', 'appended then or later').argParser(instantMs))
    .addOption(new Option('--until <instant>', 'appended before then').argParser(instantMs))
    .option('--application <id>', 'of this application, or <lender>/<channel>/<reference>')
    .option('--lender <lender>', 'of this lender only')
    .addOption(actor)
    .addOption(reason)
    .option('--dry-run', 'only say which')
    .addOption(rateOption())
    .option('--no-wait', 'do not wait for the worker to take them')
    .option('--json', 'print it as one line of JSON')
    .addHelpText('after', HELP)
    .action(async (options: Options) => {
      process.exitCode = await replay(context, options);
    });
}

async function replay(context: CommandContext, options: Options): Promise<number> {
  const { worker, since, application } = options;
  if (since === undefined && application === undefined) {
    throw new Told('Say which: --since, --application, or both.', EXIT.usage);
  }
  const reach = reachOf(context);
  const topics = topicsOf(options, reach.lenders);
  return withLog(reach, async (log) => {
    const records = await read(log, topics, options);
    if (options.dryRun) return showPlan(context, records, options);
    const { actor, reason } = options;
    const asking = {
      ...{ actor, reason, lenders: reach.lenders, nowMs: Date.now() },
      run: randomUUID(),
    };
    const before = new Set((await readLetters(log)).map(({ id }) => id));
    const requests = records.map((record) => redeliveryOf(worker, record, asking));
    await sendAtRate(log, requests, options.rate);
    const taken = options.wait && (await untilTaken(log, new Set([worker])));
    const places = new Set(records.map(placeOf));
    const dead = (options.wait ? await readLetters(log) : []).filter(
      ({ id, line, original }) =>
        line === worker && !before.has(id) && places.has(placeOf(original)),
    );
    if (options.json) {
      const deadLetters = dead.map(({ id }) => id);
      context.print(plainJson({ ...toldOf(options, records), taken, deadLetters }));
    } else {
      const gave = `${counted(records.length, 'record')} given to ${worker} again`;
      if (!options.wait) context.print(`${gave}.`);
      else context.print(`${gave}: ${taken ? 'taken' : 'it has not taken them yet'}.`);
      for (const { id, code, reason: why } of dead) context.print(`${id}: ${code} ${why}`);
    }
    return dead.length > 0 || (options.wait && !taken) ? EXIT.failed : EXIT.ok;
  });
}

/** Names on the broker, each one that the worker reads; its replay topic is no input to repeat. */
function topicsOf({ worker, topic }: Options, lenders: readonly string[]): readonly string[] {
  const known = allTopics(lenders)
    .filter((one) =>
      one.line === undefined
        ? one.topic.readers.includes(worker)
        : one.line === worker && one.topic.events.some((event) => event === 'TimerDue'),
    )
    .map(({ name }) => name);
  const strange = topic.filter((name) => !known.includes(name));
  if (strange.length === 0) return [...new Set(topic)];
  throw new Told(
    `${worker} does not read ${strange.join(', ')}; it reads ${known.join(', ')}.`,
    EXIT.usage,
  );
}

async function read(
  log: EventLog,
  topics: readonly string[],
  { since, until, application, lender }: Options,
): Promise<IncomingRecord[]> {
  const records: IncomingRecord[] = [];
  await log.scan(topics, (record) => {
    const { timestampMs, key } = record;
    if (since !== undefined && timestampMs < since) return;
    if (until !== undefined && timestampMs >= until) return;
    if (lender !== undefined && headerOf(record, 'ce_lenderid') !== lender) return;
    const isOfIt = () =>
      key?.toString('utf8') === application || headerOf(record, 'ce_subject') === application;
    if (application === undefined || isOfIt()) records.push(record);
  });
  // As they came, whatever topic they are of: fewer have to wait for one before them.
  return records.sort((a, b) => a.timestampMs - b.timestampMs);
}

function showPlan(
  context: CommandContext,
  records: readonly IncomingRecord[],
  options: Options,
): number {
  if (options.json) {
    context.print(plainJson({ ...toldOf(options, records), places: records.map(placeOf) }));
    return EXIT.ok;
  }
  const rows = records
    .slice(0, SHOWN_MAX)
    .map((record) => [
      placeOf(record),
      headerOf(record, 'ce_type') ?? '?',
      headerOf(record, 'ce_subject') ?? '',
      new Date(record.timestampMs).toISOString(),
    ]);
  for (const line of table(rows, '')) context.print(line);
  if (records.length > SHOWN_MAX) context.print(`… and ${records.length - SHOWN_MAX} more`);
  context.print(`${counted(records.length, 'record')} would be given to ${options.worker} again.`);
  return EXIT.ok;
}

function toldOf({ worker, topic, dryRun }: Options, records: readonly IncomingRecord[]) {
  return {
    event: 'replay',
    worker,
    topics: topic,
    records: records.length,
    dryRun: dryRun === true,
  };
}

function placeOf(place: Pick<IncomingRecord, 'topic' | 'partition' | 'offset'>): string {
  return `${place.topic}/${place.partition}/${place.offset}`;
}
