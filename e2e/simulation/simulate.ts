// One run: a seed decides who applies, what fails and when; what came of it is checked and digested.
import { createHash } from 'node:crypto';
import { MemoryBroker, partitionOf, type IncomingRecord } from '@saidao/event-log';
import { encode, loanLines as lines, topicName, topics, topicSpecs } from '@saidao/schemas';
import { cny } from '@saidao/values';
import { messageIdOf, Observer, startLine } from '@saidao/worker';
import { MemoryDatabase } from '@saidao/worker/memory-database';
import { chanceOf } from './chance.ts';
import { databaseOver } from './database.ts';
import { linesOf, serviceNames, type Service } from './lines.ts';
import { logOver } from './log.ts';
import { Machine, Network } from './machine.ts';
import { startPeople } from './people.ts';
import { outsideWorld, type Outcome } from './providers.ts';
import { findingsOf } from './readings.ts';
import { shuffledLog } from './shuffled-log.ts';
import { serviceStatements, serviceTexts } from './service-tables.ts';
import { as, outside, VirtualTime } from './virtual-time.ts';
import { isCalm, weatherOf, type Mode } from './weather.ts';

const LENDERS = ['exim-zj', 'boc-zj', 'czb-hz'];
const START_MS = Date.UTC(2026, 10, 20, 1, 2, 3);
const SESSION_MS = 10_000;
const HEARTBEAT_MS_MAX = 3_000;
/** Faults last so long; applications come within the first part of it. */
const WEATHER_MS = 60_000;
const APPLYING_MS = 20_000;
/** A timer that is due by then would still change something. */
const TIMERS_WITHIN_MS = 120_000;
/** After the last fault everything has to come to its end within so long. */
const CALM_MS_MAX = 1_800_000;
const QUIET_MS = 10_000;
const STEPS_MAX = 400_000;

export interface RunOptions {
  readonly seed: number;
  readonly mode: Mode;
  /** A guard that is switched off: the run should find what comes of it. */
  readonly without?: Guard | undefined;
  /** Told of what happens, for whoever looks into a run. */
  readonly onNote?: (atMs: number, note: string) => void;
}

/**
 * `journal`: what was taken is not known again. `row-locks`: nobody waits for a row.
 * `acknowledgement`: an append that nobody acknowledged counts as one. `idempotency-key`: the rail is
 * asked under a new key each time.
 */
export const guards = ['journal', 'row-locks', 'acknowledgement', 'idempotency-key'] as const;
export type Guard = (typeof guards)[number];

export interface Finding {
  readonly rule: string;
  readonly says: string;
}

export interface Run {
  readonly seed: number;
  readonly mode: Mode;
  readonly findings: readonly Finding[];
  /** SHA-256 of all that was appended and paid. */
  readonly digest: string;
  readonly records: number;
  readonly steps: number;
  /** Of virtual time. */
  readonly lastedMs: number;
  /** How often each fault happened, and what came of the cases. */
  readonly counts: Readonly<Record<string, number>>;
}

export async function simulate(options: RunOptions): Promise<Run> {
  const chance = chanceOf(options.seed);
  const time = new VirtualTime(START_MS, chance);
  const uninstall = time.install();
  try {
    return await runOn(time, options);
  } finally {
    uninstall();
  }
}

