// `saidao dead-letters list|show|replay|discard`: what lines could not take, and what to do about it.
import type { EventLog, IncomingRecord } from '@saidao/event-log';
import { decode, lines, workerTopics } from '@saidao/schemas';
import type { LineName } from '@saidao/schemas';
import { Option } from 'commander';
import type { Command } from 'commander';
import type { CommandContext } from '../context.ts';
import { deadLettersOf, inOrder, replayRecordOf } from '../dead-letter-view.ts';
import type { DeadLetter, ReplayAction } from '../dead-letter-view.ts';
import { counted } from '../event-summary.ts';
import { EXIT } from '../exit-codes.ts';
import { instantMs } from '../instant.ts';
import { plainJson } from '@saidao/values';
import { reachOf, withLog } from '../reach.ts';
import type { Reach } from '../reach.ts';
import { rateOption, sendAtRate, untilTaken, whoAndWhy } from '../replay-request.ts';
import { table } from '../table.ts';
import { Told } from '../told.ts';

interface Filter {
  readonly line?: LineName;
  readonly code?: string;
  readonly application?: string;
  readonly lender?: string;
  readonly type?: string;
  readonly topic?: string;
  readonly since?: number;
  readonly until?: number;
}

interface AskOptions extends Filter {
  readonly actor: string;
  readonly reason: string;
  readonly dryRun?: true;
  readonly again?: true;
  readonly wait: boolean;
  readonly rate: number;
  readonly json?: true;
}

const FILTERS = [
  ...(['line', 'code', 'application', 'lender', 'type', 'topic', 'since', 'until'] as const),
];

const HELP = `
An id is <line>/<partition>/<offset>, as the list shows it. A dead letter is listed until a replay
or discard was asked for. One that could not be taken again, or whose turn it was not yet, is listed
again with the reason; of one that was taken or given up meanwhile a request changes nothing.
One whose identity came before with other bytes is never taken: the first stands. A replay by
filters leaves it out and says so.

Exit codes:
  0  done; or nothing to do
  1  a replay failed again, the line has not taken it in time, or the log does not answer
  2  the command line makes no sense, or there is no such dead letter`;

export function register(program: Command, context: CommandContext): void {
  const group = program
    .command('dead-letters')
    .description('what lines could not take: list, show, replay, discard')
    .addHelpText('after', HELP);

  filtered(group.command('list'))
    .description('open dead letters, and the applications that wait for them')
    .option('--all', 'those too for which a replay or discard was asked')
    .option('--json', 'print each as a line of JSON')
    .action(async (options: Filter & { all?: true; json?: true }) => {
      const { reach, letters } = await read(context);
      const wanted = letters.filter(
        (letter) => fits(letter, options) && (options.all || letter.state === 'open'),
      );
      if (options.json) for (const letter of wanted) context.print(jsonOf(letter));
      else for (const line of listLines(wanted, reach)) context.print(line);
    });

  group
    .command('show')
    .description('one dead letter with its headers')
    .argument('<id>', 'as the list shows it')
    .option('--value', 'its bytes too, decoded if they can be: they may hold personal data')
    .option('--json', 'print it as one line of JSON')
    .action(async (id: string, options: { value?: true; json?: true }) => {
      const { letters } = await read(context);
      const letter = findLetter(letters, id);
      const value = options.value ? valueOf(letter) : undefined;
      if (options.json) context.print(jsonOf(letter, { headers: headersOf(letter), value }));
      else for (const line of showLines(letter, value)) context.print(line);
    });

  for (const action of ['REPLAY', 'DISCARD'] as const) {
    const [actor, reason] = whoAndWhy();
    filtered(group.command(action.toLowerCase()))
      .description(
        action === 'REPLAY'
          ? 'have the line take dead letters again'
          : 'give dead letters up: the line goes on with what follows',
      )
      .argument('[id...]', 'as the list shows them; or choose by the options')
      .addOption(actor)
      .addOption(reason)
      .option('--again', 'those too for which it was asked already')
      .option('--dry-run', 'only say what would be done')
      .addOption(rateOption())
      .option('--no-wait', 'do not wait for the line to take it')
      .option('--json', 'print each as a line of JSON')
      .action(async (ids: string[], options: AskOptions) => {
        process.exitCode = await ask(context, action, ids, options);
      });
  }
}

