// Undoing races the payout: decisioning and the real ledger as processes; each loan is one or the other.
import { randomBytes } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { connectKafka, type EventLog } from '@saidao/event-log';
import { freePort, startEngines, type Engines } from '@saidao/local';
import {
  type EventMap,
  type EventName,
  decode,
  topicName,
  topicSpecs,
  topics,
} from '@saidao/schemas';
import { type WorkerProcess, eventually, recordOf, startWorkerProcess } from '@saidao/testkit';
import { uuidV7 } from '@saidao/values';
import { openDatabase } from '@saidao/worker';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { asOf, askUndo, caseNamed, received, scoredOf } from './cases.fixture.ts';

const ROUNDS = 200;
/** Rounds that go on at once. */
const TOGETHER = 20;
const PARTITIONS = 6;
const LENDER = 'boc-zj';
const DECISIONS = topicName(topics.decisions, LENDER);
const DISBURSEMENTS = topicName(topics.disbursements);
const root = join(import.meta.dirname, '..', '..');
/** Policy alone approves it, and it is paid without a pledge. */
const sample = caseNamed('new-quality-8m');

const home = mkdtempSync(join(tmpdir(), 'saidao-undo-'));
let engines: Engines;
let log: EventLog;
const processes: WorkerProcess[] = [];
const heard = new Map<string, Set<string>>();
let waiting: (() => void)[] = [];

beforeAll(async () => {
  const ports = { kafka: 0, postgres: 0, redis: 0 };
  const environment = { ...process.env, KAFKA_BROKERS: '', DATABASE_URL: '', REDIS_URL: '' };
  engines = await startEngines({ home, ports, environment });
  const quiet = { debug: () => undefined, warn: () => undefined };
  log = connectKafka({ brokers: engines.brokers, clientId: 'test', logger: quiet });
  await log.createTopics(topicSpecs([LENDER], PARTITIONS));
  const worldPort = await freePort();
  const worldUrl = `http://127.0.0.1:${worldPort}`;
  const world = startWorkerProcess(join(root, 'packages/outside-world/src/main.ts'), {
    OUTSIDE_WORLD_PORT: String(worldPort),
    OUTSIDE_WORLD_DATA: join(home, 'world'),
  });
  processes.push(world);
  await eventually('the outside world runs', async () => (await fetch(`${worldUrl}/healthz`)).ok, {
    deadlineMs: 60_000,
  });
  const settings = {
    KAFKA_BROKERS: engines.brokers.join(','),
    DATABASE_URL: engines.databaseUrl,
    OUTSIDE_WORLD_URL: worldUrl,
    LENDERS: LENDER,
    PARTITIONS: String(PARTITIONS),
    HTTP_PORT: '0',
    PRINCIPALS: '[]',
  };
  for (const service of ['decisioning', 'disbursement-ledger']) {
    processes.push(startWorkerProcess(join(root, 'services', service, 'main.ts'), settings));
  }
  await Promise.all(processes.slice(1).map((worker) => worker.ready()));
  await log.follow({
    topics: [DECISIONS, DISBURSEMENTS],
    from: 'next',
    onRecords(records) {
      for (const { key, value, topic } of records) {
        if (key === null || value === null) continue;
        const { type, data } = decode(value, topic);
        const name = type === 'ReviewRecorded' ? (data as EventMap['ReviewRecorded']).action : type;
        const id = key.toString();
        heard.set(id, (heard.get(id) ?? new Set()).add(name));
      }
      const woken = waiting;
      waiting = [];
      for (const wake of woken) wake();
    },
    onCrash: (error) => expect.fail(error.message),
  });
}, 240_000);

afterAll(async () => {
  await Promise.all(processes.map((one) => one.stop()));
  await log?.close();
  await engines?.stop();
  rmSync(home, { recursive: true, force: true });
}, 60_000);

async function until(applicationId: string, ...names: readonly string[]): Promise<void> {
  while (!names.some((name) => heard.get(applicationId)?.has(name))) {
    await new Promise<void>((resolve) => waiting.push(resolve));
  }
}

/** Numbered, or under an id of its own, as what comes by a door. */
function written<N extends EventName>(
  applicationId: string,
  type: N,
  data: EventMap[N],
  number: number | undefined,
) {
  const place = number === undefined ? { id: uuidV7(Date.now(), randomBytes(10)) } : { number };
  const own = { ...data, applicationId, lenderId: LENDER };
  return recordOf(type, own, { partitions: PARTITIONS, ...place });
}

