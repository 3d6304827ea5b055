// Runs faults at points on a whole system: arms them, sends applications, waits for quiet, checks.
import {
  applicantsOf,
  DoorError,
  kinds,
  seedOutsideWorld,
  startBot,
  submitAll,
  type Applicants,
  type Doors,
} from '@saidao/applicants';
import { textOf, type Acknowledged } from '@saidao/checker';
import { allTopics } from '@saidao/schemas';
import { eventually } from '@saidao/testkit';
import { allFaultPoints, textOfFault, type Fault } from '@saidao/testkit/fault-points';
import { listed } from '../command-line.ts';
import { doorsOf, services, type Service, type System } from '../system.ts';
import { acknowledging } from '../acknowledging.ts';
import { checked, faultsOfBooks, untilSettled } from '../settled.ts';
import { countsOf } from '../real-faults/under-fire.ts';
import { ALL_READY_MS, startFaultySystem, type FaultySystem } from './faulty-system.ts';
import type { Outcome } from './case.ts';
import { countedByFile, isOfDays, missedAgain } from './points-plan.ts';
import { startServicing } from './servicing.ts';

export type Batch = ReadonlyMap<Service, readonly Fault[]>;

/** What a plan is made from: who passes which points, and which of them only at start or end. */
export interface Passed {
  readonly by: ReadonlyMap<Service, ReadonlySet<string>>;
  readonly aside: ReadonlyMap<Service, ReadonlySet<string>>;
}

/** Applications a second, known to the outside world at a time, and of a batch at most. */
const RATE = 4;
const WAVE = 400;
const COUNT_MAX = 10 * WAVE;
/** Where workers are away, more of them would only keep those that start from the processors. */
const UNDER_WAY_MAX = 60;
/** So often one comes all the same: what is under way may need others to go on. */
const SLOWEST_MS = 1_000;
/** Every kind as often as any other: some points are passed by rare ones alone. */
const SHARES = Object.fromEntries(kinds.map((kind) => [kind, 1]));
/** Enough of each kind for every point that applications reach. */
const COVERING = 60;
/** Twice what the watch over a stalled member takes to begin it anew, and then to end it. */
const QUIET_MS = 240_000;
/** What has not occurred for so long will not: its point is not passed any more. */
const IDLE_MS = 15_000;
/** All topics have to hold the same for so long. */
const STILL_MS = 500;
/** Told where nothing comes to rest: one that blocks is the first thing to look for. */
const LETTERS_CHARS_MAX = 2_000;

export interface RunOptions {
  /** Finds programs, such as Java. */
  readonly environment: NodeJS.ProcessEnv;
  /** Given what an untroubled flow has passed. */
  plan(passed: Passed): readonly Batch[];
  readonly tell?: (line: string) => void;
}

/** Each fault once; never rejects for what a fault has done, that is a finding. */
export async function runFaults(options: RunOptions): Promise<Outcome> {
  const { environment, plan, tell = () => {} } = options;
  await using faulty = await startFaultySystem(environment);
  await using flow = await startFlow(faulty);
  const startedMs = performance.now();
  const say = (text: string) =>
    tell(`${((performance.now() - startedMs) / 1_000).toFixed(0).padStart(5)} s  ${text}`);
  const findings: string[] = [];
  const known = new Set<string>();
  let runs = 0;

  const passed = await explore(faulty, flow);
  let isQuiet = await look('no fault at all');
  const batches = plan(passed);
  const missed: [Service, Fault][] = [];
  for (const [index, batch] of batches.entries()) {
    if (isQuiet) missed.push(...(await tried(index + 1, batch)));
  }
  // A worker that was away, or hung, passed less than it would have: once more, with less besides.
  const left: [Service, Fault][] = [];
  for (const [index, batch] of missedAgain(batches, missed).entries()) {
    const number = batches.length + index + 1;
    left.push(...(isQuiet ? await tried(number, batch) : faultsIn(batch)));
  }
  const reached = new Set([...passed.by.values()].flatMap((points) => [...points]));
  const unreached = allFaultPoints().filter((point) => !reached.has(point));
  return {
    runs,
    checked: 'quiet; nothing lost, twice, out of order, unpaid or unbooked',
    findings,
    notes: [
      `${reached.size} points passed`,
      `${unreached.length} points never passed, so never armed: ${countedByFile(unreached)}`,
      ...left.map((fault) => `not passed when armed: ${textAt(fault)}`),
      ...countsOf(faulty.ends),
    ],
  };

  /** Returns what has not occurred. */
  async function tried(number: number, batch: Batch): Promise<[Service, Fault][]> {
    const all = faultsIn(batch);
    await flow.run(number, batch, passed).catch(({ message }: Error) => {
      flow.crashes.push(message);
    });
    const waiting = [...batch.keys()].flatMap((service) =>
      faulty.waiting(service).map((fault): [Service, Fault] => [service, fault]),
    );
    const occurred = all.filter(([, fault]) => !waiting.some(([, one]) => one === fault));
    runs += occurred.length;
    const before = findings.length;
    isQuiet = await look(occurred.map(textAt).join(', '));
    const found = findings.slice(before);
    const result = found.length === 0 ? 'all is well' : found.join('\n');
    say(
      `batch ${number} of ${batches.length}: ${occurred.length} of ${all.length} faults, ${result}`,
    );
    return waiting;
  }

  /** False if not even new processes come to rest: then nothing more can be tried. */
  async function look(faults: string): Promise<boolean> {
    try {
      await faulty.allReady();
      await quiet(faulty.system, flow);
    } catch (error) {
      findings.push(`not quiet after ${faults}: ${(error as Error).message}`);
      findings.push(...faulty.lastLines());
      const letters = await listed<object>(faulty.system, ['dead-letters', 'list']);
      findings.push(`dead letters: ${JSON.stringify(letters).slice(0, LETTERS_CHARS_MAX)}`);
      try {
        await faulty.renew();
        await quiet(faulty.system, flow);
      } catch (still) {
        findings.push(`nor when all workers were started anew: ${(still as Error).message}`);
        return false;
      }
    }
    for (const service of services) faulty.arm(service, []);
    const { findings: found } = await checked(faulty.system, flow.acknowledged);
    const books = await faultsOfBooks(faulty.system);
    for (const text of [...found.map(textOf), ...books, ...flow.crashes.splice(0)]) {
      if (!known.has(text)) findings.push(`after ${faults}: ${text}`);
      known.add(text);
    }
    return true;
  }
}

