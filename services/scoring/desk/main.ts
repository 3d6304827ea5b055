// The desk of models: a process that answers one question, put to it as JSON on its standard input.
import { json } from 'node:stream/consumers';
import { connectKafka } from '@saidao/event-log';
import { businessDateOf } from '@saidao/values';
import { openDatabase } from '@saidao/worker';
import { readModels } from '../adapters/model-files.ts';
import { activated, DeskFault, differenceOf, listOf, shown } from './answers.ts';
import { reportOf } from './report.ts';

/** Not by arguments: others may read those, and a database's address holds a password. */
type Question =
  | { readonly ask: 'list' }
  | { readonly ask: 'show'; readonly ref: string }
  | { readonly ask: 'diff'; readonly a: string; readonly b: string }
  | {
      readonly ask: 'activate';
      readonly ref: string;
      readonly by: string;
      readonly from?: string;
    }
  | {
      readonly ask: 'report';
      readonly databaseUrl: string;
      readonly brokers: readonly string[];
      readonly lenders: readonly string[];
    };

const SCORES_MAX = 1_000;
const STATEMENT_MS_MAX = 60_000;

try {
  const answer = await answerTo((await json(process.stdin)) as Question);
  process.stdout.write(JSON.stringify({ answer }));
} catch (error) {
  const told = error instanceof Error ? error : new Error(String(error));
  const fault = told instanceof DeskFault ? told.message : (told.stack ?? told.message);
  process.stdout.write(JSON.stringify({ fault }));
}

function answerTo(question: Question): unknown {
  switch (question.ask) {
    case 'list':
      return listOf();
    case 'show':
      return shown(question.ref);
    case 'diff':
      return differenceOf(question.a, question.b);
    case 'activate':
      return activated(question.ref, {
        by: question.by,
        at: businessDateOf(Date.now()),
        from: question.from,
      });
    case 'report':
      return report(question);
  }
}

async function report(question: Extract<Question, { readonly ask: 'report' }>) {
  const { databaseUrl, brokers, lenders } = question;
  const database = openDatabase({ url: databaseUrl, statementTimeoutMs: STATEMENT_MS_MAX });
  const quiet = { debug: () => undefined, warn: () => undefined };
  const log = connectKafka({ brokers, clientId: 'saidao-models', logger: quiet });
  try {
    return await reportOf({
      models: readModels(),
      database,
      log,
      lenders,
      businessDate: businessDateOf(Date.now()),
      scoresMax: SCORES_MAX,
    });
  } finally {
    await log.close();
    await database.close();
  }
}
