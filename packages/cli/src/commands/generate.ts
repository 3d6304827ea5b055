// `saidao generate N`: makes applications by seed, as files or straight through a door, and plays them.
import { mkdirSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import {
  applicantsOf,
  COUNT_MAX,
  playFlow,
  SEED_MAX,
  seedOutsideWorld,
  submitAll,
} from '@saidao/applicants';
import type { Applicants, FlowReport, Submitted, Via } from '@saidao/applicants';
import type { EventLog } from '@saidao/event-log';
import { Option } from 'commander';
import type { Command } from 'commander';
import type { CommandContext } from '../context.ts';
import { EXIT } from '../exit-codes.ts';
import { plainJson } from '@saidao/values';
import { doorsOf, reachOf, withLog } from '../reach.ts';
import type { Reach } from '../reach.ts';
import { StopSignals } from '../stop-signals.ts';
import { table } from '../table.ts';
import { Told } from '../told.ts';

interface GenerateOptions {
  readonly seed: number;
  readonly out?: string;
  readonly http?: true;
  readonly kafka?: true;
  readonly rate?: number;
  readonly play?: true;
  readonly timeout: number;
  readonly json?: true;
}

const OTHERWISE_SHOWN_MAX = 20;
const RATE_MAX = 100_000;
const TIMEOUT_SECONDS_MAX = 86_400;

const HELP = `
The same N and seed make the same applications; fewer are the first of more. Each is a sample that
says how it ends: sound ones, ones for officers, and unsound ones, each kind in its fixed share.
Give another seed for another run on the same data: the same seed sends the same applications again,
to no effect, and --play then counts how they ended before.

Exit codes:
  0    written or taken; with --play all ended as expected
  1    one ended otherwise or not in time, or the system did not answer
  2    the command line makes no sense, or an application was refused
  130  interrupted`;

export function register(program: Command, context: CommandContext): void {
  program
    .command('generate')
    .description('make applications by seed: as files, or sent and played to their ends')
    .argument('<count>', `how many, at most ${COUNT_MAX}`, within('<count>', 1, COUNT_MAX))
    .addOption(
      new Option('--seed <seed>', `which ones, 0 to ${SEED_MAX}`)
        .makeOptionMandatory()
        .argParser(within('--seed', 0, SEED_MAX)),
    )
    .option('--out <folder>', 'write each as a sample, a file named by its id')
    .option('--http', 'submit by HTTP')
    .option('--kafka', 'submit by the submissions topic')
    .addOption(
      new Option('--rate <number>', 'so many a second, at times fixed in advance').argParser(
        within('--rate', 0.001, RATE_MAX, false),
      ),
    )
    .option('--play', 'act as applicants and officers until all have come to their ends')
    .addOption(
      new Option('--timeout <seconds>', 'how long they may take after the last was sent')
        .default(60)
        .argParser(within('--timeout', 1, TIMEOUT_SECONDS_MAX, false)),
    )
    .option('--json', 'print what was done as one line of JSON')
    .addHelpText('after', HELP)
    .action(async (count: number, options: GenerateOptions) => {
      process.exitCode = await generate(context, count, options);
    });
}

async function generate(
  context: CommandContext,
  count: number,
  options: GenerateOptions,
): Promise<number> {
  const { seed, out, http, kafka, play, rate } = options;
  const ways = [out, http, kafka].filter((way) => way !== undefined);
  if (ways.length !== 1) throw usage('Say where to: one of --out FOLDER, --http and --kafka.');
  const applicants = applicantsOf({ count, seed });
  if (out !== undefined) {
    if (play || rate !== undefined) throw usage('--rate and --play go with --http or --kafka.');
    return write(context, applicants, out, options);
  }
  const reach = reachOf(context);
  const { signal } = new StopSignals();
  try {
    await seedWorld(context, reach, applicants, signal);
    const via = kafka ? 'kafka' : 'http';
    return await withLog(reach, (log) => {
      const run = { context, reach, log, applicants, via, options, signal } as const;
      return play ? playAll(run) : sendAll(run);
    });
  } catch (error) {
    if (signal.aborted) return EXIT.interrupted;
    throw error;
  }
}

function write(
  { print }: CommandContext,
  applicants: Applicants,
  out: string,
  { json }: GenerateOptions,
): number {
  const folder = resolve(out);
  mkdirSync(folder, { recursive: true });
  for (const applicant of applicants) {
    writeFileSync(join(folder, `${applicant.id}.json`), `${JSON.stringify(applicant, null, 2)}\n`);
  }
  const { count } = applicants;
  print(json ? plainJson({ event: 'written', count, folder }) : `${count} samples in ${folder}`);
  return EXIT.ok;
}

async function seedWorld(
  { remark }: CommandContext,
  { outsideWorld }: Reach,
  applicants: Applicants,
  signal: AbortSignal,
): Promise<void> {
  if (outsideWorld !== null) return seedOutsideWorld(outsideWorld, applicants, signal);
  remark('OUTSIDE_WORLD_URL is not set: nobody tells the register of these patents.');
}

interface Run {
  readonly context: CommandContext;
  readonly reach: Reach;
  readonly log: EventLog;
  readonly applicants: Applicants;
  readonly via: Via;
  readonly options: GenerateOptions;
  readonly signal: AbortSignal;
}

async function sendAll(run: Run): Promise<number> {
  const { context, reach, log, applicants, via, options, signal } = run;
  const beganAtMs = performance.now();
  const refusals: Submitted[] = [];
  await submitAll({
    applicants,
    doors: doorsOf(reach, log, signal),
    viaOf: () => via,
    rate: options.rate,
    signal,
    onSubmitted(submitted) {
      if (submitted.answer.became !== 'taken') refusals.push(submitted);
    },
  });
  const { count } = applicants;
  const taken = count - refusals.length;
  const tookMs = Math.round(performance.now() - beganAtMs);
  if (options.json) {
    const refused = refusals.map(({ applicant, answer }) => ({ id: applicant.id, ...answer }));
    context.print(plainJson({ event: 'sent', count, taken, via, tookMs, refused }));
  } else {
    for (const { applicant, answer } of refusals.slice(0, OTHERWISE_SHOWN_MAX)) {
      context.print(`${applicant.id}: ${answer.became}: ${answer.message}`);
    }
    context.print(`${taken} of ${count} applications taken by ${via} in ${seconds(tookMs)} s.`);
  }
  return taken === count ? EXIT.ok : EXIT.usage;
}

async function playAll(run: Run): Promise<number> {
  const { context, reach, log, applicants, via, options, signal } = run;
  const beganAtMs = performance.now();
  const report = await playFlow({
    applicants,
    log,
    lenders: reach.lenders,
    doors: doorsOf(reach, log, signal),
    viaOf: () => via,
    rate: options.rate,
    timeoutMs: options.timeout * 1_000,
    // What an earlier call sent and did not play is played on.
    from: 'earliest',
    signal,
  });
  const tookMs = Math.round(performance.now() - beganAtMs);
  if (options.json) context.print(plainJson({ event: 'played', via, tookMs, ...report }));
  else for (const line of reportLines(report, tookMs)) context.print(line);
  if (report.otherwise.some(({ outcome }) => outcome === 'refused')) return EXIT.usage;
  return report.asExpected === report.count ? EXIT.ok : EXIT.failed;
}

function reportLines(
  { count, asExpected, kinds, otherwise }: FlowReport,
  tookMs: number,
): string[] {
  const rows = Object.entries(kinds).map(([kind, outcomes]) => [
    kind,
    Object.entries(outcomes)
      .map(([outcome, times]) => `${times} ${outcome}`)
      .join(', '),
  ]);
  const shown = otherwise.slice(0, OTHERWISE_SHOWN_MAX).map(({ id, expected, outcome }) => {
    const became = outcome ?? 'no end in time';
    return `${id}: ${expected} expected, ${became}`;
  });
  const hidden = otherwise.length - shown.length;
  return [
    ...table([['kind', 'ended'], ...rows], ''),
    '',
    ...shown,
    ...(hidden > 0 ? [`and ${hidden} more`] : []),
    `${asExpected} of ${count} applications ended as expected, in ${seconds(tookMs)} s.`,
  ];
}

const seconds = (ms: number) => (ms / 1_000).toFixed(1);
const usage = (sentence: string) => new Told(sentence, EXIT.usage);

function within(what: string, least: number, most: number, whole = true): (text: string) => number {
  return (text) => {
    const number = Number(text);
    const isOne = text.trim() !== '' && (whole ? Number.isInteger(number) : !Number.isNaN(number));
    if (isOne && number >= least && number <= most) return number;
    throw usage(`${what} ${text} is no ${whole ? 'whole ' : ''}number from ${least} to ${most}.`);
  };
}