function filtered(command: Command): Command {
  return command
    .addOption(new Option('--line <line>', 'of this line only').choices(lines))
    .option('--code <code>', 'with this code only')
    .option('--application <id>', 'of this application only')
    .option('--lender <lender>', 'of this lender only')
    .option('--type <event>', 'of events of this type only')
    .option('--topic <topic>', 'met on this topic only')
    .addOption(instantOption('--since', 'dead-lettered at this instant or later'))
    .addOption(instantOption('--until', 'dead-lettered before this instant'));
}

function instantOption(flag: string, says: string): Option {
  return new Option(`${flag} <instant>`, `${says}, or a day`).argParser(instantMs);
}

async function ask(
  context: CommandContext,
  action: ReplayAction,
  ids: readonly string[],
  options: AskOptions,
): Promise<number> {
  if (ids.length === 0 && FILTERS.every((name) => options[name] === undefined)) {
    const flags = FILTERS.map((name) => `--${name}`).join(', ');
    throw new Told(`Say which: ids, or ${flags}.`, EXIT.usage);
  }
  const reach = reachOf(context);
  return withLog(reach, async (log) => {
    const letters = await readLetters(log);
    const chosen = (ids.length > 0 ? ids.map((id) => findLetter(letters, id)) : letters).filter(
      (letter) => fits(letter, options),
    );
    const asked = inOrder(chosen.filter(({ state }) => options.again || state === 'open'));
    // Not by the way: of one that is named the line says itself that the first stands.
    const isLeftOut = ({ code }: DeadLetter) =>
      action === 'REPLAY' && ids.length === 0 && code === 'SAIDAO_OTHER_BYTES';
    const open = asked.filter((letter) => !isLeftOut(letter));
    for (const letter of asked.filter(isLeftOut)) {
      if (options.json) context.print(jsonOf(letter, { action, became: 'left-out' }));
      else context.print(`${letter.id}: left out, its identity is another’s; discard it`);
    }
    if (!options.json) {
      for (const letter of chosen.filter((one) => !asked.includes(one))) {
        context.print(`${letter.id}: ${askedText(letter)} (--again asks once more)`);
      }
      if (chosen.length === 0) context.print('No dead letter is like that.');
    }
    const { actor, reason } = options;
    const request = { action, actor, reason, lenders: reach.lenders, nowMs: Date.now() };
    const records = open.map((letter) => replayRecord(letter, request));
    if (options.dryRun) {
      for (const letter of open) {
        if (options.json) context.print(jsonOf(letter, { action, dryRun: true }));
        else context.print(`${letter.id}: would ${action.toLowerCase()} ${letter.identity}`);
      }
      return EXIT.ok;
    }
    await sendAtRate(log, records, options.rate);
    const askedLines = new Set(open.map(({ line }) => line));
    const taken = options.wait ? await untilTaken(log, askedLines) : null;
    const after = taken === null ? [] : await readLetters(log);
    let exitCode: number = EXIT.ok;
    for (const letter of open) {
      const became = becameOf(letter, after, taken);
      if (became.failed) exitCode = EXIT.failed;
      if (options.json) context.print(jsonOf(letter, { action, became: became.word }));
      else context.print(`${letter.id}: ${action.toLowerCase()} ${became.says}`);
    }
    return exitCode;
  });
}

function replayRecord(letter: DeadLetter, request: Parameters<typeof replayRecordOf>[1]) {
  try {
    return replayRecordOf(letter, request);
  } catch (error) {
    throw new Told(
      `${letter.id} can't be sent again (${(error as Error).message}); discard it instead.`,
      EXIT.failed,
      { cause: error },
    );
  }
}

function becameOf(
  letter: DeadLetter,
  after: readonly DeadLetter[],
  taken: boolean | null,
): { word: string; says: string; failed: boolean } {
  if (taken === null) return { word: 'asked', says: 'asked for', failed: false };
  const now = after.find(({ line, original }) => {
    const { topic, partition, offset } = letter.original;
    return (
      line === letter.line &&
      original.topic === topic &&
      original.partition === partition &&
      original.offset === offset
    );
  });
  if (now?.state === 'open') {
    return { word: 'failed', says: `failed again: ${now.code} ${now.reason}`, failed: true };
  }
  if (taken) return { word: 'taken', says: 'taken by the line', failed: false };
  return { word: 'waiting', says: 'asked for, but the line has not taken it yet', failed: true };
}

