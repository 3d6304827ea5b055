// `saidao top`: every line as it is now, looked at again and again.
import { setTimeout as pause } from 'node:timers/promises';
import { EventLogError, watchGroups, type GroupWatch } from '@saidao/event-log';
import { lines, topicsReadBy, workerTopics } from '@saidao/schemas';
import { plainJson } from '@saidao/values';
import { InvalidArgumentError, type Command } from 'commander';
import type { CommandContext } from '../context.ts';
import { EXIT } from '../exit-codes.ts';
import { LineWatch, type LineReading, type Look } from '../line-readings.ts';
import { reachOf, type Reach } from '../reach.ts';
import { readRunState } from '../run-state.ts';
import { openScreen, type Screen } from '../screen.ts';
import { StopSignals } from '../stop-signals.ts';
import { frameOf, textLinesOf, type TopView } from '../top-view.ts';
import { askMetrics } from '../worker-metrics.ts';

interface Options {
  readonly interval: number;
  readonly metrics: readonly string[];
  readonly once?: true;
  readonly json?: true;
}

const HELP = `
rate      records that the line takes a second
lag       records that wait for it; oldest: how long the first of them has
workers   processes that are in its group now
errors    alarms and dead letters that its workers have counted since this command began
parked    records that wait in the database for one that is missing

All but errors, parked and what is said of pauses, lanes and breakers comes from the broker; those
from workers' /metrics: of the local system, else of INTAKE_URL, PATENT_VERIFICATION_URL,
SCORING_URL, DECISIONING_URL, DISBURSEMENT_LEDGER_URL and GATEWAY_URL; and of --metrics.

Exit codes:
  0  left by q, Ctrl-C or a signal; or shown once
  1  the broker does not answer at the beginning`;

export function register(program: Command, context: CommandContext): void {
  program
    .command('top')
    .description('a live view of every line: rate, lag, age of the oldest, errors, workers')
    .option('--interval <seconds>', 'between two looks', secondsOf, 2)
    .option('--metrics <url...>', 'base addresses of workers whose /metrics to read', [])
    .option('--once', 'look twice, an interval apart, show that and end')
    .option('--json', 'print a line of JSON for each look')
    .addHelpText('after', HELP)
    .action(async (options: Options) => {
      process.exitCode = await run(context, options);
    });
}

function secondsOf(text: string): number {
  const seconds = Number(text);
  if (seconds >= 0.2 && seconds <= 3_600) return seconds;
  throw new InvalidArgumentError('Say seconds from 0.2 to 3600.');
}

async function run(context: CommandContext, options: Options): Promise<number> {
  const reach = reachOf(context);
  const logger = { debug() {}, warn() {} };
  const { brokers, login } = reach;
  const watch = watchGroups({ brokers, clientId: 'saidao-top', logger, ...login });
  const leaving = new AbortController();
  const { signal: told } = new StopSignals();
  const signal = AbortSignal.any([leaving.signal, told]);
  const isLive = process.stdout.isTTY && options.once !== true && options.json !== true;
  let screen: Screen | undefined;
  try {
    const top = new Top(context, reach, options, watch, signal);
    // What is wrong from the beginning is said in a sentence, on the screen that stays.
    let view = await orLeft(top.look(), signal);
    if (isLive) screen = openScreen(process.stdout, process.stdin, () => leaving.abort());
    while (view !== undefined && !signal.aborted) {
      if (options.once !== true || top.looks > 1) show(context, view, options, screen);
      if (options.once === true && top.looks > 1) return EXIT.ok;
      await pause(options.interval * 1_000, undefined, { signal }).catch(() => undefined);
      if (!signal.aborted) view = await orLeft(top.lookAgain(), signal);
    }
    return options.once === true ? EXIT.interrupted : EXIT.ok;
  } finally {
    screen?.close();
    await watch.close();
  }
}

