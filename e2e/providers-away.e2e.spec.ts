// The register is away, an account is blocked, Redis is gone or lies: all are decided as they should.
import {
  applicantsOf,
  BUSINESS_DATE,
  nowMs,
  playFlow,
  seedOutsideWorld,
  submitAll,
  type Applicants,
  type Doors,
  type FlowOptions,
  type FlowReport,
  type Shares,
} from '@saidao/applicants';
import { textOf } from '@saidao/checker';
import { decode, topicName, topics, type EventOf, type PatentsVerified } from '@saidao/schemas';
import { eventually } from '@saidao/testkit';
import { Redis } from 'ioredis';
import { afterAll, afterEach, beforeAll, expect, test, vi } from 'vitest';
import { checked, untilSettled } from './settled.ts';
import { CACHE_MAC_KEY, doorsOf, startSystem, type System } from './system.ts';
import { openLiar } from './wrong-entries.ts';

const LENDERS = ['exim-zj', 'boc-zj', 'czb-hz'];
const PARTITIONS = 6;
const TEST_MS = 300_000;
/** The longest that an application rests before it is asked about again, and then some. */
const AFTERWARDS_MS = 90_000;
const PATIENCE_MS = 60_000;

vi.setConfig({ testTimeout: TEST_MS });

/** Sound ones, which policy alone approves: a referral could only come of what is not known. */
const BY_POLICY = {
  'sound-new-quality': 250,
  'sound-talent': 150,
  'sound-innovation': 130,
  'pledged-by-policy': 100,
} as const satisfies Shares;

/** Some are asked about twice, so that what is kept is read again; some have something to hide. */
const READ_AGAIN = {
  amended: 3,
  'sound-new-quality': 1,
  'pledged-by-policy': 1,
  'patent-already-pledged': 1,
  'annuity-unpaid': 1,
} as const satisfies Shares;
const SOUND_FIRST = { amended: 3, 'sound-new-quality': 1, 'pledged-by-policy': 1 } as const;

let system: System;
let doors: Doors;
let redis: Redis;
/** Where patent-verification tells its metrics. */
let verification: string;
const stopping = new AbortController();
const { signal } = stopping;

beforeAll(async () => {
  system = await startSystem({
    environment: { ...process.env },
    lenders: LENDERS,
    partitions: PARTITIONS,
    businessDate: BUSINESS_DATE,
  });
  verification = await system.addressOf('patent-verification');
  doors = await doorsOf(system, PATIENCE_MS, signal);
  redis = new Redis(system.engines.redisUrl);
  redis.on('error', () => {
    // It is stopped on purpose, and connects again by itself.
  });
}, 240_000);

afterAll(async () => {
  stopping.abort();
  redis?.disconnect();
  await system?.[Symbol.asyncDispose]();
}, 60_000);

/** Nothing said so far is doubled, unequal or dead-lettered, and nobody is left waiting. */
afterEach(async () => {
  // Whatever failed, the next one has its Redis.
  await system.engines.redis.start();
  for (const [service, worker] of system.workers) {
    expect(worker.isRunning(), `${service} runs`).toBe(true);
  }
  await untilSettled(system);
  const { findings, waiting } = await checked(system);
  expect(findings.map(textOf)).toEqual([]);
  expect(waiting).toEqual([]);
}, 120_000);

test('with the register away for a minute nothing is decided without it, and then all is', async () => {
  const COUNT = 1_000;
  const AWAY_MS = 60_000;
  const applicants = applicantsOf({ count: COUNT, seed: 1, shares: BY_POLICY });
  let submitted = 0;
  const flow = play(applicants, { rate: 13, onSubmitted: () => (submitted += 1) });

  await eventually('some are submitted', () => submitted >= 120);
  const goneAtMs = nowMs();
  const away = { provider: 'register', forMs: AWAY_MS };
  await behave({ ...away, mode: 'failing' });
  await behave({ ...away, mode: 'silent', subject: 'account/boc-zj' });
  await eventually('verification waits', async () => (await metric('saidao_paused', verify)) === 1);
  const pausedAtMs = nowMs();

  const report = await flow;
  expect(report.otherwise).toEqual([]);
  expect(report.asExpected).toBe(COUNT);
  const { received, verified, decided } = await said(applicants);
  // What was under way when the line paused may still have been on its way to the log.
  const meanwhile = { fromMs: pausedAtMs + 5_000, toMs: goneAtMs + AWAY_MS };
  expect(within(meanwhile, received).length, 'came in meanwhile').toBeGreaterThan(300);
  expect(within(meanwhile, verified)).toEqual([]);
  const long = { ...meanwhile, fromMs: goneAtMs + AWAY_MS / 2 };
  expect(within(long, decided)).toEqual([]);
  expect(verified.flatMap(({ data }) => unknownIn(data))).toEqual([]);
  expect(decided.map(({ type }) => type)).toEqual(Array(COUNT).fill('LoanApproved'));
});

