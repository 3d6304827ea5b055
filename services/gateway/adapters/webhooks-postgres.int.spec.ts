// Deliveries on a real PostgreSQL: taken by one, first things first, and again when a taker is gone.
import type { TestDatabase } from '@saidao/testkit';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { FeedRow } from '../decide.ts';
import { gatewayTables } from '../tables.fixture.ts';
import type { Settled } from '../webhooks/attempts.ts';
import type { ClaimedDelivery, Webhook } from '../webhooks/ports.ts';
import { recordFeed } from './feed-postgres.ts';
import { deliveryQueueIn, webhooksIn } from './webhooks-postgres.ts';

const NOW_MS = Date.UTC(2026, 10, 20);
const LEASE_MS = 15_000;
let db: TestDatabase;
let named = 0;

beforeAll(async () => {
  db = await gatewayTables();
});

afterAll(() => db?.close());

/** A webhook of a lender of its own. */
async function registered(): Promise<Webhook> {
  named += 1;
  const webhook: Webhook = {
    ...{ id: `wh_${named}`, lenderId: `lender-${named}`, url: 'https://risk.bank.example/' },
    ...{ types: null, productId: null, applicationId: null, disabled: null, generation: 1 },
    ...{ previousUntilMs: null, failingSinceMs: null, createdBy: 'risk', createdAtMs: NOW_MS },
  };
  expect(await webhooksIn(db.database).create(webhook, 1)).toBe(true);
  return webhook;
}

/** As `a1`: the first event of application a. */
const record = (lenderId: string, ...events: readonly string[]) =>
  db.database.transaction((transaction) =>
    recordFeed(
      transaction,
      events.map((event): FeedRow => ({
        ...{ lenderId, eventId: `${lenderId}/${event}`, applicationId: event.slice(0, 1) },
        ...{ type: 'LoanApproved', productId: null, channel: null, correlationId: 'c' },
        ...{ sequence: Number(event.slice(1)), appendedAtMs: NOW_MS, data: {} },
        recordedAtMs: NOW_MS,
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
  const muchLaterMs = NOW_MS + 400 * 86_400_000;
  expect(await claim(webhook, 10, muchLaterMs)).toEqual([]);
  const { count } = await webhooksIn(db.database).replay(
    webhook,
    { failed: true, limit: 10 },
    muchLaterMs,
  );
  expect(count).toBe(1);
  expect(namesOf(await claim(webhook, 10, muchLaterMs))).toEqual(['a1']);
});

test('a replay asks for what is wanted, and leaves alone what is on its way', async () => {
  const webhook = await registered();
  await record(webhook.lenderId, 'a1', 'b1', 'c1');
  const [a1, ...onTheirWay] = await claim(webhook);
  await settle(webhook, a1!, DELIVERED);
  const { replay, deliveries } = webhooksIn(db.database);
  expect(await replay(webhook, { from: 1n, limit: 10 }, NOW_MS)).toEqual({ count: 1, last: 1n });
  expect(namesOf(await claim(webhook))).toEqual(['a1']);
  for (const one of onTheirWay) await settle(webhook, one, DELIVERED);
  const log = await deliveries({ webhookId: webhook.id, after: 1n, limit: 10 });
  expect(log.map(({ number, status, code }) => [number, status, code])).toEqual([
    [2n, 'delivered', 200],
    [3n, 'delivered', 200],
  ]);
  expect(await replay(webhook, { only: 2n, limit: 10 }, NOW_MS)).toEqual({ count: 1, last: 2n });
  expect(await replay(webhook, { fromMs: NOW_MS + 1, limit: 10 }, NOW_MS)).toMatchObject({
    count: 0,
  });
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
      webhooksIn(db.database).remove(webhook.id),
    ]);
    expect(await webhooksIn(db.database).find(webhook.id)).toBe(undefined);
  }
});
