// The payout line through crashes: whatever fails after the rail has paid, the money moves once.
import { MemoryBroker, partitionOf, type EventLog } from '@saidao/event-log';
import { decode, encode, topicSpecs } from '@saidao/schemas';
import { eventually, type TestDatabase } from '@saidao/testkit';
import { createProvider, startLine, type Line } from '@saidao/worker';
import { afterEach, beforeEach, expect, inject, test } from 'vitest';
import { haltsIn } from './adapters/halts-postgres.ts';
import { payoutRailHttp } from './adapters/payout-rail-http.ts';
import { APPLICATION, AUTHORISATION, LENDER, yuan } from './book.fixture.ts';
import { ledgerDatabase } from './database.fixture.ts';
import { payoutLine } from './payout.worker.ts';
import type { PayoutRail } from './ports.ts';
import { openWorld, type World } from './rail.fixture.ts';

const PARTITIONS = 2;
const TOPIC = 'saidao.disbursements.v1';
const RESULTS = 'saidao.payout-results.v1';

let db: TestDatabase;
let world: World;
let log: EventLog;
let rail: PayoutRail;

beforeEach(async () => {
  db = await ledgerDatabase(inject('databaseUrl'));
  world = await openWorld();
  log = new MemoryBroker().connect();
  await log.createTopics(topicSpecs([LENDER], PARTITIONS));
  rail = payoutRailHttp({
    url: `${world.url}/rail`,
    provider: createProvider({ name: 'payout-rail', deadlineMs: 1_000 }),
  });
});

afterEach(async () => {
  await log.close();
  await world.close();
  await db.close();
});

async function instruct(): Promise<void> {
  const key = Buffer.from(APPLICATION);
  const data = {
    applicationId: APPLICATION,
    revision: 1,
    lenderId: LENDER,
    loanId: `${APPLICATION}-L1`,
    authorisationId: AUTHORISATION,
    payoutId: `${AUTHORISATION}/1`,
    payee: '浙江示例电机有限公司',
    amount: yuan('62000000'),
    purpose: 'entrusted payment',
    entrusted: true,
  };
  await log.send([
    {
      topic: TOPIC,
      partition: partitionOf(key, PARTITIONS),
      key,
      value: encode('PayoutInstructed', data, TOPIC),
      headers: {
        'content-type': 'application/avro',
        ce_specversion: '1.0',
        ce_id: `${APPLICATION}/${TOPIC}/1`,
        ce_source: 'saidao/book',
        ce_type: 'PayoutInstructed',
        ce_time: '2026-11-20T01:00:00.000Z',
        ce_subject: APPLICATION,
        ce_correlationid: APPLICATION,
        ce_causationid: 'cause',
        ce_lenderid: LENDER,
        ce_sequence: '1',
      },
    },
  ]);
}

async function results(): Promise<string[]> {
  const types: string[] = [];
  await log.scan([RESULTS], ({ value }) => types.push(decode(value as Buffer, RESULTS).type));
  return types;
}

/** Runs the line until it has published a result, and says what. */
async function resultsOf(line: Line): Promise<string[]> {
  const running = await startLine({
    line,
    log,
    database: db.database,
    lenders: [LENDER],
    partitions: PARTITIONS,
  });
  try {
    await instruct();
    return await eventually('a result', async () => {
      const found = await results();
      return found.length > 0 && found;
    });
  } finally {
    await running.stop();
  }
}

test('a turn that fails after the rail has paid is done again under the same key', async () => {
  const line = payoutLine(rail, haltsIn(db.database)) as unknown as Line;
  const failures = { left: 2 };
  const crashing: Line = {
    ...line,
    async record(transaction, rows) {
      await line.record?.(transaction, rows);
      failures.left -= 1;
      if (failures.left >= 0) throw new Error('The database is gone.');
    },
  };
  expect(await resultsOf(crashing)).toEqual(['PayoutConfirmed']);
  expect(failures.left).toBeLessThan(0);
  expect((await world.book()).payouts).toHaveLength(1);
});

test('a gathering that fails after the rail has paid is done again under the same key', async () => {
  const failures = { left: 2 };
  const crashing: PayoutRail = {
    ...rail,
    async instruct(instruction, signal) {
      const answer = await rail.instruct(instruction, signal);
      failures.left -= 1;
      if (failures.left >= 0) throw new Error('The process is gone.');
      return answer;
    },
  };
  expect(await resultsOf(payoutLine(crashing, haltsIn(db.database)) as unknown as Line)).toEqual([
    'PayoutConfirmed',
  ]);
  expect(failures.left).toBeLessThan(0);
  expect((await world.book()).payouts).toHaveLength(1);
});