function textAt([service, fault]: readonly [Service, Fault]): string {
  return `${service} ${textOfFault(fault)}`;
}

function faultsIn(batch: Batch): [Service, Fault][] {
  return [...batch].flatMap(([service, faults]) =>
    faults.map((fault): [Service, Fault] => [service, fault]),
  );
}

/** Every kind of application comes through, and every worker stops and starts, without a fault. */
async function explore(faulty: FaultySystem, flow: Flow): Promise<Passed> {
  const passed = () => new Map(services.map((one) => [one, faulty.passed(one)]));
  const rearm = () => services.forEach((service) => faulty.arm(service, []));
  const starting = passed();
  rearm();
  await flow.submit(0, { from: 0, count: COVERING });
  await quiet(faulty.system, flow);
  // When there are loans: days without them pass little.
  flow.closeDay();
  await quiet(faulty.system, flow);
  const flowing = passed();
  rearm();
  await Promise.all(services.map((service) => faulty.restart(service)));
  await faulty.allReady();
  const restarting = passed();
  const by = new Map<Service, ReadonlySet<string>>();
  const aside = new Map<Service, ReadonlySet<string>>();
  for (const service of services) {
    const inFlow = flowing.get(service)!;
    const others = starting.get(service)!.union(restarting.get(service)!);
    by.set(service, inFlow.union(others));
    aside.set(service, others.difference(inFlow));
  }
  return { by, aside };
}

/** Nothing is left to do, and nothing more comes. */
async function quiet(system: System, flow: Flow): Promise<void> {
  const names = allTopics(system.lenders).map(({ name }) => name);
  let last = '';
  let sinceMs = 0;
  const untilMs = performance.now() + QUIET_MS;
  await eventually(
    'all is quiet',
    async () => {
      await untilSettled(system, Math.max(0, untilMs - performance.now()));
      const ranges = await Promise.all(names.map((name) => system.log.ranges(name)));
      const now = ranges.map((range) => range.map(({ next }) => next).join()).join(';');
      if (now !== last || flow.isServing()) {
        last = now;
        sinceMs = performance.now();
      }
      return performance.now() - sinceMs > STILL_MS;
    },
    { deadlineMs: QUIET_MS, everyMs: 100 },
  );
}

interface Flow {
  readonly acknowledged: readonly Acknowledged[];
  /** Why applicants or officers could not go on. */
  readonly crashes: string[];
  /** These of the applications, one kind after the other. */
  submit(seed: number, places: Places): Promise<void>;
  /** Applications, until each fault has occurred or does not occur any more. */
  run(seed: number, batch: Batch, passed: Passed): Promise<void>;
  /** Whether loans, or a day, are being served: more is said of them yet. */
  isServing(): boolean;
  /** One more day of one lender is over. */
  closeDay(): void;
  [Symbol.asyncDispose](): Promise<void>;
}

interface Places {
  readonly from: number;
  readonly count: number;
}

