// The desk of models: a process that answers one question, put to it as JSON on its standard input.
import type { KafkaLogin } from '@saidao/config';
import { createInterface } from 'node:readline';
import { connectKafka } from '@saidao/event-log';
import { businessDateOf, toJson } from '@saidao/values';
import { openDatabase } from '@saidao/worker';
import { readModels } from '../adapters/model-files.ts';
import { activated, differenceOf, listOf, shown } from './answers.ts';
import { DeskFault } from './fault.ts';
import { reportOf } from './report.ts';
import { rescored, scoringModel, type GivenScore } from './rescore.ts';

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
      readonly login: KafkaLogin;
      readonly lenders: readonly string[];
    }
  | { readonly ask: 'rescore'; readonly databaseUrl: string; readonly ref: string };

/** After the question `rescore` each line asks for so many, and is answered by a line. */
interface RescoreLine {
  readonly id: number;
  readonly given: readonly GivenScore[];
}

const SCORES_MAX = 1_000;
const STATEMENT_MS_MAX = 60_000;

const lines = createInterface({ input: process.stdin })[Symbol.asyncIterator]();
const say = (said: unknown) => process.stdout.write(`${JSON.stringify(said)}\n`);
try {
  const { value: first } = await lines.next();
  say({ answer: await answerTo(JSON.parse(String(first)) as Question) });
} catch (error) {
  const told = error instanceof Error ? error : new Error(String(error));
  say({ fault: told instanceof DeskFault ? told.message : (told.stack ?? told.message) });
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
    case 'rescore':
      return rescore(question);
  }
}

async function report(question: Extract<Question, { readonly ask: 'report' }>) {
  const { databaseUrl, brokers, login, lenders } = question;
  const database = openDatabase({ url: databaseUrl, statementTimeoutMs: STATEMENT_MS_MAX });
  const quiet = { debug: () => undefined, warn: () => undefined };
  const log = connectKafka({ brokers, clientId: 'saidao-models', logger: quiet, ...login });
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

/** Until its standard input ends; what came of a line bears bigints as canonical JSON does. */
async function rescore({ databaseUrl, ref }: Extract<Question, { readonly ask: 'rescore' }>) {
  const model = scoringModel(readModels(), ref);
  const database = openDatabase({ url: databaseUrl, statementTimeoutMs: STATEMENT_MS_MAX });
  try {
    let scores = 0;
    for await (const line of { [Symbol.asyncIterator]: () => lines }) {
      const { id, given } = JSON.parse(line) as RescoreLine;
      process.stdout.write(`${toJson({ id, scores: await rescored(database, model, given) })}\n`);
      scores += given.length;
    }
    return { ref, digest: model.digest, scores };
  } finally {
    await database.close();
  }
}