async function runOn(time: VirtualTime, options: RunOptions): Promise<Run> {
  const { seed, mode, without, onNote } = options;
  const { chance } = time;
  const findings: Finding[] = [];
  const counts: Record<string, number> = {};
  const note = (what: string, more = ''): void => {
    counts[what] = (counts[what] ?? 0) + 1;
    onNote?.(time.nowMs - START_MS, more === '' ? what : `${what}: ${more}`);
  };
  const weather = weatherOf(mode, chance);
  const partitions = chance.int(2, 4);
  const broker = new MemoryBroker({ now: () => Math.floor(time.nowMs) });
  const topicsThere = topicSpecs(LENDERS, partitions);
  broker.create(topicsThere);
  const server = new MemoryDatabase({
    statements: statementsWithout(without),
    texts: serviceTexts,
    locks: without !== 'row-locks',
  });
  const looking = broker.connect();
  /** By consumer group: what it reads. */
  const groups = new Map<string, readonly string[]>();
  const logs = new Map<Machine, ReturnType<MemoryBroker['connect']>>();
  let hasWeather = !isCalm(mode);
  let askedTimes = 0;

  const network = new Network({
    time,
    weather,
    hasWeather: () => hasWeather,
    onMet(fault) {
      counts[`met ${fault}`] = (counts[`met ${fault}`] ?? 0) + 1;
    },
    freeze(machine, forMs) {
      note('frozen', `${machine.name} for ${Math.round(forMs)} ms`);
      machine.frozenUntilMs = time.nowMs + forMs;
      if (forMs > SESSION_MS)
        time.after(outside, SESSION_MS, () => evict(machine, forMs - SESSION_MS));
    },
    evict(machine) {
      note('evicted', machine.name);
      evict(machine, 0);
    },
  });
  const world = outsideWorld({
    time,
    officeMs: chance.between(1_000, 8_000),
    onSettled: (outcome) => callBack(outcome),
  });

  /** Its lanes go to others; it hears of it with a later heartbeat. */
  function evict(machine: Machine, hearsAfterMs: number): void {
    const log = logs.get(machine);
    if (log === undefined || !machine.alive) return;
    broker.evict(log);
    const afterMs = hearsAfterMs + chance.between(0, HEARTBEAT_MS_MAX);
    time.after(machine, afterMs, () => broker.rejoin(log));
  }

  async function start(service: Service): Promise<void> {
    const machine = new Machine(service);
    const client = broker.connect();
    logs.set(machine, client);
    machine.onDeath(() => {
      note('died', service);
      // Its session ends; whoever replaces it comes sooner or later than that.
      time.after(outside, chance.between(0, SESSION_MS), () => broker.kill(client));
      time.after(outside, chance.between(100, weather.awayMsMax + 200), () => void start(service));
    });
    await as(machine, async () => {
      const wire = logOver(network, machine, broker, client, without !== 'acknowledgement');
      const log =
        mode === 'shuffled'
          ? shuffledLog(network, machine, wire, (times) => note('given again', `${times} records`))
          : wire;
      const database = databaseOver(network, machine, server);
      const around = {
        ...{ network, machine, outside: world, database, log, partitions },
        keyOf: (payoutId: string) =>
          without === 'idempotency-key' ? `${payoutId}#${(askedTimes += 1)}` : payoutId,
      };
      for (const line of linesOf(service, around)) {
        const observer = new Observer();
        observer.on('alarm', ({ kind, message, error }) => {
          note(`alarm ${kind}`, `${line.name}: ${message} ${error?.stack ?? ''}`);
          if (kind === 'broken-invariant' || kind === 'paused') {
            findings.push({ rule: kind, says: `${line.name}: ${message}` });
          }
        });
        observer.on('deadLettered', ({ code, reason }) => note('dead letter', `${code} ${reason}`));
        const started = await startLine({
          ...{ line, log, database, lenders: LENDERS, partitions, observer },
          sessionTimeoutMs: SESSION_MS,
          onCrash: () => time.after(machine, chance.between(0, 50), () => machine.die()),
        });
        groups.set(started.group, started.topics);
      }
    });
  }

  function callBack(outcome: Outcome): void {
    if (outcome.kind !== 'paid' || network.meets('calledNever')) return;
    const { payoutId, lenderId, endToEndId, amountFen, railReference, paidAtMs } = outcome.move;
    const webhookId = `msg_${payoutId}`;
    const topic = topicName(topics.payoutCallbacks);
    const data = {
      ...{ applicationId: endToEndId, lenderId, payoutId, webhookId, status: 'paid' },
      ...{ amount: cny(amountFen), railReference, paidAt: BigInt(paidAtMs), cause: null },
    } as const;
    const key = Buffer.from(endToEndId);
    const record = {
      ...{ topic, key, partition: partitionOf(key, partitions) },
      value: encode('PayoutCalledBack', data, topic),
      headers: {
        'content-type': 'application/avro',
        ce_specversion: '1.0',
        ce_id: messageIdOf('payout-rail', webhookId),
        ce_source: 'saidao/simulation',
        ce_type: 'PayoutCalledBack',
        ce_time: new Date().toISOString(),
        ce_subject: endToEndId,
        ce_correlationid: endToEndId,
        ce_lenderid: lenderId,
      },
    };
    for (let times = network.meets('calledTwice') ? 2 : 1; times > 0; times -= 1) {
      time.after(outside, chance.between(0, 3_000), () => {
        void broker
          .connect()
          .send([record])
          // The broker is away: a call that is lost, as some are.
          .catch(() => {});
      });
    }
  }

  const people = await startPeople({
    ...{ network, broker, partitions, lenders: LENDERS },
    count: chance.int(2, 6),
    withinMs: APPLYING_MS,
    onEnd(outcome, expected) {
      note(outcome);
      if (!isCalm(mode) || outcome === expected) return;
      findings.push({ rule: 'other-outcome', says: `${outcome} instead of ${expected}` });
    },
  });
  for (const applicant of people.applicants) world.learn(applicant);
  for (const service of serviceNames) {
    for (let replicas = chance.int(1, 2); replicas > 0; replicas -= 1) void start(service);
  }
  if (hasWeather) scheduleOutages();

  const recordsNow = (): IncomingRecord[] =>
    topicsThere.flatMap(({ name }) => broker.topic(name).partitions.flatMap((one) => one.records));

  if (mode === 'safety') {
    await time.run(() => time.nowMs - START_MS > WEATHER_MS, STEPS_MAX);
  } else {
    if (mode === 'liveness') {
      await time.run(() => time.nowMs - START_MS > WEATHER_MS, STEPS_MAX);
      hasWeather = false;
      broker.setAvailable(true);
    }
    const untilMs = time.nowMs + CALM_MS_MAX;
    await quiet(untilMs);
    if (time.nowMs >= untilMs || !people.areDone()) {
      const says = `not done: ${people.waiting().join('; ') || 'not quiet'}`;
      findings.push({ rule: 'not-live', says });
    }
  }

  if (time.steps >= STEPS_MAX) findings.push({ rule: 'not-live', says: `${STEPS_MAX} steps` });
  const records = recordsNow();
  const seen = {
    ...{ records, server, partitions, moves: world.moves, lenders: LENDERS },
    acknowledged: people.acknowledged(),
  };
  for (const { rule, place, says } of findingsOf(seen, time.nowMs, mode !== 'safety')) {
    findings.push({ rule, says: `${place}: ${says}` });
  }
  return {
    ...{ seed, mode, findings, counts },
    digest: digestOf(
      records,
      JSON.stringify(world.moves, (_key, value: unknown) =>
        typeof value === 'bigint' ? String(value) : value,
      ),
    ),
    records: records.length,
    steps: time.steps,
    lastedMs: Math.round(time.nowMs - START_MS),
  };

  /** Until everybody is done, all is read, no timer is near, and nothing has been appended. */
  async function quiet(untilMs: number): Promise<void> {
    for (let count = -1; time.nowMs < untilMs && time.steps < STEPS_MAX;) {
      await time.run(() => people.areDone() || time.nowMs >= untilMs, STEPS_MAX);
      const before = count;
      count = recordsNow().length;
      if (count === before && !isTimerNear(server, time.nowMs) && (await isAllRead())) return;
      const lookMs = time.nowMs + QUIET_MS;
      await time.run(() => time.nowMs >= lookMs, STEPS_MAX);
    }
  }

  async function isAllRead(): Promise<boolean> {
    const lags = [...groups].map(([group, names]) => looking.lag(group, names));
    return (await Promise.all(lags)).flat().every(({ lag }) => lag === 0n);
  }

  function scheduleOutages(): void {
    for (let atMs = 1_000; atMs < WEATHER_MS; atMs += 1_000) {
      time.after(outside, atMs, () => {
        if (!network.meets('brokerAway')) return;
        note('broker away');
        broker.setAvailable(false);
        const awayMs = chance.between(100, weather.brokerAwayMsMax);
        time.after(outside, awayMs, () => broker.setAvailable(true));
      });
    }
  }
}

function isTimerNear(server: MemoryDatabase, nowMs: number): boolean {
  return lines.some((line) =>
    server
      .table<{ due_at_ms: number }>(`${line}.timers`)
      .all()
      .some(({ due_at_ms: dueAtMs }) => dueAtMs < nowMs + TIMERS_WITHIN_MS),
  );
}

/** The guard's statement does nothing, or its unique key refuses nothing. */
function statementsWithout(guard: Guard | undefined): typeof serviceStatements {
  if (guard !== 'journal') return serviceStatements;
  const nothing = async () => ({ rows: [], rowCount: 0 });
  const journals = lines.map((line) => [`${line}.read-journal`, nothing] as const);
  return { ...serviceStatements, ...Object.fromEntries(journals) };
}

function digestOf(records: readonly IncomingRecord[], moves: string): string {
  const digest = createHash('sha256').update(moves);
  for (const { topic, partition, offset, timestampMs, key, value, headers } of records) {
    digest.update(`${topic}/${partition}/${offset}/${timestampMs}/`);
    digest.update(key ?? '').update(value ?? '');
    for (const [name, bytes] of Object.entries(headers)) digest.update(`${name}=${String(bytes)};`);
  }
  return digest.digest('hex');
}
