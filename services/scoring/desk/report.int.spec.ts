// The report over a real table of scores and the topic of latest decisions.
import { MemoryBroker, partitionOf } from '@saidao/event-log';
import { encode, type LatestDecision } from '@saidao/schemas';
import { expect, inject, it, onTestFinished } from 'vitest';
import { readModels } from '../adapters/model-files.ts';
import { scoreStore } from '../adapters/scores-postgres.ts';
import type { ScoreRow } from '../decide.ts';
import { scoreRow, scoreRows, scoringDatabase } from '../watch/watch.fixture.ts';
import { reportOf } from './report.ts';

const TOPIC = 'saidao.latest-decisions.exim-zj.v1';

async function open() {
  const tables = await scoringDatabase(inject('databaseUrl'));
  const log = new MemoryBroker().connect();
  const topics = [TOPIC, 'saidao.latest-decisions.czb-hz.v1'];
  await log.createTopics(topics.map((name) => ({ name, partitions: 3 })));
  onTestFinished(async () => {
    await log.close();
    await tables.close();
  });
  return {
    keep: (rows: readonly ScoreRow[]) =>
      tables.database.transaction((transaction) => scoreStore.record(transaction, rows)),
    decide: (at: number, status: string, sequence = 1n) => {
      const { applicationId } = scoreRow(at);
      const decision: LatestDecision = {
        applicationId,
        revision: 1,
        lenderId: 'exim-zj',
        productId: 'NEW_QUALITY',
        status,
        amount: null,
        ratePpm: null,
        reasons: [],
        sequence,
        decidedAt: 0n,
        about: null,
        terms: null,
        tier: null,
        policy: null,
        offerExpiresAt: null,
      };
      const key = Buffer.from(applicationId);
      const value = encode('LatestDecision', decision, TOPIC);
      return log.send([{ topic: TOPIC, partition: partitionOf(key, 3), key, value, headers: {} }]);
    },
    report: (lenders: readonly string[]) =>
      reportOf({
        models: readModels(),
        database: tables.database,
        log,
        lenders,
        businessDate: '2026-11-20',
        scoresMax: 1_000,
      }),
  };
}

it('counts each application once, as it was last scored and decided', async () => {
  const { keep, decide, report } = await open();
  await keep(scoreRows(80, (at) => ({ sizeClass: at < 40 ? 'small' : 'micro' })));
  // Scored again after its collateral had changed, and amended: the last one counts.
  await keep([scoreRow(0, { round: 2, sizeClass: 'medium' })]);
  await keep([scoreRow(0, { revision: 2, sizeClass: 'micro', scoredAtMs: 1 })]);
  for (let at = 0; at < 80; at += 1) await decide(at, at % 2 === 0 ? 'APPROVED' : 'DECLINED');
  // An offer is one, whatever became of it; a referral is no answer; a lower sequence is older.
  await decide(2, 'EXPIRED', 3n);
  await decide(2, 'DECLINED', 2n);
  await decide(4, 'REFERRED', 2n);
  const { model, lenders } = await report(['exim-zj']);
  expect(model).toBe('soft-power@2');
  const [lender] = lenders;
  expect(lender?.applications).toBe(80);
  const size = lender?.parity.find(({ by }) => by === 'size');
  expect(
    size?.groups.map(({ group, scored, decided, approved }) => [group, scored, decided, approved]),
  ).toEqual([
    ['micro', 41, 41, 21],
    ['small', 39, 38, 18],
  ]);
});

it('says how far each subject has moved from the reference, for each lender alone', async () => {
  const { keep, report } = await open();
  await keep(scoreRows(300));
  const { lenders } = await report(['exim-zj', 'czb-hz']);
  const [scored, nothing] = lenders;
  expect(scored?.stability).toMatchObject({ scores: 300, boundPpm: 250_000 });
  expect(scored?.stability?.moved[0]?.subject).toBe('score');
  expect(nothing).toMatchObject({ lenderId: 'czb-hz', applications: 0, stability: null });
});