/** Undefined once whoever looks has left: a broker that is silent holds nobody up. */
async function orLeft<T>(work: Promise<T>, signal: AbortSignal): Promise<T | undefined> {
  const left = Promise.withResolvers<undefined>();
  const leave = () => left.resolve(undefined);
  signal.addEventListener('abort', leave);
  try {
    return await Promise.race([work, left.promise]);
  } finally {
    signal.removeEventListener('abort', leave);
    work.catch(() => undefined);
  }
}

class Top {
  readonly #reach: Reach;
  readonly #addresses: readonly string[];
  readonly #intervalSeconds: number;
  readonly #watch: GroupWatch;
  readonly #signal: AbortSignal;
  readonly #lines = new LineWatch();
  /** By address: which service answered there. */
  readonly #services = new Map<string, string>();
  #readings: readonly LineReading[] = [];
  looks = 0;

  constructor(
    context: CommandContext,
    reach: Reach,
    { metrics, interval }: Options,
    watch: GroupWatch,
    signal: AbortSignal,
  ) {
    this.#reach = reach;
    this.#intervalSeconds = interval;
    this.#watch = watch;
    this.#signal = signal;
    const local = Object.entries(readRunState(context.home)?.addresses.services ?? {});
    for (const [service, address] of local) this.#services.set(address, service);
    const known = [...reach.workers, ...metrics];
    this.#addresses = [
      ...new Set(known.map((address) => address.replace(/\/(?:metrics\/?)?$/, ''))),
    ];
  }

  /** Rejects when the broker does not answer. */
  async look(): Promise<TopView> {
    const { lenders } = this.#reach;
    const asked = lines.map((line) => ({
      group: `saidao.${line}`,
      topics: topicsReadBy(line, lenders),
    }));
    const letters = lines.map((line) => workerTopics(line).deadLetter);
    const [groups, sizes, answers] = await Promise.all([
      this.#watch.look(asked),
      this.#watch.sizes(letters),
      Promise.all(
        this.#addresses.map(async (address) => ({
          address,
          worker: await askMetrics(address, this.#signal),
        })),
      ),
    ]);
    const workers = answers.flatMap(({ worker }) => worker ?? []);
    for (const { address, service } of workers) this.#services.set(address, service);
    const look: Look = { atMs: Date.now(), groups, sizes, workers };
    this.#readings = this.#lines.take(look);
    this.looks += 1;
    const silent = answers.filter(({ worker }) => worker === null);
    return this.#viewOf([
      ...silent.map(({ address }) => {
        return `${this.#services.get(address) ?? 'a worker'} does not answer at ${address}`;
      }),
      ...workers.flatMap(({ service, openBreakers }) =>
        openBreakers.map((name) => `${service}: the breaker of ${name} is open`),
      ),
    ]);
  }

  /** What was seen last, and why there is nothing newer, when the broker does not answer. */
  async lookAgain(): Promise<TopView> {
    try {
      return await this.look();
    } catch (error) {
      if (!(error instanceof EventLogError)) throw error;
      return this.#viewOf([`As it was last seen: ${error.message}`]);
    }
  }

  #viewOf(notes: readonly string[]): TopView {
    return {
      ...{ atMs: Date.now(), brokers: this.#reach.brokers },
      ...{ intervalSeconds: this.#intervalSeconds, readings: this.#readings, notes },
    };
  }
}

function show(
  { print, environment }: CommandContext,
  view: TopView,
  { json }: Options,
  screen: Screen | undefined,
): void {
  const colours = (environment['NO_COLOR'] ?? '') === '' && environment['TERM'] !== 'dumb';
  if (screen !== undefined) {
    screen.show((size) => frameOf(view, size, colours));
  } else if (json) {
    const { atMs, ...rest } = view;
    print(plainJson({ at: new Date(atMs).toISOString(), ...rest }));
  } else if (process.stdout.isTTY) {
    const { columns } = process.stdout;
    for (const text of frameOf(view, { columns, rows: Infinity }, colours)) print(text);
  } else {
    for (const text of textLinesOf(view)) print(text);
  }
}
