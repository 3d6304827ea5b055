// `saidao apply FILE…`: submits applications, follows each to its end, and plays a sample's script.
import { randomBytes } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { basename } from 'node:path';
import { Option } from 'commander';
import type { Command } from 'commander';
import { keyOf, parseSample } from '@saidao/applicants';
import type { Via } from '@saidao/applicants';
import { bareTask, deliveriesOf, playCases, refusalLines } from '../case-player.ts';
import type { CaseResult, CaseTask, PlayOptions } from '../case-player.ts';
import type { CommandContext } from '../context.ts';
import { EXIT } from '../exit-codes.ts';
import { outsideWorldAt } from '../outside-world.ts';
import { plainJson } from '@saidao/values';
import { doorsOf, reachOf, withLog } from '../reach.ts';
import { caseScreen } from '../show-case.ts';
import { StopSignals } from '../stop-signals.ts';
import { Told } from '../told.ts';

interface ApplyOptions {
  readonly kafka?: true;
  readonly reference?: string;
  readonly accept?: true;
  readonly wait: boolean;
  readonly timeout: number;
  readonly json?: true;
}

const HELP = `
A file is a sample (samples/*.json) or the body of POST /v1/applications. A sample's script plays
applicant and officers, after the outside world was told what the sample says of it; of a bare
body the way ends with the decision, unless --accept takes the offer.

Exit codes:
  0    every sample ended as it expects; every bare submission was decided
  1    one ended otherwise or not in time, or the system did not answer
  2    the command line makes no sense, a file is no submission, or one was refused
  130  interrupted`;

export function register(program: Command, context: CommandContext): void {
  program
    .command('apply')
    .description('submit applications and follow each to its end')
    .argument('<file...>', 'samples, or bodies of POST /v1/applications')
    .option('--kafka', 'submit by the submissions topic instead of by HTTP')
    .option('--reference <reference>', 'the channel’s name for the application; default: a new one')
    .option('--accept', 'accept the offer of a bare submission')
    .option('--no-wait', 'submit only; what becomes of it is for `saidao trace`')
    .addOption(
      new Option('--timeout <seconds>', 'how long to follow').default(60).argParser(secondsOf),
    )
    .option('--json', 'print each stage and each outcome as a line of JSON')
    .addHelpText('after', HELP)
    .action(async (files: string[], options: ApplyOptions) => {
      process.exitCode = await apply(context, files, options);
    });
}

async function apply(
  context: CommandContext,
  files: readonly string[],
  options: ApplyOptions,
): Promise<number> {
  if (options.reference !== undefined && files.length > 1) {
    throw new Told('--reference names one application: give one file with it.', EXIT.usage);
  }
  const tasks = await Promise.all(files.map((file) => taskOf(file, options)));
  const twice = tasks.find((task, at) =>
    tasks.slice(0, at).some((other) => keyOf(other.name) === keyOf(task.name)),
  );
  if (twice !== undefined) {
    throw new Told(`${keyOf(twice.name)} is given twice: references are unique.`, EXIT.usage);
  }
  const reach = reachOf(context);
  const stopSignals = new StopSignals();
  const { signal } = stopSignals;
  try {
    return await withLog(reach, async (log) => {
      const doors = doorsOf(reach, log, signal);
      const world = reach.outsideWorld === null ? null : outsideWorldAt(reach.outsideWorld, signal);
      const play = {
        log,
        lenders: reach.lenders,
        doors,
        world,
        withHistory: tasks.some(({ isNew }) => !isNew),
        runTag: randomBytes(4).toString('hex'),
        timeoutMs: options.timeout * 1000,
        signal,
      };
      return options.wait
        ? follow(context, tasks, options, play)
        : submitOnly(context, tasks, options, play);
    });
  } catch (error) {
    if (signal.aborted) return EXIT.interrupted;
    throw error;
  }
}

async function follow(
  context: CommandContext,
  tasks: readonly CaseTask[],
  options: ApplyOptions,
  play: Omit<PlayOptions, 'onStage' | 'onNote'>,
): Promise<number> {
  const screen = caseScreen(tasks, { json: options.json === true, print: context.print });
  const results = await playCases(tasks, {
    ...play,
    onStage: screen.stage,
    onNote: screen.note,
  });
  for (const result of results) screen.end(result);
  for (const result of results) if (!options.json) adviseOn(context, result);
  return exitCodeOf(results);
}

