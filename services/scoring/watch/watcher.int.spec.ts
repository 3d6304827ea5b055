// The watcher on a real database: what it shows, what it says and says once, and who watches.
import { MemoryBroker, type IncomingRecord } from '@saidao/event-log';
import { decode, type ModelDrifted } from '@saidao/schemas';
import { createLogger } from '@saidao/worker';
import { expect, inject, it, onTestFinished } from 'vitest';
import { scoreStore } from '../adapters/scores-postgres.ts';
import type { ScoreRow } from '../decide.ts';
import { driftTopic } from './adapters/drift-topic.ts';
import { watchStore } from './adapters/watch-postgres.ts';
import type { WatchStore } from './ports.ts';
import { referenceOf } from './reference.ts';
import { model, scoreRow, scoreRows, scoringDatabase } from './watch.fixture.ts';
import { startWatch, type WatchOptions } from './watcher.ts';

const TOPIC = 'saidao.model-watch.v1';
const LENDERS = ['exim-zj', 'czb-hz'];

const population = scoreRows(1_000).map(({ points, factorShares }) => ({
  sharePpm: points * 100,
  factors: Object.fromEntries(
    Object.entries(factorShares).map(([code, share]) => [code, share && share * 10_000]),
  ),
}));
const reference = referenceOf('soft-power@2', 'the spec', new Map([['exim-zj', population]]));

async function open(change: Partial<WatchOptions> = {}) {
  const tables = await scoringDatabase(inject('databaseUrl'));
  const log = new MemoryBroker().connect();
  await log.createTopics([{ name: TOPIC, partitions: 3 }]);
  const shown = new Map<string, number>();
  const store = watchStore(tables.database);
  const options: WatchOptions = {
    models: [{ model, reference }],
    lenders: LENDERS,
    scoresMax: 1_000,
    everyMs: 3_600_000,
    store,
    shown: {
      show: (of, subject, lenderId, psiPpm) => shown.set(`${of} ${lenderId} ${subject}`, psiPpm),
      forget: () => shown.clear(),
    },
    publish: driftTopic(log, 3),
    logger: createLogger({ service: 'scoring', level: 'silent' }),
    ...change,
  };
  const watch = startWatch(options);
  onTestFinished(async () => {
    await watch.stop();
    await log.close();
    await tables.close();
  });
  const keep = (rows: readonly ScoreRow[]) =>
    tables.database.transaction((transaction) => scoreStore.record(transaction, rows));
  const said = async () => {
    const records: IncomingRecord[] = [];
    await log.scan([TOPIC], (record) => records.push(record));
    return records;
  };
  return { watch, options, shown, keep, said, store };
}

/** All of a sudden nobody supplies talents. */
const withoutTalents = (at: number) => ({ factorShares: { RESEARCH: at % 101, TALENTS: null } });

it('shows the index of each lender, and says nothing of a population like the reference', async () => {
  const { watch, shown, keep, said } = await open();
  await keep(scoreRows(1_000));
  await watch.look();
  expect(Object.fromEntries(shown)).toEqual({
    'soft-power@2 exim-zj score': 0,
    'soft-power@2 exim-zj RESEARCH': 0,
    'soft-power@2 exim-zj TALENTS': 0,
  });
  expect(await said()).toEqual([]);
});

it('says that a factor has moved, under one id a day however often it looks', async () => {
  const { watch, keep, said } = await open();
  await keep(scoreRows(500, withoutTalents));
  await watch.look();
  await watch.look();
  // More of them change the index, not what was said.
  await keep(scoreRows(600, withoutTalents).slice(500));
  await watch.look();
  const records = await said();
  expect(records.map(({ headers }) => String(headers['ce_id']))).toEqual([
    'soft-power@2/exim-zj/TALENTS/2026-11-20',
  ]);
  const [record] = records;
  expect(String(record?.key)).toBe('soft-power@2');
  const { data } = decode(record?.value ?? Buffer.of(), TOPIC) as { data: ModelDrifted };
  expect(data).toMatchObject({
    modelId: 'soft-power',
    modelVersion: 2,
    modelDigest: 'abc',
    lenderId: 'exim-zj',
    subject: 'TALENTS',
    boundPpm: 250_000,
    scores: 500,
    from: BigInt(scoreRow(0).scoredAtMs),
    to: BigInt(scoreRow(499).scoredAtMs),
  });
  expect(data.psiPpm).toBeGreaterThan(250_000);

  // It still has moved on the next day.
  await keep([scoreRow(2_000, withoutTalents(2_000))]);
  await watch.look();
  expect((await said()).map(({ headers }) => String(headers['ce_id']).slice(-10)).sort()).toEqual([
    '2026-11-20',
    '2026-11-21',
  ]);
});

it('looks at the last scores of each lender and model alone', async () => {
  const { watch, shown, keep } = await open();
  await keep(scoreRows(1_000, withoutTalents));
  await keep(scoreRows(2_000).slice(1_000));
  await keep(
    scoreRows(3_000, (at) => ({ ...withoutTalents(at), lenderId: 'czb-hz' })).slice(2_000),
  );
  await keep(scoreRows(4_000, (at) => ({ ...withoutTalents(at), modelVersion: 1 })).slice(3_000));
  await watch.look();
  expect(shown.get('soft-power@2 exim-zj TALENTS')).toBe(0);
  expect(shown.get('soft-power@2 czb-hz TALENTS')).toBeGreaterThan(250_000);
});

it('says nothing of a few scores', async () => {
  const { watch, shown, keep } = await open();
  await keep(scoreRows(199, withoutTalents));
  await watch.look();
  expect(shown.size).toBe(0);
});

it('says again with the same bytes what nobody knows to have been said', async () => {
  const { watch, options, keep, said, store } = await open();
  await keep(scoreRows(500, withoutTalents));
  // The process dies after the topic has taken it.
  const dying: WatchStore = { ...store, said: () => Promise.reject(new Error('killed')) };
  const killed = startWatch({ ...options, store: dying });
  await killed.look();
  await killed.stop();
  await keep(scoreRows(700, withoutTalents).slice(500));
  await watch.look();
  const [first, second, ...others] = await said();
  expect(others).toEqual([]);
  expect(second?.value).toEqual(first?.value);
  expect(second?.headers).toEqual(first?.headers);
});

it('is one among many: the others forget what they showed', async () => {
  const { watch, shown, keep, store } = await open();
  await keep(scoreRows(1_000));
  await watch.look();
  expect(shown.size).toBeGreaterThan(0);
  const other = await store.alone(() => watch.look());
  expect(other).toBe(true);
  expect(shown.size).toBe(0);
  await watch.look();
  expect(shown.size).toBeGreaterThan(0);
});

it('outlives a database that is away, and stops while it looks', async () => {
  let asked = 0;
  const away: WatchStore = {
    ...(await open()).store,
    alone: () => {
      asked += 1;
      return Promise.reject(new Error('the database is away'));
    },
  };
  const { watch } = await open({ store: away });
  await watch.look();
  await watch.look();
  expect(asked).toBe(2);
  const looking = watch.look();
  await watch.stop();
  await looking;
});
