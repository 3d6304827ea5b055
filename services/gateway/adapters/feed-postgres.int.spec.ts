// The feed's numbers on a real PostgreSQL: who has seen one finds no smaller one later; old ones go.
import type { TestDatabase } from '@saidao/testkit';
import type { Transaction } from '@saidao/worker';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { FeedRow } from '../decide.ts';
import type { FeedFilter } from '../ports.ts';
import { gatewayTables } from '../tables.fixture.ts';
import { feedIn, recordFeed } from './feed-postgres.ts';

const NOW_MS = Date.UTC(2026, 10, 20);
const DAY_MS = 86_400_000;
const all = { filter: {}, limit: 1_000 };
let db: TestDatabase;
let rows = 0;

beforeAll(async () => {
  db = await gatewayTables();
});

afterAll(() => db?.close());

function row(lenderId: string, recordedAtMs = NOW_MS): FeedRow {
  rows += 1;
  return {
    ...{ lenderId, recordedAtMs, eventId: `a/${lenderId}/${rows}`, applicationId: 'a' },
    ...{ type: 'LoanApproved', productId: null, channel: null, sequence: rows },
    ...{ correlationId: 'c', appendedAtMs: recordedAtMs, data: {} },
  };
}

const record = (...given: readonly FeedRow[]) =>
  db.database.transaction((transaction) => recordFeed(transaction, given));
const numbersOf = async (lenderId: string, after = 0n) => {
  const { events } = await feedIn(db.database).page({ ...all, lenderId, after, upTo: 9_999n });
  return events.map(({ number }) => number);
};
const lastOf = async (lenderId: string) =>
  (await feedIn(db.database).places([lenderId])).get(lenderId)?.last;

test('a turn that has its numbers and is not committed keeps the next one waiting', async () => {
  const held = Promise.withResolvers<void>();
  const counted = Promise.withResolvers<void>();
  const first = db.database.transaction(async (transaction: Transaction) => {
    await recordFeed(transaction, [row('one'), row('one')]);
    counted.resolve();
    await held.promise;
  });
  await counted.promise;
  const second = record(row('one'));
  // Another lender's are not held up.
  await record(row('other'));
  expect(await numbersOf('other')).toEqual([1n]);
  expect([await lastOf('one'), await numbersOf('one')]).toEqual([0n, []]);
  held.resolve();
  await Promise.all([first, second]);
  expect(await numbersOf('one')).toEqual([1n, 2n, 3n]);
});

test('many turns at once leave no gap, and no reader ever sees one', async () => {
  let done = false;
  const seen: bigint[] = [];
  const reading = (async () => {
    while (!done) seen.push(...(await numbersOf('busy', seen.at(-1) ?? 0n)));
    seen.push(...(await numbersOf('busy', seen.at(-1) ?? 0n)));
  })();
  await Promise.all(
    Array.from({ length: 40 }, (_none, index) =>
      // In either order: counters are locked in one.
      record(...(index % 2 === 0 ? [row('busy'), row('idle')] : [row('idle'), row('busy')])),
    ),
  );
  done = true;
  await reading;
  expect(seen).toEqual(Array.from({ length: 40 }, (_none, index) => BigInt(index + 1)));
});

test('a page has what its filter lets through, and of channels those that it may', async () => {
  const portal = { channel: 'bank-portal', productId: 'NEW_QUALITY' };
  await record(
    { ...row('mixed'), ...portal },
    { ...row('mixed'), ...portal, channel: 'guarantor-desk', applicationId: 'b' },
    { ...row('mixed'), ...portal, productId: 'PATENT_PLEDGE', applicationId: 'b' },
    { ...row('mixed'), type: 'LoanDeclined' },
  );
  const found = async (filter: FeedFilter) => {
    const question = { lenderId: 'mixed', after: 0n, upTo: 9n, filter, limit: 9 };
    const { events } = await feedIn(db.database).page(question);
    return events.map(({ number }) => Number(number));
  };
  expect(await found({})).toEqual([1, 2, 3, 4]);
  expect(await found({ types: ['LoanDeclined'] })).toEqual([4]);
  expect(await found({ productId: 'NEW_QUALITY' })).toEqual([1, 2]);
  expect(await found({ applicationId: 'b' })).toEqual([2, 3]);
  expect(await found({ applicationId: 'b', productId: 'NEW_QUALITY' })).toEqual([2]);
  expect(await found({ channels: ['bank-portal'] })).toEqual([1, 3]);
  expect(await found({ channels: ['bank-portal', 'guarantor-desk'] })).toEqual([1, 2, 3]);
  expect(await found({ channels: ['guarantor-desk'], productId: 'PATENT_PLEDGE' })).toEqual([]);
  expect(await found({ channels: [] })).toEqual([]);
});

test('a turn that is rolled back gives its numbers back', async () => {
  const failed = db.database.transaction(async (transaction) => {
    await recordFeed(transaction, [row('undone')]);
    throw new Error('the turn failed');
  });
  await expect(failed).rejects.toThrow('the turn failed');
  await record(row('undone'));
  expect(await numbersOf('undone')).toEqual([1n]);
});

test('what is old goes, so much at once, and the feed says up to where', async () => {
  const feed = feedIn(db.database);
  await record(...Array.from({ length: 5 }, () => row('old', NOW_MS - 31 * DAY_MS)));
  await record(row('old'), row('old'));
  const keptMs = 30 * DAY_MS;
  expect(await feed.drop(NOW_MS, keptMs, 3)).toBe(3);
  expect(await numbersOf('old')).toEqual([4n, 5n, 6n, 7n]);
  expect(await feed.drop(NOW_MS, keptMs, 3)).toBe(2);
  expect(await feed.drop(NOW_MS, keptMs, 3)).toBe(0);
  expect(await feed.places(['old'])).toEqual(new Map([['old', { last: 7n, dropped: 5n }]]));
  const page = await feed.page({ ...all, lenderId: 'old', after: 2n, upTo: 7n });
  expect([page.dropped, page.events.map(({ number }) => number)]).toEqual([5n, [6n, 7n]]);
});
