// Scores given again by a card, from what the line kept with each score.
import { expect, inject, it, onTestFinished } from 'vitest';
import { event, scenario } from '@saidao/testkit';
import { readModels } from '../adapters/model-files.ts';
import { scoreStore } from '../adapters/scores-postgres.ts';
import { asOf, caseNamed, nowhere, patentsVerified, scorer } from '../cases.fixture.ts';
import { scored } from '../decide.ts';
import { scoreRow, scoringDatabase } from '../watch/watch.fixture.ts';
import { scoring } from '../worker.ts';
import { rescored, scoringModel } from './rescore.ts';

const sample = caseNamed('new-quality-8m');
const models = readModels();

/** As the line writes it. */
function rowOfSample() {
  const verified = patentsVerified(sample);
  const { applicationId } = verified;
  const start = scenario(scoring(scorer, nowhere), { applicationId, nowMs: 1_234 });
  return start.when(event('PatentsVerified', verified)).rows ?? [];
}

async function open() {
  const tables = await scoringDatabase(inject('databaseUrl'));
  onTestFinished(() => tables.close());
  return tables.database;
}

it('by the same card gives the very same, by another card what that one says', async () => {
  const database = await open();
  const rows = rowOfSample();
  await database.transaction((transaction) => scoreStore.record(transaction, rows));
  const given = rows.map(({ applicationId, revision, round }) => ({
    applicationId,
    revision,
    round,
  }));
  const { ref } = models.champion(asOf);
  const [again] = await rescored(database, scoringModel(models, ref), given);
  expect(scored(scorer, patentsVerified(sample))).toMatchObject({ ...again });
  expect(again?.inputHash).toBe(rows[0]?.inputHash);
});

it('is none where nothing was kept, and comes in the order asked', async () => {
  const database = await open();
  const [row] = rowOfSample();
  const older = { ...scoreRow(2), inputs: null as unknown as string };
  await database.transaction((transaction) => scoreStore.record(transaction, [row!, older]));
  const absent = { ...row!, round: 7 };
  const model = scoringModel(models, 'soft-power@2');
  const scores = await rescored(database, model, [absent, older, row!]);
  expect(scores.map((score) => score?.points ?? null)).toEqual([null, null, row!.points]);
});

it('by what is no scorecard is refused in a sentence', () => {
  expect(() => scoringModel(models, 'soft-power-net@1')).toThrow(
    /There is no scorecard soft-power-net@1; there are .*soft-power@2/,
  );
});
