// Deliveries on a real PostgreSQL: taken by one, first things first, and again when a taker is gone.
import { eventually, type TestDatabase } from '@saidao/testkit';
import { openDatabase, roleOf } from '@saidao/worker';
import { afterAll, beforeAll, expect, onTestFinished, test } from 'vitest';
import type { FeedRow } from '../decide.ts';
import { gatewayTables } from '../tables.fixture.ts';
import type { Settled } from '../webhooks/attempts.ts';
import type { ClaimedDelivery, Webhook } from '../webhooks/ports.ts';
import { feedIn, recordFeed } from './feed-postgres.ts';
import { deliveryQueueIn, webhooksIn } from './webhooks-postgres.ts';

const NOW_MS = Date.UTC(2026, 10, 20);
const LEASE_MS = 15_000;
const DAY_MS = 86_400_000;
let db: TestDatabase;
let named = 0;

beforeAll(async () => {
  db = await gatewayTables();
});

afterAll(() => db?.close());

const webhooks = () => webhooksIn(db.database, LEASE_MS);

/** Of a lender of its own. */
function newWebhook(): Webhook {
  named += 1;
  return {
    ...{ id: `wh_${named}`, lenderId: `lender-${named}`, url: 'https://risk.bank.example/' },
    ...{ types: null, productId: null, applicationId: null, disabled: null, generation: 1 },
    ...{ previousUntilMs: null, failingSinceMs: null, createdBy: 'risk', createdAtMs: NOW_MS },
  };
}

async function registered(): Promise<Webhook> {
  const webhook = newWebhook();
  expect(await webhooks().create(webhook, 1)).toEqual({ kind: 'created' });
  return webhook;
}

/** As `a1`: the first event of application a. */
const record = (lenderId: string, ...events: readonly string[]) =>
  recordAt(NOW_MS, lenderId, ...events);
const recordAt = (recordedAtMs: number, lenderId: string, ...events: readonly string[]) =>
  db.database.transaction((transaction) =>
    recordFeed(
      transaction,
      events.map((event): FeedRow => ({
        ...{ lenderId, eventId: `${lenderId}/${event}`, applicationId: event.slice(0, 1) },
        ...{ type: 'LoanApproved', productId: null, channel: null, correlationId: 'c' },
        ...{ sequence: Number(event.slice(1)), appendedAtMs: recordedAtMs, data: {} },
        recordedAtMs,
      })),
    ),
  );

const queue = () => deliveryQueueIn(db.database);
const claim = (webhook: Webhook, limit = 10, nowMs = NOW_MS) =>
  queue().claim(webhook.id, limit, nowMs, nowMs + LEASE_MS);
const nameOf = ({ applicationId, content }: ClaimedDelivery) =>
  `${applicationId}${(JSON.parse(content) as { sequence: string }).sequence}`;
const namesOf = (deliveries: readonly ClaimedDelivery[]) => deliveries.map(nameOf);
const settle = (webhook: Webhook, delivery: ClaimedDelivery, settled: Settled, nowMs = NOW_MS) =>
  queue().settle({
    ...{ webhookId: webhook.id, delivery, settled, beganAtMs: nowMs, nowMs },
    answered: { kind: 'answered', code: settled.status === 'delivered' ? 200 : 500, answer: '' },
  });
const DELIVERED = { status: 'delivered' } as const;
const againAt = (dueAtMs: number) => ({ status: 'pending', dueAtMs, gone: false }) as const;

test('of an application the next is due when the one before was taken', async () => {
  const webhook = await registered();
  await record(webhook.lenderId, 'a1', 'a2', 'b1', 'a3');
  const first = await claim(webhook);
  expect(namesOf(first)).toEqual(['a1', 'b1']);
  expect(await claim(webhook)).toEqual([]);
  for (const one of first) await settle(webhook, one, DELIVERED);
  expect((await queue().due(NOW_MS)).map(({ id }) => id)).toContain(webhook.id);
  const second = await claim(webhook);
  expect(namesOf(second)).toEqual(['a2']);
  await settle(webhook, second[0]!, DELIVERED);
  expect(namesOf(await claim(webhook))).toEqual(['a3']);
});

test('two who take at once take different ones, and each but once', async () => {
  const webhook = await registered();
  const events = Array.from({ length: 26 }, (_none, index) => String.fromCodePoint(97 + index));
  await record(webhook.lenderId, ...events.flatMap((name) => [`${name}1`, `${name}2`]));
  const takings = await Promise.all(Array.from({ length: 6 }, () => claim(webhook, 5)));
  const taken = takings.flatMap(namesOf);
  expect(new Set(taken).size).toBe(taken.length);
  expect(taken.filter((name) => name.endsWith('2'))).toEqual([]);
  expect(Math.max(...takings.map(({ length }) => length))).toBeLessThanOrEqual(5);
});