const BLOCKED_AT = [
  {
    service: 'patent-verification',
    seed: 2,
    providers: ['register', 'annuity', 'watchlists', 'credit-bureau', 'guarantor'],
    breaker: 'patent-register',
  },
  {
    service: 'intake',
    seed: 7,
    providers: ['enterprise-registry', 'persons', 'persons-bureau', 'talents'],
    breaker: 'persons',
  },
] as const;

test.each(BLOCKED_AT)(
  'with one lender’s account blocked at all whom $service asks the others’ applications go on',
  async ({ service, seed: ofSeed, providers, breaker }) => {
    const BLOCKED = 'czb-hz';
    const applicants = applicantsOf({ count: 120, seed: ofSeed, shares: BY_POLICY });
    const others = [...applicants].filter(({ lender }) => lender !== BLOCKED);
    expect(new Set(others.map(({ lender }) => lender))).toEqual(new Set(['boc-zj', 'exim-zj']));
    const subject = `account/${BLOCKED}`;
    for (const provider of providers) await behave({ provider, subject, mode: 'blocked' });
    let submitted = 0;
    const ended: string[] = [];
    const flow = play(applicants, {
      rate: 30,
      onSubmitted: () => (submitted += 1),
      onEnd: ({ applicant }) => ended.push(applicant.lender),
    });

    await eventually('the others have ended', () => {
      return submitted === applicants.count && ended.length >= others.length;
    });
    expect(ended).not.toContain(BLOCKED);
    const address = await system.addressOf(service);
    const open = { provider: breaker, lender: BLOCKED };
    expect(await metric('saidao_breaker_open', open, address)).toBeGreaterThan(0);
    expect(await metric('saidao_paused', verify)).toBe(0);
    for (const provider of providers) await behave({ provider, subject, mode: 'normal' });

    expect((await flow).otherwise).toEqual([]);
    const { decided } = await said(applicants);
    expect(decided.map(({ type }) => type)).toEqual(Array(applicants.count).fill('LoanApproved'));
  },
);

test('without Redis, and when it is back and emptied, all ends as it does with it', async () => {
  const without = applicantsOf({ count: 150, seed: 3, shares: READ_AGAIN });
  const again = applicantsOf({ count: 150, seed: 4, shares: READ_AGAIN });
  let submitted = 0;
  const flowOf = (applicants: Applicants) =>
    play(applicants, { rate: 20, onSubmitted: () => (submitted += 1) });
  const reached = (count: number) => eventually(`${count} submitted`, () => submitted >= count);
  const before = await lookups();

  const first = flowOf(without);
  await reached(40);
  await system.engines.redis.stop('kill');
  const isGone = async () => (await lookups()).unavailable > before.unavailable + 50;
  await eventually('the cache is missed', isGone);
  await behave({ provider: 'register', mode: 'failing', forMs: 8_000 });
  expect((await first).otherwise).toEqual([]);

  const missedFirst = (await lookups()).miss;
  const second = flowOf(again);
  await reached(without.count + 30);
  await system.engines.redis.start();
  await eventually('the cache is back', async () => (await lookups()).miss > missedFirst + 50);
  await reached(without.count + 110);
  expect(await redis.dbsize()).toBeGreaterThan(0);
  await redis.flushall();
  expect((await second).otherwise).toEqual([]);
});

