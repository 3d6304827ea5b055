// The check on a real system, and `saidao verify`: all that is falsified is found, and only that.
import { applicantsOf, BUSINESS_DATE, playFlow, seedOutsideWorld } from '@saidao/applicants';
import {
  readLog,
  readTables,
  textOf,
  type Acknowledged,
  type Finding,
  type LogRecord,
} from '@saidao/checker';
import type { OutgoingRecord } from '@saidao/event-log';
import { decode, topicName, topics } from '@saidao/schemas';
import type { EventMap, EventName, LoanBooked } from '@saidao/schemas';
import { recordOf } from '@saidao/testkit';
import { cny } from '@saidao/values';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { saidao } from './command-line.ts';
import { falsify } from './falsify.ts';
import { acknowledgedOf, checked, untilSettled } from './settled.ts';
import { doorsOf, services, startSystem, type System } from './system.ts';

const LENDERS = ['exim-zj', 'boc-zj', 'czb-hz'];
const COUNT = 100;
const PARTITIONS = 6;

let system: System;
const stopping = new AbortController();

beforeAll(async () => {
  system = await startSystem({
    environment: { ...process.env },
    lenders: LENDERS,
    partitions: PARTITIONS,
    businessDate: BUSINESS_DATE,
  });
}, 240_000);

afterAll(async () => {
  stopping.abort();
  await system?.[Symbol.asyncDispose]();
}, 60_000);

test('a system in which nothing was lost is one story', async () => {
  const { signal } = stopping;
  const applicants = applicantsOf({ count: COUNT, seed: 4 });
  await seedOutsideWorld(system.worldUrl, applicants, signal);
  const report = await playFlow({
    applicants,
    log: system.log,
    lenders: LENDERS,
    doors: await doorsOf(system, 60_000, signal),
    viaOf: ({ id }) => (Number(id.split('-')[2]) % 2 === 0 ? 'http' : 'kafka'),
    rate: 12,
    timeoutMs: 120_000,
    signal,
  });
  expect(report.otherwise).toEqual([]);
  await untilSettled(system);
  const { findings, underWay, waiting, counts } = await checked(system, acknowledgedOf(applicants));
  expect(findings.map(textOf)).toEqual([]);
  expect(underWay).toEqual([]);
  const ending = (outcome: string) =>
    [...applicants].filter(({ expect }) => expect.outcome === outcome).length;
  expect(waiting).toHaveLength(ending('referred'));
  expect(counts).toMatchObject({
    applications: COUNT,
    withdrawn: ending('withdrawn'),
    authorisations: ending('paid'),
  });
  expect(counts.entries).toBeGreaterThan(counts.payouts * 3);
});

test('what is acknowledged while the log is read is not missed in it', async () => {
  const acknowledged: Acknowledged[] = [];
  const checking = checked(system, acknowledged);
  const reference = 'not-there-yet';
  acknowledged.push({ lenderId: LENDERS[0]!, channel: 'bank-portal', reference });
  expect((await checking).findings).toEqual([]);
  const { findings } = await checked(system, acknowledged);
  expect(findings).toMatchObject([{ rule: 'lost-writes' }]);
});

test('what is repaid and asked of loans has one answer each', async () => {
  const loans = await disbursed();
  expect(loans.length).toBeGreaterThan(10);
  const ours = loans.slice(0, 10);
  // Between two topics there is no order: what is taken back has to be booked before.
  for (const messages of [ours.flatMap(repaid), ours.flatMap(actedOn)]) {
    await system.log.send(messages);
    await untilSettled(system);
  }
  const told = new Map<string, number>();
  await readLog(toRead(topicName(topics.disbursements)), ({ headers }) => {
    const type = String(headers['ce_type']);
    told.set(type, (told.get(type) ?? 0) + 1);
  });
  // So that there is something to be judged: the rest is refused, agreed to, or a repeat.
  expect(told.get('RepaymentBooked')).toBe(20);
  expect(told.get('RepaymentReversed')).toBe(10);
  expect(told.get('LoanActionRecorded')).toBe(140);
  const { findings, underWay, counts } = await checked(system);
  expect(findings.map(textOf)).toEqual([]);
  expect(underWay).toEqual([]);
  expect(counts.applications).toBe(COUNT);
});