test('what a killed one had taken is due when its time is over; what it says late is not heard', async () => {
  const webhook = await registered();
  await record(webhook.lenderId, 'a1', 'a2');
  const [zombies] = await claim(webhook);
  expect(await claim(webhook, 10, NOW_MS + LEASE_MS - 1)).toEqual([]);
  const laterMs = NOW_MS + LEASE_MS;
  const [again] = await claim(webhook, 10, laterMs);
  expect([nameOf(again!), again!.attempt]).toEqual(['a1', 2]);
  await settle(webhook, zombies!, { status: 'failed' }, laterMs);
  await settle(webhook, again!, DELIVERED, laterMs);
  expect(namesOf(await claim(webhook, 10, laterMs))).toEqual(['a2']);
});

test('a first attempt that nobody noted keeps no webhook from being disabled', async () => {
  const { change, find, replay } = webhooks();
  /** The first of three attempts is a killed process's. */
  const failsFrom = async (webhook: Webhook, fromMs: number) => {
    expect(await claim(webhook, 1, fromMs)).toHaveLength(1);
    const laterMs = fromMs + LEASE_MS;
    const [second] = await claim(webhook, 1, laterMs);
    await settle(webhook, second!, againAt(laterMs), laterMs);
    const [third] = await claim(webhook, 1, laterMs);
    await settle(webhook, third!, { status: 'failed' }, laterMs);
    return [nameOf(third!), third!.attempt, (await find(webhook.id))?.disabled];
  };
  const webhook = await registered();
  await record(webhook.lenderId, 'a1');
  expect(await failsFrom(webhook, NOW_MS)).toEqual(['a1', 3, 'FAILING']);
  await change(webhook.id, { ...webhook, disabled: null }, NOW_MS + DAY_MS);
  expect(await failsFrom(webhook, NOW_MS + DAY_MS)).toEqual(['a1', 3, 'FAILING']);

  const other = await registered();
  await record(other.lenderId, 'a1', 'b1');
  const [a1, b1] = await claim(other);
  await settle(other, a1!, { status: 'failed' });
  await settle(other, b1!, DELIVERED);
  await replay(other, { failed: true, limit: 10 }, NOW_MS + DAY_MS);
  expect(await failsFrom(other, NOW_MS + DAY_MS)).toEqual(['a1', 3, 'FAILING']);
});

test('one that is tried again later puts off those behind it, and no other', async () => {
  const webhook = await registered();
  await record(webhook.lenderId, 'a1', 'a2', 'b1');
  const [a1] = await claim(webhook, 1);
  await settle(webhook, a1!, againAt(NOW_MS + 60_000));
  const others = await claim(webhook);
  expect(namesOf(others)).toEqual(['b1']);
  await settle(webhook, others[0]!, DELIVERED);
  await record(webhook.lenderId, 'a3');
  expect(await claim(webhook, 10, NOW_MS + 59_999)).toEqual([]);
  expect(namesOf(await claim(webhook, 10, NOW_MS + 60_000))).toEqual(['a1']);
});

test('behind one that was given up nothing is due, until it is sent once more', async () => {
  const webhook = await registered();
  await record(webhook.lenderId, 'a1', 'a2', 'b1');
  const [a1, b1] = await claim(webhook);
  await settle(webhook, b1!, DELIVERED);
  await settle(webhook, a1!, { status: 'failed' });
  const muchLaterMs = NOW_MS + 400 * DAY_MS;
  expect(await claim(webhook, 10, muchLaterMs)).toEqual([]);
  const { count } = await webhooks().replay(webhook, { failed: true, limit: 10 }, muchLaterMs);
  expect(count).toBe(1);
  expect(namesOf(await claim(webhook, 10, muchLaterMs))).toEqual(['a1']);
});

test('what waits behind one that was given up is told when that is kept no more', async () => {
  const webhook = await registered();
  await recordAt(NOW_MS - 31 * DAY_MS, webhook.lenderId, 'a1', 'b1');
  await record(webhook.lenderId, 'a2', 'c1', 'c2', 'a3');
  const [a1, b1, c1] = await claim(webhook);
  await settle(webhook, a1!, { status: 'failed' });
  await settle(webhook, b1!, DELIVERED);
  await settle(webhook, c1!, { status: 'failed' });
  const laterMs = NOW_MS + LEASE_MS;
  expect(await claim(webhook, 10, laterMs)).toEqual([]);
  expect(await queue().figures()).toMatchObject({ failed: 2 });
  expect(await feedIn(db.database).drop(laterMs, 30 * DAY_MS, 10)).toBe(2);
  const next = await claim(webhook, 10, laterMs);
  expect(namesOf(next)).toEqual(['a2']);
  await settle(webhook, next[0]!, DELIVERED, laterMs);
  // What waits behind one that is kept still waits.
  expect(namesOf(await claim(webhook, 10, laterMs))).toEqual(['a3']);
});

