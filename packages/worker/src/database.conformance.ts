// What a line relies on of its database, the same for PostgreSQL and the one in memory.
import { expect, it } from 'vitest';
import type { Database } from './database.ts';
import type { Changes, JournalRow } from './walk.ts';
import { loadSnapshot, readForTurn, writeTurn, type Wanted } from './turn-store.ts';
import { LENDER, toyLine } from './turn.fixture.ts';
import { startTimers } from './timers.ts';
import { MemoryBroker } from '@saidao/event-log';
import { workerTopics } from '@saidao/schemas';

const line = toyLine({ name: 'toy' }) as never as Parameters<typeof writeTurn>[1];
const [A, B] = ['019a0000-0000-7000-8000-00000000000a', '019a0000-0000-7000-8000-00000000000b'];
const digest = Buffer.from('digest');

const wanting = (ids: readonly string[], journal: Wanted['journal'] = []): Wanted => ({
  applications: [...ids].sort(),
  created: [...ids].sort(),
  journal,
});

const changes = (some: Partial<Changes> = {}): Changes => ({
  planned: [],
  lockNames: new Set(),
  outputs: [],
  outcomes: [],
  journal: [],
  parked: [],
  unparked: [],
  timers: [],
  timersDone: [],
  shared: new Map(),
  rows: [],
  replays: [],
  decided: [],
  deadLettered: [],
  alarms: [],
  touched: new Map(),
  steps: [],
  unsure: [],
  givenLast: new Map(),
  takes: 0,
  failures: { signature: '', count: 0 },
  ...some,
});

const journaled = (identity: string, text = 'output'): JournalRow => ({
  ...{ key: A, topic: 'saidao.applications.v1', identity, digest: Buffer.from(text) },
  ...{ outputs: [], inputValue: null },
});
const placeOf = ({ key, topic, identity }: JournalRow) => [key, topic, identity] as const;

const TRACE = '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01';

const timer = (id: string, dueAtMs: number, lane = 1) => ({
  ...{ id, applicationId: A, lane, name: 'toy', dueAtMs, revision: 2, lenderId: LENDER },
  ...{ correlationId: 'correlation', detail: '{}', traceparent: TRACE },
});

const parked = (identity: string, number: number | undefined) => ({
  ...{ key: A, topic: 'saidao.applications.v1', identity, applicationId: A, number, digest },
  record: {
    ...{ topic: 'saidao.applications.v1', partition: 1, offset: 7n, timestampMs: 1_000 },
    ...{ key: Buffer.from(A), value: Buffer.from('value'), headers: {} },
  },
});