async function read(context: CommandContext): Promise<{ reach: Reach; letters: DeadLetter[] }> {
  const reach = reachOf(context);
  return { reach, letters: await withLog(reach, readLetters) };
}

export async function readLetters(log: EventLog): Promise<DeadLetter[]> {
  const records: IncomingRecord[] = [];
  const topics = lines.flatMap((line) => {
    const { deadLetter, replay } = workerTopics(line);
    return [deadLetter, replay];
  });
  await log.scan(topics, (record) => records.push(record));
  return deadLettersOf(records);
}

function findLetter(letters: readonly DeadLetter[], id: string): DeadLetter {
  const letter = letters.find((one) => one.id === id);
  if (letter !== undefined) return letter;
  const message = `There is no dead letter ${id}; \`npx saidao dead-letters list --all\` has them.`;
  throw new Told(message, EXIT.usage);
}

function fits(letter: DeadLetter, filter: Filter): boolean {
  const { line, code, application, lender, type, topic, since, until } = filter;
  return (
    (line === undefined || letter.line === line) &&
    (code === undefined || letter.code === code) &&
    (application === undefined || letter.applicationId === application) &&
    (lender === undefined || letter.lenderId === lender) &&
    (type === undefined || letter.type === type) &&
    (topic === undefined || letter.original.topic === topic) &&
    (since === undefined || letter.atMs >= since) &&
    (until === undefined || letter.atMs < until)
  );
}

function listLines(letters: readonly DeadLetter[], { brokers }: Reach): string[] {
  if (letters.length === 0) return [`No dead letters on ${brokers.join(', ')}.`];
  const blocked = letters.filter(({ blocks }) => blocks);
  return [
    ...table(
      [
        ['id', 'code', 'type', 'application', 'state', 'since', 'why'],
        ...letters.map((letter) => [
          letter.id,
          letter.code,
          letter.type ?? '?',
          letter.applicationId ?? '',
          letter.blocks ? 'blocks' : letter.state,
          new Date(letter.atMs).toISOString(),
          letter.state === 'asked' ? askedText(letter) : letter.reason,
        ]),
      ],
      '',
    ),
    '',
    blocked.length === 0
      ? 'No application waits for any of them.'
      : `Waiting: ${blocked.map(({ applicationId, line }) => `${applicationId} at ${line}`).join(', ')}.`,
  ];
}

function askedText({ asked }: Pick<DeadLetter, 'asked'>): string {
  if (asked === null) return '';
  const at = new Date(asked.atMs).toISOString();
  return `${asked.action.toLowerCase()} was asked for by ${asked.actor} at ${at}: ${asked.reason}`;
}

function showLines(letter: DeadLetter, value: string | undefined): string[] {
  const { original, requests } = letter;
  return [
    ...table(
      [
        ['id', letter.id],
        ['state', letter.blocks ? 'open; its application waits for it' : letter.state],
        ['code', letter.code],
        ['why', letter.reason],
        ['identity', letter.identity],
        ['application', letter.applicationId ?? 'not known'],
        ['met at', `${original.topic}/${original.partition}/${original.offset}`],
        ['first seen', new Date(original.atMs).toISOString()],
        ['dead since', new Date(letter.atMs).toISOString()],
        ['dead-lettered', counted(letter.times, 'time')],
        ...requests.map((asked) => ['asked', askedText({ asked })]),
        ['bytes', String(letter.record.value?.length ?? 0)],
      ],
      '',
    ),
    '',
    'Headers of the original:',
    ...table(Object.entries(headersOf(letter))),
    ...(value === undefined ? [] : ['', 'Value:', value]),
  ];
}

function headersOf({ record }: DeadLetter): Record<string, string> {
  return Object.fromEntries(
    Object.entries(record.headers)
      .filter(([name]) => !name.startsWith('x-dlq-'))
      .map(([name, value]) => [name, String(Buffer.isBuffer(value) ? value : (value?.[0] ?? ''))]),
  );
}

function valueOf({ record, original }: DeadLetter): string {
  if (record.value === null) return 'none (a tombstone)';
  try {
    return plainJson(decode(record.value, original.topic));
  } catch {
    return `base64 ${record.value.toString('base64')}`;
  }
}

function jsonOf(letter: DeadLetter, more: object = {}): string {
  const { record, ...told } = letter;
  return plainJson({ ...told, bytes: record.value?.length ?? 0, ...more });
}
