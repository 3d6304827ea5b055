// A whole system with applications flowing through it, for a fault to strike, and the check then.
import { setTimeout as pause } from 'node:timers/promises';
import {
  applicantsOf,
  BUSINESS_DATE,
  seedOutsideWorld,
  startBot,
  submitAll,
  type Applicants,
  type Bot,
  type Doors,
} from '@saidao/applicants';
import { textOf, type Acknowledged } from '@saidao/checker';
import { eventually, type WorkerProcess } from '@saidao/testkit';
import { acknowledging } from '../acknowledging.ts';
import { otherThanExpected } from '../expected-counts.ts';
import { checked, faultsOfBooks, untilSettled } from '../settled.ts';
import {
  doorsOf,
  services,
  startSystem,
  type Service,
  type System,
  type SystemOptions,
} from '../system.ts';
import type { Outcome } from '../torture/case.ts';

const LENDERS = ['exim-zj', 'boc-zj', 'czb-hz'];
const PARTITIONS = 4;
/** A machine that is busy with other things takes long for everything. */
const PATIENCE_MS = 240_000;
/** Whatever runs a worker waits so long before it starts it again. */
const RESTART_MS = 500;
const AGAIN_MS = 250;

export interface FireOptions extends Partial<
  Pick<
    SystemOptions,
    'kafkaNodes' | 'kafkaPorts' | 'kafkaIsland' | 'extrasOf' | 'partitions' | 'rootOf'
  >
> {
  /** Finds programs, such as Java. */
  readonly environment: NodeJS.ProcessEnv;
  /** Applications, and how many of them a second. */
  readonly count: number;
  readonly rate: number;
  /** So many are submitted before `goOn`, the others then; left out: none is held back. */
  readonly heldAfter?: number;
  /** How long anything is waited for, and sent again; longer where something is away for longer. */
  readonly patienceMs?: number;
  /** Of another release, where that wrote what this one does not know. */
  readonly checked?: typeof checked;
}

/** What a fault is given. */
export interface Fire {
  readonly system: System;
  /** What doors have taken so far. */
  readonly acknowledged: readonly Acknowledged[];
  /** Lets go of so many more of what was held back; left out: of all. */
  goOn(more?: number): void;
  /** Resolves once so many are submitted. */
  untilSubmitted(count: number): Promise<void>;
  /** Resolves once every one has been taken or refused. */
  untilAllSubmitted(): Promise<void>;
  /** Resolves when all workers are ready. */
  untilReady(): Promise<void>;
  /** Resolves when all workers run, ready or not. */
  untilRunning(): Promise<void>;
  workerOf(service: Service): WorkerProcess;
  /** Done once all is checked, after workers have ended. */
  defer(work: () => Promise<void>): void;
  /** How workers have ended, a line each. */
  readonly ends: readonly string[];
}

export interface Struck {
  /** How many times something went wrong. */
  readonly runs: number;
  /** What the fault itself should have led to, and did not. */
  readonly findings?: readonly string[];
  /** Words that findings of the check have to have: what has gone wrong is meant to be seen. */
  readonly expected?: readonly string[];
  readonly notes?: readonly string[];
  /** When the last fault was over, by `performance.now()`; left out: now. */
  readonly overMs?: number;
  /** How soon after the fault all has to have come to rest; left out: while it is waited for. */
  readonly quietSecondsMax?: number;
}

/**
 * Starts a system, lets applications flow, has `strike` do its worst meanwhile; workers that end
 * are started again. Then all has to come to rest, each application to the end it should have, and
 * the check of everything that was written and paid has to find nothing.
 */