const toRead = (topic: string) => ({ brokers: system.engines.brokers, topics: [topic] });

async function disbursed(): Promise<LoanBooked[]> {
  const booked = new Map<string, LoanBooked>();
  const paid: string[] = [];
  await readLog(toRead(topicName(topics.disbursements)), ({ value, topic }) => {
    const { type, data } = decode(value, topic);
    if (type === 'LoanBooked') booked.set(data.loanId, data);
    if (type === 'LoanDisbursed') paid.push(data.loanId);
  });
  return paid.flatMap((loanId) => booked.get(loanId) ?? []);
}

/** Messages of the doors of a loan. */
class Said {
  readonly messages: OutgoingRecord[] = [];
  readonly #loan: LoanBooked;
  readonly #wave: string;

  constructor(loan: LoanBooked, wave: string) {
    this.#loan = loan;
    this.#wave = wave;
  }

  say<N extends EventName>(type: N, data: object): void {
    const { applicationId, lenderId, loanId } = this.#loan;
    const id = `${loanId}-${this.#wave}-${this.messages.length}`;
    const whole = { applicationId, lenderId, loanId, ...data } as unknown as EventMap[N];
    this.messages.push(recordOf(type, whole, { partitions: PARTITIONS, id }));
  }

  /** Two officers of whom one is senior enough. */
  agree(type: EventName, data: object): void {
    const reason = 'in the file';
    this.say(type, { officer: 'w.li', role: 'officer', reason, ...data });
    this.say(type, { officer: 'h.chen', role: 'committee', reason, ...data });
  }
}

const fileOf = ({ loanId, bookedOn }: LoanBooked) => ({
  ...{ source: 'bank-file', reference: `${loanId}-1`, amount: cny(100n) },
  ...{ valueDate: bookedOn, payer: null, effect: 'SCHEDULED' },
});

/** Once, and the same again; and what is refused: another amount, and an effect there is not. */
function repaid(loan: LoanBooked): readonly OutgoingRecord[] {
  const said = new Said(loan, 'repaid');
  const file = fileOf(loan);
  said.say('RepaymentReceived', file);
  said.say('RepaymentReceived', file);
  said.say('RepaymentReceived', { ...file, amount: cny(101n) });
  said.say('RepaymentReceived', { ...file, reference: `${loan.loanId}-2`, effect: 'NONE' });
  return said.messages;
}

/** Of all that officers may do; meanwhile it is repaid in full. */
function actedOn(loan: LoanBooked): readonly OutgoingRecord[] {
  const said = new Said(loan, 'acted');
  const { bookedOn: from, principal, loanId } = loan;
  const { source, reference, ...file } = fileOf(loan);
  const by = { officer: 'w.li', role: 'officer' };
  said.say('CostsCharged', { ...by, reason: 'court', amount: cny(7n), valueDate: from });
  said.say('DrawdownRequested', { ...by, amount: principal, payees: [] });
  said.agree('MisuseFound', { from, until: null });
  said.agree('MisuseFound', { from, until: '2099-01-01' });
  said.agree('ReversalRequested', { source, reference });
  said.agree('RescheduleRequested', { from, termMonths: 5, repayment: 'BULLET' });
  const all = { ...file, source, reference: `${loanId}-3`, effect: 'SHORTEN' };
  said.say('RepaymentReceived', { ...all, amount: cny(principal.minor * 2n) });
  said.agree('RefundRequested', { amount: cny(5n), toGuarantor: false });
  return said.messages;
}

interface Verdict {
  readonly findings: readonly Finding[];
  readonly underWay: readonly object[];
  readonly counts: { readonly applications: number };
  readonly repaired: number;
}

const verify = (...options: readonly string[]) => saidao<Verdict>(system, ['verify', ...options]);

test('the command says so of a system that runs, and changes nothing', async () => {
  const { code, answer } = await verify();
  const { findings, underWay, counts } = answer;
  expect(findings.map(textOf)).toEqual([]);
  expect(underWay).toEqual([]);
  expect(counts.applications).toBe(COUNT);
  expect(code).toBe(0);
});