test('with wrong entries under every key all ends as it does with true ones', async () => {
  await redis.flushall();
  await using liar = await openLiar(redis, system.engines.redisUrl, CACHE_MAC_KEY);
  const first = applicantsOf({ count: 60, seed: 5, shares: SOUND_FIRST });
  const then = applicantsOf({ count: 60, seed: 6, shares: READ_AGAIN });
  await seed(first);
  await submitAll({ applicants: first, doors, viaOf: () => 'kafka', signal });
  await eventually('the first are decided', async () => {
    return (await said(first)).decided.length === first.count;
  });

  // Nobody amends before the bot comes: what is kept of the first is all wrong by then.
  const { spoilt, planted } = await liar.lie(then);
  expect(spoilt).toBeGreaterThan(first.count);
  const before = await lookups();
  // Those that were submitted already are known by their references, and are not submitted twice.
  const reports = [play(first, { from: 'earliest' }), play(then, { rate: 20 })];
  for (const { otherwise } of await Promise.all(reports)) expect(otherwise).toEqual([]);

  const { tampered, expired } = await lookups();
  expect(tampered - before.tampered, 'tampered').toBeGreaterThan(planted / 2);
  expect(expired - before.expired, 'expired').toBeGreaterThan(planted / 10);
  expect(tampered + expired - before.tampered - before.expired).toBeGreaterThan(planted);
});

/** Tells the world of them, submits them and plays them to their ends. */
async function play(
  applicants: Applicants,
  options: Partial<Pick<FlowOptions, 'rate' | 'from' | 'onSubmitted' | 'onEnd'>>,
): Promise<FlowReport> {
  await seed(applicants);
  return playFlow({
    applicants,
    log: system.log,
    lenders: LENDERS,
    doors,
    viaOf: () => 'kafka',
    timeoutMs: AFTERWARDS_MS,
    signal,
    ...options,
  });
}

const seed = (applicants: Applicants) => seedOutsideWorld(system.worldUrl, applicants, signal);

const behave = (behaviour: object) => system.tellWorld('/control/behaviour', behaviour);

type Said = EventOf & { readonly atMs: number };

/** What the log holds of them. */
async function said(applicants: Applicants) {
  const names = [
    topicName(topics.applications),
    topicName(topics.patentFindings),
    ...LENDERS.map((lender) => topicName(topics.decisions, lender)),
  ];
  const events: Said[] = [];
  const heard = new Set<string>();
  await system.log.scan(names, ({ topic, value, timestampMs, headers }) => {
    // What is said again, after a turn was taken twice, is no second decision.
    const id = String(headers['ce_id']);
    if (!heard.has(id)) events.push({ ...decode(value, topic), atMs: timestampMs });
    heard.add(id);
  });
  const received = events.filter(
    ({ type, data }) =>
      type === 'ApplicationReceived' && applicants.byId(data.reference) !== undefined,
  );
  const ids = new Set(received.map(applicationOf));
  const ofThem = events.filter((event) => ids.has(applicationOf(event)));
  return {
    received,
    verified: ofThem.filter((event) => event.type === 'PatentsVerified'),
    decided: ofThem.filter(({ type }) => DECISIONS.has(type)),
  };
}

const DECISIONS = new Set<string>(['LoanApproved', 'LoanReferred', 'LoanDeclined']);

const applicationOf = ({ data }: Said): string | undefined =>
  'applicationId' in data ? data.applicationId : undefined;

function within(
  { fromMs, toMs }: { readonly fromMs: number; readonly toMs: number },
  events: readonly Said[],
): Said[] {
  return events.filter(({ atMs }) => atMs >= fromMs && atMs < toMs);
}

const unknownIn = ({ bundle }: PatentsVerified): string[] =>
  bundle.findings.flatMap(({ number, grounds }) =>
    grounds.flatMap(({ code, result }) => (result === 'UNKNOWN' ? [`${number} ${code}`] : [])),
  );

const verify = { line: 'verify' };

/** The sum of a metric over what has these labels. */
async function metric(
  name: string,
  labels: Readonly<Record<string, string>>,
  address = verification,
): Promise<number> {
  const text = await (await fetch(`${address}/metrics`)).text();
  const wanted = Object.entries(labels).map(([label, value]) => `${label}="${value}"`);
  return text
    .split('\n')
    .filter((line) => line.startsWith(`${name}{`) && wanted.every((one) => line.includes(one)))
    .reduce((sum, line) => sum + Number(line.slice(line.lastIndexOf(' '))), 0);
}

async function lookups() {
  const of = (outcome: string) => metric('saidao_cache_lookups_total', { outcome });
  return {
    miss: await of('miss'),
    tampered: await of('tampered'),
    expired: await of('expired'),
    unavailable: await of('unavailable'),
  };
}
