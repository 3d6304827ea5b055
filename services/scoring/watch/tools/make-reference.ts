// Makes the reference of a model of its first scores: `node make-reference.ts MODEL DATABASE "WHO THEY ARE"`.
import { openDatabase } from '@saidao/worker';
import { refOf } from '@saidao/register';
import { writeReference } from '../adapters/reference-file.ts';
import { firstScoresIn } from '../adapters/watch-postgres.ts';
import { referenceOf } from '../reference.ts';

const SCORES_MAX = 20_000;
const STATEMENT_MS_MAX = 60_000;

const [ref = '', url = '', source = ''] = process.argv.slice(2);
const model = refOf(ref);
if (model === undefined || url === '' || source === '') {
  throw new Error('Say which model, in which database, and who was scored: see docs.');
}
const database = openDatabase({ url, statementTimeoutMs: STATEMENT_MS_MAX });
try {
  const byLender = await firstScoresIn(database, model, SCORES_MAX);
  if (byLender.size === 0) throw new Error(`Nothing was scored by ${ref} yet.`);
  writeReference(model, referenceOf(ref, source, byLender));
  for (const [lenderId, scores] of byLender) {
    process.stdout.write(`${lenderId}: ${scores.length} scores\n`);
  }
} finally {
  await database.close();
}