/** `open` gives a database with the tables of the line `toy`, empty. */
export function databaseConformance(open: () => Promise<Database>): void {
  const take = (database: Database, ids: readonly string[], seen: string) =>
    database.transaction(async (transaction) => {
      const read = await readForTurn(transaction, 'toy', wanting(ids));
      for (const row of read.applications.values()) {
        const before = (row.state as { seen?: readonly string[] } | undefined)?.seen ?? [];
        row.state = { revision: 1, seen: [...before, seen] } as never;
        row.heads['topic'] = (row.heads['topic'] ?? 0) + 1;
        row.given = [['key', 'topic', seen]];
        row.changed = true;
      }
      await writeTurn(transaction, line, read.applications, changes());
    });

  it('creates an application, and reads it back as it was written', async () => {
    const database = await open();
    await take(database, [A], 'one');
    const { applications } = await loadSnapshot(database, 'toy', wanting([A, B]));
    expect(applications.get(A)).toEqual({
      ...{ applicationId: A, heads: { topic: 1 }, state: { revision: 1, seen: ['one'] } },
      ...{ correlationId: undefined, lenderId: undefined, changed: false },
      ...{ blockedTopic: undefined, blockedNumber: undefined, given: [['key', 'topic', 'one']] },
    });
    expect(applications.get(B)?.heads).toEqual({});
  });

  it('leaves nothing of a transaction that fails', async () => {
    const database = await open();
    const failing = database.transaction(async (transaction) => {
      const { applications } = await readForTurn(transaction, 'toy', wanting([A]));
      const row = journaled('first');
      await writeTurn(transaction, line, applications, changes({ journal: [row] }));
      throw new Error('after the writes');
    });
    await expect(failing).rejects.toThrow('after the writes');
    const read = await loadSnapshot(database, 'toy', wanting([], [placeOf(journaled('first'))]));
    expect(read.journal.size).toBe(0);
  });

  it('lets one transaction after another change an application: none is lost', async () => {
    const database = await open();
    const each = Array.from({ length: 12 }, (_, at) => take(database, [A], `${at}`));
    await Promise.all(each);
    const { applications } = await loadSnapshot(database, 'toy', wanting([A]));
    const row = applications.get(A);
    expect(row?.heads).toEqual({ topic: 12 });
    const { seen } = row!.state as never as { readonly seen: readonly string[] };
    expect(new Set(seen).size).toBe(12);
  });

  it('does not show what is not committed', async () => {
    const database = await open();
    const begun = Promise.withResolvers<void>();
    const goOn = Promise.withResolvers<void>();
    const writing = database.transaction(async (transaction) => {
      const { applications } = await readForTurn(transaction, 'toy', wanting([A]));
      await writeTurn(transaction, line, applications, changes({ journal: [journaled('first')] }));
      begun.resolve();
      await goOn.promise;
    });
    await begun.promise;
    const asked = wanting([], [placeOf(journaled('first'))]);
    expect((await loadSnapshot(database, 'toy', asked)).journal.size).toBe(0);
    goOn.resolve();
    await writing;
    expect((await loadSnapshot(database, 'toy', asked)).journal.size).toBe(1);
  });

  it('keeps the first journal row of a place', async () => {
    const database = await open();
    for (const text of ['first', 'second']) {
      await database.transaction(async (transaction) => {
        const { applications } = await readForTurn(transaction, 'toy', wanting([A]));
        const journal = [journaled('same', text)];
        await writeTurn(transaction, line, applications, changes({ journal }));
      });
    }
    const asked = wanting([], [placeOf(journaled('same'))]);
    const { journal } = await loadSnapshot(database, 'toy', asked);
    expect([...journal.values()].map((row) => String(row.digest))).toEqual(['first']);
  });

  it('gives back what is parked in the order in which it was, until it is taken', async () => {
    const database = await open();
    const rows = [parked('c', 3), parked('a', undefined), parked('b', 2)];
    await database.transaction(async (transaction) => {
      const { applications } = await readForTurn(transaction, 'toy', wanting([A]));
      await writeTurn(transaction, line, applications, changes({ parked: rows }));
    });
    const read = await loadSnapshot(database, 'toy', wanting([A]));
    expect(read.parked.get(A)).toEqual(rows);
    await database.transaction(async (transaction) => {
      const { applications } = await readForTurn(transaction, 'toy', wanting([A]));
      await writeTurn(transaction, line, applications, changes({ unparked: [parked('a', 1)] }));
    });
    const left = (await loadSnapshot(database, 'toy', wanting([A]))).parked.get(A);
    expect(left?.map(({ identity }) => identity)).toEqual(['c', 'b']);
  });

  it('shares rows between applications, one transaction at a time', async () => {
    const database = await open();
    const count = (id: string) =>
      database.transaction(async (transaction) => {
        const read = await readForTurn(transaction, 'toy', wanting([id]));
        const shared = await read.lockShared(['patent/1', 'patent/2']);
        const before = (shared.get('patent/1') as number | undefined) ?? 0;
        const next = new Map<string, unknown>([['patent/1', before + 1]]);
        await writeTurn(transaction, line, read.applications, changes({ shared: next }));
      });
    await Promise.all(Array.from({ length: 10 }, (_, at) => count(at % 2 === 0 ? A : B)));
    await database.transaction(async (transaction) => {
      const read = await readForTurn(transaction, 'toy', wanting([A]));
      const shared = await read.lockShared(['patent/1', 'patent/2']);
      expect([...shared]).toEqual([
        ['patent/1', 10],
        ['patent/2', undefined],
      ]);
    });
  });

  it('publishes timers of its lanes when they are due, and not again once they are done', async () => {
    const database = await open();
    await database.transaction(async (transaction) => {
      const { applications } = await readForTurn(transaction, 'toy', wanting([A]));
      const timers = [timer('due', 1_000), timer('later', 9_000), timer('other', 1_000, 2)];
      await writeTurn(transaction, line, applications, changes({ timers }));
    });
    expect(await published(database, 2_000)).toEqual(['due']);
    expect(await published(database, 9_500)).toEqual(['due', 'later']);
    expect(await published(database, 9_500, 'traceparent')).toEqual([TRACE, TRACE]);
    await database.transaction(async (transaction) => {
      const { applications } = await readForTurn(transaction, 'toy', wanting([A]));
      await writeTurn(transaction, line, applications, changes({ timersDone: ['due'] }));
    });
    expect(await published(database, 9_500)).toEqual(['later']);
  });
}

/** What a member that owns lane 1 publishes at a time. */
async function published(database: Database, nowMs: number, header = 'ce_id'): Promise<string[]> {
  const broker = new MemoryBroker();
  const topic = workerTopics('toy').timers;
  broker.create([{ name: topic, partitions: 3 }]);
  const log = broker.connect();
  const sent = Promise.withResolvers<void>();
  const told = {
    ...log,
    async send(records: Parameters<typeof log.send>[0]) {
      await log.send(records);
      sent.resolve();
    },
  };
  const failed = (error: Error): void => sent.reject(error);
  const timers = startTimers({
    ...{ line: 'toy', database, log: told as never, clock: () => nowMs, onError: failed },
  });
  timers.own([1]);
  await sent.promise;
  await timers.stop();
  return broker.partition(topic, 1).records.map(({ headers }) => String(headers[header]));
}