/** When it is wanted undone: before, with or after the acceptance, and later still; and by whom. */
const moments = [
  { at: 'before-acceptance', by: 'officer' },
  { at: 'after-acceptance', by: 'officer' },
  { at: 'DisbursementAuthorised', by: 'officer' },
  { at: 'LoanBooked', by: 'officer' },
  { at: 'DisbursementAuthorised', by: 'applicant' },
  { at: 'LoanBooked', by: 'applicant' },
] as const;

async function round({ at, by }: (typeof moments)[number]): Promise<string> {
  const applicationId = uuidV7(Date.now(), randomBytes(10));
  const uscc = `9133${randomBytes(7).toString('hex').toUpperCase()}`;
  const one = { ...sample, enterprise: { ...sample.enterprise, uscc } };
  const { content } = received(one);
  const enterprise = { ...content.enterprise, usccValid: true };
  const entered = received(one, { content: { ...content, enterprise } });
  await log.send([
    written(applicationId, 'ApplicationReceived', entered, 1),
    written(applicationId, 'EnterpriseScored', scoredOf(one), 1),
  ]);
  await until(applicationId, 'LoanApproved');
  const of = { applicationId, revision: 1, lenderId: LENDER };
  const acceptance = { ...of, acceptedAt: BigInt(Date.now()), businessDate: asOf };
  const accept = () => log.send([written(applicationId, 'OfferAccepted', acceptance, 2)]);
  const { data } = askUndo(sample, 'chief');
  const withdrawal = { ...of, reason: 'no longer needed' };
  const undo = () =>
    log.send([
      by === 'officer'
        ? written(applicationId, 'UndoRequested', data, undefined)
        : written(applicationId, 'ApplicationWithdrawn', withdrawal, 3),
    ]);
  if (at === 'before-acceptance') {
    await Promise.all([undo(), accept()]);
  } else if (at === 'after-acceptance') {
    await Promise.all([accept(), undo()]);
  } else {
    await accept();
    await until(applicationId, at);
    await undo();
  }
  await until(applicationId, 'ApprovalUndone', 'LoanDisbursed');
  // The officer is answered too, whichever way it went.
  if (by === 'officer') await until(applicationId, 'UNDO_REQUESTED', 'ReviewRefused');
  return applicationId;
}

test(`in ${ROUNDS} races a loan is undone or paid, and never both`, async () => {
  const ids: string[] = [];
  let begun = 0;
  const player = async () => {
    for (let index = begun++; index < ROUNDS; index = begun++) {
      ids.push(await round(moments[index % moments.length]!));
    }
  };
  await Promise.all(Array.from({ length: TOGETHER }, player));
  const isUndone = (id: string) => heard.get(id)?.has('ApprovalUndone') ?? false;
  const undone = ids.filter(isUndone);
  const paid = ids.filter((id) => heard.get(id)?.has('LoanDisbursed'));
  expect(undone.length + paid.length).toBe(ROUNDS);
  expect(paid.filter(isUndone)).toEqual([]);
  // A race: either has come first.
  expect(Math.min(undone.length, paid.length)).toBeGreaterThan(0);
  await using database = await booksOf(engines.databaseUrl);
  expect(await database.paidFor()).toEqual(paid.toSorted());
  // Of no loan the latest that anybody hears is that it is being cancelled.
  await eventually('each cancellation has come to its end', async () => {
    return (await database.cancelling()) === 0;
  });
});

/** What the ledger's own tables say of money, and decisioning's of what is being cancelled. */
async function booksOf(url: string) {
  const database = openDatabase({ url, poolMax: 1 });
  return {
    async paidFor(): Promise<string[]> {
      const { rows } = await database.query<{ application_id: string }>(
        `select distinct l.application_id from book.loans as l join book.payouts as p using (loan_id)
         order by l.application_id`,
      );
      return rows.map(({ application_id }) => application_id);
    },
    async cancelling(): Promise<number> {
      const { rows } = await database.query<{ count: bigint }>(
        `select count(*) from decisioning.latest where status = 'CANCELLING'`,
      );
      return Number(rows[0]?.count);
    },
    [Symbol.asyncDispose]: () => database.close(),
  };
}