test('a replay releases what it names and what is held back, also where nothing failed', async () => {
  const webhook = await registered();
  await record(webhook.lenderId, 'a1', 'a2', 'a3');
  const [a1] = await claim(webhook);
  await settle(webhook, a1!, { status: 'failed' });
  const laterMs = NOW_MS + LEASE_MS;
  expect(await claim(webhook, 10, laterMs)).toEqual([]);
  // As where it is kept no more, and nobody has looked since.
  await db.database.query('delete from gateway.feed where lender_id = $1 and number = 1', [
    webhook.lenderId,
  ]);
  expect(await claim(webhook, 10, laterMs)).toEqual([]);
  const { replay } = webhooks();
  expect(await replay(webhook, { only: 2n, limit: 10 }, laterMs)).toMatchObject({ count: 1 });
  const [a2] = await claim(webhook, 10, laterMs);
  expect(nameOf(a2!)).toBe('a2');
  await settle(webhook, a2!, DELIVERED, laterMs);
  expect(namesOf(await claim(webhook, 10, laterMs))).toEqual(['a3']);
});

test('a replay that is cut short says where to go on, whatever was on its way', async () => {
  const webhook = await registered();
  await record(webhook.lenderId, 'a1', 'b1', 'c1');
  const [a1, , c1] = await claim(webhook);
  for (const one of [a1, c1]) await settle(webhook, one!, DELIVERED);
  const { replay } = webhooks();
  const first = await replay(webhook, { from: 1n, limit: 2 }, NOW_MS);
  expect(first).toEqual({ count: 1, next: 3n });
  expect(await replay(webhook, { from: 3n, limit: 2 }, NOW_MS)).toEqual({ count: 1, next: null });
});

test('one that has just become the first of its application is not put off', async () => {
  const webhook = await registered();
  await record(webhook.lenderId, 'a1');
  const [a1] = await claim(webhook);
  await record(webhook.lenderId, 'a2');
  // The service's own role has to pass a gate to see this one's, when its statement has begun.
  await db.database.query(
    `create function gateway.pass_gate() returns boolean language plpgsql
     as 'begin perform pg_advisory_xact_lock_shared(7); return true; end';
     create policy gate on gateway.deliveries
       using (webhook_id <> '${webhook.id}' or gateway.pass_gate());
     alter table gateway.deliveries enable row level security`,
  );
  const own = openDatabase({ url: db.url, role: roleOf('gateway'), statementTimeoutMs: 40_000 });
  onTestFinished(() => own.close());
  const { promise: claimed, resolve } = Promise.withResolvers<readonly ClaimedDelivery[]>();
  await db.database.transaction(async (transaction) => {
    await transaction.query('select pg_advisory_xact_lock(7)');
    resolve(deliveryQueueIn(own).claim(webhook.id, 10, NOW_MS, NOW_MS + LEASE_MS));
    await eventually('it waits at the gate', async () => {
      const waiting = `select from pg_locks where locktype = 'advisory' and not granted`;
      return (await db.database.query(waiting)).rowCount > 0;
    });
    await settle(webhook, a1!, DELIVERED);
  });
  expect(namesOf(await claimed)).toEqual(['a2']);
});

test('enabled again, it sends what waits and leaves alone what is on its way', async () => {
  const webhook = await registered();
  await record(webhook.lenderId, 'a1', 'b1', 'c1', 'c2');
  const [, b1, c1] = await claim(webhook);
  await settle(webhook, b1!, againAt(NOW_MS + DAY_MS));
  await settle(webhook, c1!, { status: 'failed' });
  expect(await claim(webhook)).toEqual([]);
  const { change } = webhooks();
  await change(webhook.id, { ...webhook, disabled: 'OFF' }, NOW_MS);
  await change(webhook.id, { ...webhook, disabled: null }, NOW_MS + 1);
  expect(namesOf(await claim(webhook, 10, NOW_MS + 1))).toEqual(['b1', 'c1']);
  expect(namesOf(await claim(webhook, 10, NOW_MS + LEASE_MS))).toEqual(['a1']);
});