async function startFlow(faulty: FaultySystem): Promise<Flow> {
  const { system } = faulty;
  const stopping = new AbortController();
  const { signal } = stopping;
  const acknowledged: Acknowledged[] = [];
  // A door is waited for as long as its worker may take to be ready.
  const doors = acknowledging(untiring(await doorsOf(system, ALL_READY_MS, signal)), (one) =>
    acknowledged.push(one),
  );
  const crashes: string[] = [];
  const viaOf = ({ id }: { readonly id: string }) =>
    Number(id.split('-')[2]) % 3 === 0 ? 'kafka' : 'http';
  const bot = await startBot({
    log: system.log,
    lenders: system.lenders,
    doors,
    applicantBy: (reference) => everyKind(Number(reference.split('-')[1])).byId(reference),
    viaOf,
    onCrash: (error) => crashes.push(`applicants cannot go on: ${String(error)}`),
  });
  const servicing = await startServicing({
    ...{ system, signal, patienceMs: ALL_READY_MS },
    ledgerUrl: await system.addressOf('disbursement-ledger'),
    onCrash: (error) => crashes.push(`loans cannot be served: ${String(error)}`),
  });
  return {
    acknowledged,
    crashes,
    submit,
    isServing: () => servicing.underWay > 0,
    closeDay: () => servicing.closeDay(),
    async run(seed, batch, passed) {
      for (const [service, faults] of batch) faulty.arm(service, faults);
      const waiting = () => [...batch.keys()].flatMap((one) => faulty.waiting(one)).length;
      const restarts = [...batch.keys()].map((service) => {
        const aside = passed.aside.get(service);
        return restartFor(service, ({ point }) => aside?.has(point) === true);
      });
      // There are few days from the booking of the loans to today.
      if ([...batch.values()].flat().some(({ point }) => isOfDays(point))) servicing.closeDay();
      let isOver = false;
      for (let from = 0; from < COUNT_MAX && !isOver && crashes.length === 0; from += WAVE) {
        // Between two waves nobody looks: what is idle is asked anew.
        let left = Infinity;
        let sinceMs = 0;
        await submit(seed, { from, count: WAVE }, () => {
          if (waiting() !== left || faulty.isStarting()) {
            left = waiting();
            sinceMs = performance.now();
          }
          isOver ||= left === 0 || performance.now() - sinceMs > IDLE_MS;
          return isOver;
        });
      }
      await Promise.all(restarts);
    },
    async [Symbol.asyncDispose]() {
      stopping.abort();
      await Promise.all([bot.stop(), servicing.stop()]);
    },
  };

  /** As often as one more of the faults occurs that only a start or a stop can bring about. */
  async function restartFor(service: Service, isAside: (fault: Fault) => boolean): Promise<void> {
    const count = () => faulty.waiting(service).filter(isAside).length;
    for (let before = Infinity, left = count(); left > 0 && left < before; left = count()) {
      before = left;
      await faulty.restart(service);
      const isBack = () => !faulty.isStarting(service);
      await eventually(`${service} is back`, isBack, { deadlineMs: ALL_READY_MS, everyMs: 100 });
    }
  }

  async function submit(
    seed: number,
    { from, count }: Places,
    isDone = () => false,
  ): Promise<void> {
    const applicants = everyKind(seed);
    // What other waves have left open says nothing of this one.
    const endedBefore = bot.ended;
    let [sent, refused] = [0, 0];
    const underWay = () => sent - refused - (bot.ended - endedBefore);
    const wave = Array.from({ length: count }, (_, index) => applicants.at(from + index));
    await seedOutsideWorld(system.worldUrl, wave, signal);
    function* some() {
      for (const applicant of wave) {
        if (isDone()) return;
        sent += 1;
        yield applicant;
      }
    }
    try {
      await submitAll({
        applicants: some(),
        doors,
        viaOf,
        rate: RATE,
        signal,
        async untilLetIn() {
          const sinceMs = performance.now();
          const mayGoOn = () =>
            isDone() || underWay() < UNDER_WAY_MAX || performance.now() - sinceMs > SLOWEST_MS;
          await eventually('one more is let in', mayGoOn, { everyMs: 50 });
        },
        onSubmitted({ answer }) {
          if (answer.became !== 'taken') refused += 1;
        },
      });
    } catch (error) {
      crashes.push(`a submission is not taken: ${String(error)}`);
    }
  }
}

function everyKind(seed: number): Applicants {
  return applicantsOf({ count: COUNT_MAX, seed, shares: SHARES });
}

/** A door that fails is asked again with the same key, as one that is away. */
function untiring(doors: Doors): Doors {
  const again = async <T>(send: () => Promise<T>): Promise<T> => {
    const untilMs = performance.now() + ALL_READY_MS;
    for (;;) {
      try {
        return await send();
      } catch (error) {
        const failed = error instanceof DoorError && /answered 5\d\d/.test(error.message);
        if (!failed || performance.now() > untilMs) throw error;
      }
    }
  };
  return {
    submit: (...given) => again(() => doors.submit(...given)),
    act: (...given) => again(() => doors.act(...given)),
    review: (...given) => again(() => doors.review(...given)),
  };
}