async function submitOnly(
  context: CommandContext,
  tasks: readonly CaseTask[],
  options: ApplyOptions,
  { doors, world, runTag }: Pick<PlayOptions, 'doors' | 'world' | 'runTag'>,
): Promise<number> {
  let exitCode: number = EXIT.ok;
  for (const task of tasks) {
    if (task.sample !== null) await world?.prepare(task.sample);
    for (const [at, { via, body }] of task.deliveries.entries()) {
      const key = `${task.name.reference}-${runTag}-${at + 1}`;
      const answer = await doors.submit(body, via, key);
      const expected = task.sample?.expect.conflictRefused === true;
      if (answer.became === 'refused' || (answer.became === 'conflict' && !expected)) {
        exitCode = EXIT.usage;
      }
      if (options.json) {
        context.print(plainJson({ event: 'submitted', case: task.id, ...task.name, ...answer }));
      } else if (answer.became === 'taken') {
        context.print(`${task.id}: taken, ${answer.applicationId ?? keyOf(task.name)}`);
      } else {
        context.print(`${task.id}: ${answer.became}`);
        for (const line of refusalLines(answer)) context.print(`    ${line}`);
      }
    }
  }
  return exitCode;
}

/** In doubt the code of the first thing to be put right: a refused file. */
export function exitCodeOf(results: readonly CaseResult[]): number {
  if (results.some(({ refusal, outcome }) => refusal !== undefined || outcome === 'refused')) {
    return EXIT.usage;
  }
  return results.every(({ ok }) => ok) ? EXIT.ok : EXIT.failed;
}

function adviseOn(context: CommandContext, result: CaseResult): void {
  const { ok, applicationId, id, name, expected, outcome, endedEarlier } = result;
  if (applicationId !== null) context.remark(`${id}: npx saidao trace ${applicationId}`);
  else if (!ok) context.remark(`${id}: npx saidao trace ${keyOf(name)}`);
  if (ok || expected === null || outcome === undefined || endedEarlier) return;
  context.remark(
    `${id}: what a sample expects holds the first time; its patents and limits may have been taken ` +
      'by an earlier run on this data (`npx saidao reset` starts anew).',
  );
}

async function taskOf(
  file: string,
  options: ApplyOptions,
): Promise<CaseTask & { readonly isNew: boolean }> {
  const text = await readFile(file, 'utf8').catch((error: unknown) => {
    throw new Told(`${file} can't be read: ${(error as Error).message}`, EXIT.usage);
  });
  const given = jsonOf(text, file);
  const id = basename(file, '.json');
  const via: Via = options.kafka ? 'kafka' : 'http';
  const own = 'reference' in given ? given.reference : undefined;
  const said = options.reference ?? (typeof own === 'string' ? own : undefined);
  const reference = said ?? newReference(id);
  const isNew = said === undefined;
  if (!('submission' in given)) {
    const task = bareTask(id, given, reference, via);
    const script = options.accept ? [{ actor: 'applicant', does: 'accept' } as const] : [];
    return { ...task, script, isNew };
  }
  const sample = sampleOf(text, file);
  const { lender, channel, script } = sample;
  return {
    id,
    name: { lender, channel, reference },
    sample,
    deliveries: deliveriesOf(sample, reference, via),
    script,
    isNew,
  };
}

function newReference(id: string): string {
  const name = id.replace(/[^A-Za-z0-9]+/g, '-').replace(/^-|-$/g, '');
  return `${name.slice(0, 40) || 'application'}-${Date.now().toString(36)}`;
}

function jsonOf(text: string, file: string): object {
  try {
    const given: unknown = JSON.parse(text);
    if (typeof given === 'object' && given !== null && !Array.isArray(given)) return given;
  } catch (error) {
    throw new Told(`${file} is no JSON: ${(error as Error).message}`, EXIT.usage);
  }
  throw new Told(
    `${file} holds no JSON object: it has to be a sample or a submission.`,
    EXIT.usage,
  );
}

function sampleOf(text: string, file: string) {
  try {
    return parseSample(text, file);
  } catch (error) {
    throw new Told((error as Error).message, EXIT.usage, { cause: error });
  }
}

function secondsOf(given: string): number {
  const seconds = Number(given);
  if (Number.isFinite(seconds) && seconds > 0 && seconds <= 86_400) return seconds;
  throw new Told(`--timeout ${given} is no number of seconds from 1 to 86400.`, EXIT.usage);
}