export async function underFire(
  options: FireOptions,
  strike: (fire: Fire) => Promise<Struck>,
): Promise<Outcome> {
  const { count, rate, partitions = PARTITIONS, patienceMs = PATIENCE_MS, ...rest } = options;
  const { heldAfter = count, checked: check = checked, ...others } = rest;
  await using stack = new AsyncDisposableStack();
  const system = stack.use(
    await startSystem({
      ...others,
      lenders: LENDERS,
      partitions,
      businessDate: BUSINESS_DATE,
    }),
  );
  const keeper = keepRunning(system, patienceMs);
  const afterwards: (() => Promise<void>)[] = [];
  stack.defer(async () => {
    for (const work of afterwards) await work();
  });
  stack.defer(() => keeper.stop());
  const stopping = new AbortController();
  stack.defer(() => stopping.abort());
  const { signal } = stopping;
  const applicants = applicantsOf({ count, seed: 1 });
  await seedOutsideWorld(system.worldUrl, applicants, signal);
  const hold = holdAfter(heldAfter);
  stack.defer(async () => hold.goOn());
  const flow = await startFlow(system, applicants, { patienceMs, hold, signal });
  stack.defer(() => flow.stop());
  const submitting = flow.submit(rate);
  // Its failure is heard below, after the fault is over.
  submitting.catch(() => {});
  const { acknowledged } = flow;
  const struck = await strike({
    system,
    acknowledged,
    goOn: hold.goOn,
    untilSubmitted: async (wanted) =>
      void (await eventually(`${wanted} are submitted`, () => acknowledged.length >= wanted, {
        deadlineMs: patienceMs,
      })),
    untilAllSubmitted: () => submitting,
    untilReady: keeper.allReady,
    untilRunning: keeper.allRunning,
    workerOf: (service) => workerOf(system, service),
    defer: (work) => afterwards.push(work),
    ends: keeper.ends,
  });
  const findings = [...(struck.findings ?? [])];
  const { overMs = performance.now() } = struck;
  try {
    await submitting;
    await eventually('every application has ended', flow.isOver, { deadlineMs: patienceMs });
    await untilSettled(system, patienceMs);
  } catch (error) {
    findings.push(`no quiet: ${(error as Error).message}; open: ${flow.open().join(', ')}`);
  }
  const quietSeconds = (performance.now() - overMs) / 1_000;
  const { quietSecondsMax = Infinity } = struck;
  if (quietSeconds > quietSecondsMax) {
    findings.push(
      `quiet ${quietSeconds.toFixed(0)} s after the last fault, not ${quietSecondsMax}`,
    );
  }
  const { findings: found, counts } = await check(system, flow.messages);
  const { expected = [] } = struck;
  const texts = found.map(textOf);
  const isMeant = (text: string) => expected.some((words) => text.includes(words));
  findings.push(...flow.otherwise(), ...texts.filter((text) => !isMeant(text)));
  findings.push(...otherThanExpected(applicants, counts), ...(await faultsOfBooks(system)));
  for (const words of expected) {
    if (!texts.some((text) => text.includes(words))) findings.push(`nothing is found of ${words}`);
  }
  return {
    runs: struck.runs,
    checked: 'ends as expected; nothing lost, twice, out of order, unpaid or unbooked; books hold',
    findings,
    notes: [
      ...(struck.notes ?? []),
      `${acknowledged.length} acknowledged, ${counts.payouts} payouts, ` +
        `${counts.repeats} repeats; quiet ${quietSeconds.toFixed(0)} s after the fault, the rest of the flow among them`,
      ...countsOf(keeper.ends),
    ],
  };
}

/** How often workers ended in which way. */
export function countsOf(ends: readonly string[]): string[] {
  const counts = new Map<string, number>();
  for (const end of ends) counts.set(end, (counts.get(end) ?? 0) + 1);
  return [...counts].map(([end, count]) => `${count} × ${end}`);
}

interface Keeper {
  readonly ends: readonly string[];
  allReady(): Promise<void>;
  allRunning(): Promise<void>;
  stop(): void;
}

/** Starts a worker again whenever it ends, as whatever runs it does. */
function keepRunning(system: System, deadlineMs: number): Keeper {
  const ends: string[] = [];
  let stopped = false;
  for (const service of services) keep(service);
  return {
    ends,
    async allReady() {
      const all = services.map((service) =>
        eventually(
          `${service} is ready`,
          async () => {
            const worker = workerOf(system, service);
            return worker.isRunning() && (await worker.ready());
          },
          { deadlineMs, everyMs: 100 },
        ),
      );
      await Promise.all(all);
    },
    async allRunning() {
      await eventually(
        'all workers run',
        () => services.every((service) => workerOf(system, service).isRunning()),
        { deadlineMs, everyMs: 50 },
      );
    },
    stop() {
      stopped = true;
    },
  };

  function keep(service: Service): void {
    const worker = workerOf(system, service);
    void worker.exited.then(async (code) => {
      if (stopped) return;
      ends.push(`${service} ended with ${code ?? 'a signal'}: ${lastWordsOf(worker)}`);
      await pause(RESTART_MS);
      if (stopped) return;
      system.start(service);
      keep(service);
    });
  }
}

export function workerOf(system: System, service: Service): WorkerProcess {
  const found = system.workers.get(service);
  if (found === undefined) throw new Error(`${service} was never started`);
  return found;
}

/** Of any kind, since the process started; 0 while it cannot be asked. */
export function alarmsOf(address: string): Promise<number> {
  return countedBy(address, /^saidao_alarms_total\{[^}]*\} (\d+)$/gm);
}

/** What a worker's lines of metrics come to, of which the last group is the value. */
export async function countedBy(address: string, lines: RegExp): Promise<number> {
  try {
    const answer = await fetch(`${address}/metrics`);
    const values = (await answer.text()).matchAll(lines);
    return Array.from(values, ([, value]) => Number(value)).reduce((sum, value) => sum + value, 0);
  } catch {
    return 0;
  }
}