test('a lender has one for an address and what it is told of', async () => {
  const webhook = { ...newWebhook(), types: ['LoanApproved', 'LoanDeclined'] };
  const { create } = webhooks();
  const other = (more: Partial<Webhook>) => create({ ...webhook, ...more, id: newWebhook().id }, 9);
  // Two at once too.
  const both = await Promise.all([other({}), other({})]);
  expect(both.map(({ kind }) => kind).toSorted()).toEqual(['alike', 'created']);
  const [{ id }] = (await webhooks().ofLenders([webhook.lenderId])) as [Webhook];
  expect(await other({ types: ['LoanDeclined', 'LoanApproved'] })).toEqual({ kind: 'alike', id });
  for (const more of [
    { types: ['LoanApproved'] },
    { types: null },
    { productId: 'NEW_QUALITY' },
    { applicationId: 'a' },
    { url: 'https://risk.bank.example/other' },
  ]) {
    expect(await other(more), JSON.stringify(more)).toEqual({ kind: 'created' });
    expect(await other(more), JSON.stringify(more)).toMatchObject({ kind: 'alike' });
  }
  expect(
    await create({ ...newWebhook(), lenderId: webhook.lenderId, url: 'https://x/' }, 6),
  ).toEqual({ kind: 'full' });
});

test('a replay asks for what is wanted, and leaves alone what is on its way', async () => {
  const webhook = await registered();
  await record(webhook.lenderId, 'a1', 'b1', 'c1');
  const [a1, ...onTheirWay] = await claim(webhook);
  await settle(webhook, a1!, DELIVERED);
  const { replay, deliveries } = webhooks();
  expect(await replay(webhook, { from: 1n, limit: 10 }, NOW_MS)).toEqual({ count: 1, next: null });
  expect(namesOf(await claim(webhook))).toEqual(['a1']);
  for (const one of onTheirWay) await settle(webhook, one, DELIVERED);
  const log = await deliveries({ webhookId: webhook.id, after: 1n, limit: 10 });
  expect(log.map(({ number, status, code }) => [number, status, code])).toEqual([
    [2n, 'delivered', 200],
    [3n, 'delivered', 200],
  ]);
  expect(await replay(webhook, { only: 2n, limit: 10 }, NOW_MS)).toEqual({ count: 1, next: null });
  expect(await replay(webhook, { fromMs: NOW_MS + 1, limit: 10 }, NOW_MS)).toMatchObject({
    count: 0,
  });
});

test('a replay waits for what is on its way of the same application', async () => {
  const webhook = await registered();
  await record(webhook.lenderId, 'a1', 'a2', 'a3');
  for (const _each of ['a1', 'a2']) {
    const [next] = await claim(webhook);
    await settle(webhook, next!, DELIVERED);
  }
  const [a3] = await claim(webhook);
  expect(await webhooks().replay(webhook, { only: 2n, limit: 10 }, NOW_MS)).toMatchObject({
    count: 1,
  });
  expect(await claim(webhook)).toEqual([]);
  const laterMs = NOW_MS + LEASE_MS;
  await settle(webhook, a3!, DELIVERED, laterMs);
  const [a2] = await claim(webhook, 10, laterMs);
  expect(nameOf(a2!)).toBe('a2');
  await settle(webhook, a2!, DELIVERED, laterMs);
  expect(await claim(webhook, 10, laterMs)).toEqual([]);
});

test('a replay of what has failed is gone on with by asking again', async () => {
  const webhook = await registered();
  await record(webhook.lenderId, 'a1', 'b1', 'c1');
  for (const one of await claim(webhook)) await settle(webhook, one, { status: 'failed' });
  const failed = () => webhooks().replay(webhook, { failed: true, limit: 2 }, NOW_MS);
  expect(await failed()).toEqual({ count: 2, next: null });
  expect(await failed()).toEqual({ count: 1, next: null });
  expect(await failed()).toEqual({ count: 0, next: null });
});

test('a turn that meets a webhook being removed goes on without it', async () => {
  const webhook = await registered();
  const removing = Promise.withResolvers<void>();
  const removed = Promise.withResolvers<void>();
  const removal = db.database.transaction(async (transaction) => {
    await transaction.query('delete from gateway.webhooks where id = $1', [webhook.id]);
    removing.resolve();
    await removed.promise;
  });
  await removing.promise;
  const turn = record(webhook.lenderId, 'a1');
  removed.resolve();
  await Promise.all([removal, turn]);
  const { rows } = await db.database.query(
    'select * from gateway.deliveries where lender_id = $1',
    [webhook.lenderId],
  );
  expect(rows).toEqual([]);
});

test('one that is removed while an attempt is noted is gone, and nobody fails', async () => {
  for (let round = 0; round < 5; round += 1) {
    const webhook = await registered();
    await record(webhook.lenderId, 'a1', 'b1', 'c1');
    const taken = await claim(webhook);
    await Promise.all([
      ...taken.map((one) => settle(webhook, one, againAt(NOW_MS))),
      webhooks().remove(webhook.id),
    ]);
    expect(await webhooks().find(webhook.id)).toBe(undefined);
  }
});