test('it mends latest decisions that a zombie has set back', async () => {
  const stale = await setBack();
  const isStale = ({ rule }: Finding) => rule === 'latest-decisions';
  const { code, answer: found } = await verify('--grace', '0');
  expect(found.findings.every(isStale)).toBe(true);
  expect(new Set(found.findings.map(({ applicationId }) => applicationId))).toEqual(stale);
  expect(code).toBe(1);
  expect(await verify('--grace', '0', '--repair')).toMatchObject({
    code: 0,
    answer: { findings: [], repaired: stale.size },
  });
  expect(await verify('--grace', '0', '--repair')).toMatchObject({
    code: 0,
    answer: { repaired: 0 },
  });
});

test('it mends one that cannot be read', async () => {
  const last = (await latestTold()).at(-1) as LogRecord;
  const { topic, partition, key } = last;
  const junk = { topic, partition, key: key as Buffer, value: Buffer.from('junk'), headers: {} };
  await system.log.send([junk]);
  const { code, answer: found } = await verify('--grace', '0');
  expect(found.findings).toMatchObject([
    {
      rule: 'latest-decisions',
      applicationId: String(key),
      says: expect.stringMatching(/^cannot be read/) as string,
    },
  ]);
  expect(code).toBe(1);
  expect(await verify('--grace', '0', '--repair')).toMatchObject({
    code: 0,
    answer: { findings: [], repaired: 1 },
  });
});

async function latestTold(): Promise<LogRecord[]> {
  const told: LogRecord[] = [];
  const names = LENDERS.map((lender) => topicName(topics.latestDecisions, lender));
  const { brokers } = system.engines;
  await readLog({ brokers, topics: names }, (record) => void told.push(record));
  return told;
}

test('a database without lines has no books, which is not to have empty ones', async () => {
  const { databaseUrl } = system.engines;
  const other = Object.assign(new URL(databaseUrl), { pathname: '/postgres' });
  expect(await readTables(String(other))).toEqual({ standings: [], putOff: [], lines: [] });
  expect(await readTables(databaseUrl)).toMatchObject({ books: {} });
});

/** Sends what was told of each application first once more; returns those that had moved on. */
async function setBack(): Promise<ReadonlySet<string>> {
  const first = new Map<string, LogRecord>();
  const stale = new Set<string>();
  for (const record of await latestTold()) {
    const key = String(record.key);
    const known = first.get(key);
    if (known === undefined) first.set(key, record);
    else if (String(known.headers['ce_id']) !== String(record.headers['ce_id'])) stale.add(key);
  }
  await system.log.send(
    [...stale].map((key) => {
      const { topic, partition, value, headers } = first.get(key) as LogRecord;
      const texts = Object.entries(headers).map(([name, given]) => [name, String(given)]);
      const own = Object.fromEntries(texts) as Record<string, string>;
      return { topic, partition, key: Buffer.from(key), value, headers: own };
    }),
  );
  expect(stale.size).toBeGreaterThan(10);
  return stale;
}

test('what a door has taken while its line is away is under way', async () => {
  for (const service of services) await system.workers.get(service)?.stop();
  const [loan] = await disbursed();
  const { applicationId } = loan!;
  const told = new Said(loan!, 'away');
  told.say('RepaymentReceived', { ...fileOf(loan!), reference: 'away' });
  await system.log.send(told.messages);
  const { code, answer } = await verify('--grace', '0');
  expect(answer.findings).toEqual([]);
  const because = `book: ${topicName(topics.repayments)} unread`;
  expect(answer.underWay).toMatchObject([{ applicationId, because }]);
  expect(code).toBe(0);
});

test('whatever is falsified afterwards is seen, with its place and what to do', async () => {
  const falsified = await falsify(system);
  const { findings } = await checked(system);
  for (const [what, finding] of falsified) {
    expect(
      findings.map(textOf).filter((text) => finding.test(text)),
      what,
    ).not.toEqual([]);
  }
});