function lastWordsOf({ lines, stderr }: WorkerProcess): string {
  const fatal = lines.filter(({ level }) => level === 'fatal').map(({ msg }) => msg);
  return [...fatal, ...stderr].slice(-2).join(' ');
}

interface Flow {
  /** Applications, in the order in which they were taken. */
  readonly acknowledged: readonly Acknowledged[];
  /** Theirs and all others of applicants that were taken. */
  readonly messages: readonly Acknowledged[];
  submit(rate: number): Promise<void>;
  /** Each has come to an end. */
  isOver(): boolean;
  /** Applications that have not. */
  open(): string[];
  /** A line for each that came to another end than it should. */
  otherwise(): string[];
  stop(): Promise<void>;
}

interface Hold {
  /** Resolves once the so-manieth may go. */
  mayGo(place: number): Promise<void>;
  goOn(more?: number): void;
}

function holdAfter(first: number): Hold {
  let allowed = first;
  let next = Promise.withResolvers<void>();
  return {
    async mayGo(place) {
      while (place > allowed) await next.promise;
    },
    goOn(more = Infinity) {
      allowed += more;
      next.resolve();
      next = Promise.withResolvers();
    },
  };
}

interface FlowOptions {
  readonly patienceMs: number;
  readonly hold: Hold;
  readonly signal: AbortSignal;
}

async function startFlow(
  system: System,
  applicants: Applicants,
  { patienceMs, hold, signal }: FlowOptions,
): Promise<Flow> {
  const acknowledged: Acknowledged[] = [];
  const messages: Acknowledged[] = [];
  const doors = acknowledging(
    patient(await doorsOf(system, patienceMs, signal), patienceMs, signal),
    (one) => messages.push(one),
  );
  const ends = new Map<string, string>();
  const viaOf = ({ id }: { readonly id: string }) =>
    Number(id.split('-')[2]) % 2 === 0 ? 'http' : 'kafka';
  let bot: Bot | undefined;
  let starting = start('next');
  await starting;
  return {
    acknowledged,
    messages,
    submit: (rate) =>
      submitAll({
        ...{ applicants, doors: held(doors, hold), viaOf, rate, signal },
        onSubmitted({ applicant, answer }) {
          if (answer.became !== 'taken') {
            ends.set(applicant.id, 'refused');
            return;
          }
          const { applicationId } = answer;
          const { lender, channel } = applicant.submission;
          acknowledged.push({
            ...{ lenderId: lender, channel, reference: applicant.id },
            ...(applicationId !== null && { applicationId }),
          });
        },
      }),
    isOver: () => ends.size === applicants.count,
    open: () => [...applicants].map(({ id }) => id).filter((id) => !ends.has(id)),
    otherwise: () =>
      [...applicants].flatMap(({ id, expect }) =>
        ends.get(id) === expect.outcome
          ? []
          : [`${id} ended ${ends.get(id) ?? 'never'}, not ${expect.outcome}`],
      ),
    async stop() {
      await starting;
      await bot?.stop();
    },
  };

  /** One that lost the log for long reads all again; what it says twice has the same keys. */
  async function start(from: 'earliest' | 'next'): Promise<void> {
    bot = await untilDone(
      () =>
        startBot({
          log: system.log,
          lenders: system.lenders,
          doors,
          from,
          viaOf,
          applicantBy: (reference) => applicants.byId(reference),
          onEnd: ({ applicant, outcome }) => void ends.set(applicant.id, outcome),
          onCrash() {
            if (signal.aborted) return;
            const crashed = bot;
            starting = (async () => {
              await crashed?.stop();
              await start('earliest');
            })();
          },
        }),
      patienceMs,
      signal,
    );
  }
}

/** What comes after the first waits for the word; what is sent for them goes on. */
function held(doors: Doors, hold: Hold): Doors {
  let submitted = 0;
  return {
    ...doors,
    async submit(...given) {
      submitted += 1;
      await hold.mayGo(submitted);
      return doors.submit(...given);
    },
  };
}

/** Whatever cannot be sent is sent again with the same key, for long. */
function patient(doors: Doors, forMs: number, signal: AbortSignal): Doors {
  return {
    submit: (...given) => untilDone(() => doors.submit(...given), forMs, signal),
    act: (...given) => untilDone(() => doors.act(...given), forMs, signal),
    review: (...given) => untilDone(() => doors.review(...given), forMs, signal),
  };
}

async function untilDone<T>(
  work: () => Promise<T>,
  forMs: number,
  signal: AbortSignal,
): Promise<T> {
  const untilMs = performance.now() + forMs;
  for (;;) {
    try {
      return await work();
    } catch (error) {
      if (signal.aborted || performance.now() > untilMs) throw error;
      await pause(AGAIN_MS);
    }
  }
}
