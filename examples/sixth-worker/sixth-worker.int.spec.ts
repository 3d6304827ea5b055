// The sixth worker as its own process, on real Kafka and PostgreSQL, with a watchlist that fails.
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { randomBytes } from 'node:crypto';
import { fileURLToPath } from 'node:url';
import { connectKafka, partitionOf, type IncomingRecord } from '@saidao/event-log';
import { decode, encode, exampleTopics, topics, workerTopics } from '@saidao/schemas';
import {
  blankContent,
  blankEnterprise,
  eventually,
  startWorkerProcess,
  testDatabase,
} from '@saidao/testkit';
import { uuidV7 } from '@saidao/values';
import { expect, inject, onTestFinished, test } from 'vitest';

const PARTITIONS = 6;
const LENDER = 'boc-zj';
const [APPLICATIONS, SCREENINGS] = [topics.applications.name, exampleTopics.screenings.name];
const [CLEAR, LISTED, SILENT] = ['91330106MA2J1002XH', '91330200MA2L30049Q', '91330100000000001A'];

const newId = (): string => uuidV7(Date.now(), randomBytes(10));

test('screens applications, and asks again what was not answered', async () => {
  const asked = new Map<string, number>();
  let silent = true;
  const watchlist = createServer((request, response) => {
    const uscc = (request.url ?? '').slice('/lists/'.length);
    asked.set(uscc, (asked.get(uscc) ?? 0) + 1);
    response.statusCode = uscc === SILENT && silent ? 503 : 200;
    response.end(JSON.stringify(uscc === LISTED ? ['export control'] : []));
  }).listen(0, '127.0.0.1');
  onTestFinished(() => void watchlist.close());
  await once(watchlist, 'listening');

  const log = connectKafka({ brokers: inject('brokers'), clientId: 'test', logger: quiet });
  onTestFinished(() => log.close());
  const { timers, replay, deadLetter } = workerTopics('screening');
  await log.createTopics(
    [APPLICATIONS, SCREENINGS, timers, replay, deadLetter].map((name) => ({
      name,
      partitions: PARTITIONS,
    })),
  );
  await using database = await testDatabase({
    adminUrl: inject('databaseUrl'),
    template: 'empty',
    prepare: () => Promise.resolve(),
  });
  const [silentId, clearId, listedId] = [newId(), newId(), newId()];
  await log.send([received(silentId, SILENT), received(clearId, CLEAR)]);

  await using worker = startWorkerProcess(fileURLToPath(new URL('main.ts', import.meta.url)), {
    KAFKA_BROKERS: inject('brokers').join(','),
    DATABASE_URL: database.url,
    LENDERS: LENDER,
    PARTITIONS: String(PARTITIONS),
    HTTP_PORT: '0',
    LIST_URL: `http://127.0.0.1:${(watchlist.address() as AddressInfo).port}/lists`,
  });
  await worker.ready();
  await log.send([received(listedId, LISTED)]);

  // While one enterprise goes unanswered the others are screened.
  expect(await screening(listedId)).toMatchObject({ result: 'ADVERSE', lists: ['export control'] });
  expect(await screening(clearId)).toMatchObject({ result: 'CLEAR', lists: [], revision: 1 });
  await eventually('the silent one is asked again', () => (asked.get(SILENT) ?? 0) >= 2);
  expect(await screeningsOf(silentId)).toEqual([]);
  silent = false;
  expect(await screening(silentId)).toMatchObject({ result: 'CLEAR', lenderId: LENDER });

  const [first, ...others] = await screeningsOf(silentId);
  expect(others).toEqual([]);
  expect(headersOf(first)).toMatchObject({
    ce_id: `${silentId}/${SCREENINGS}/1`,
    ce_source: 'saidao/screening',
    ce_correlationid: `journey of ${silentId}`,
  });
  const metrics = await (await fetch(`${await worker.ready()}/metrics`)).text();
  expect(metrics).toMatch(/saidao_provider_seconds_count\{[^}]*provider="watchlist"/);
  expect(await worker.stop()).toBe(0);
  expect(worker.stderr).toEqual([]);

  async function screening(applicationId: string): Promise<unknown> {
    const record = await eventually(
      `${applicationId} is screened`,
      async () => (await screeningsOf(applicationId))[0],
      { everyMs: 200 },
    );
    return decode(record.value, SCREENINGS).data;
  }

  async function screeningsOf(applicationId: string): Promise<IncomingRecord[]> {
    const records: IncomingRecord[] = [];
    await log.scan([SCREENINGS], (record) => {
      if (record.key?.toString() === applicationId) records.push(record);
    });
    return records;
  }
});

const quiet = { debug: () => undefined, warn: () => undefined };

function headersOf(record: IncomingRecord | undefined): Record<string, string> {
  const headers = Object.entries(record?.headers ?? {});
  return Object.fromEntries(headers.map(([name, value]) => [name, String(value)]));
}

/** The first event of an application, as intake would have appended it. */
function received(applicationId: string, uscc: string) {
  const amount = { minor: 100_000_000n, currency: 'CNY' };
  const enterprise = {
    name: '杭州示例传感科技有限公司',
    uscc,
    usccValid: true,
    sector: 'industry',
    industry: 'sensors (C3983)',
    ...blankEnterprise,
  };
  const request = { amount, termMonths: 12, purpose: 'orders in hand', payees: [] };
  const data = {
    applicationId,
    revision: 1,
    lenderId: LENDER,
    channel: 'bank-portal',
    reference: applicationId,
    businessDate: '2026-11-20',
    content: {
      productId: 'NEW_QUALITY',
      enterprise,
      request: { ...request, repayment: 'EQUAL_INSTALMENT' },
      patents: [],
      ...blankContent,
    },
    submittedBy: null,
  };
  return {
    topic: APPLICATIONS,
    partition: partitionOf(Buffer.from(applicationId), PARTITIONS),
    key: Buffer.from(applicationId),
    value: encode('ApplicationReceived', data, APPLICATIONS),
    headers: {
      ce_id: `${applicationId}/${APPLICATIONS}/1`,
      ce_type: 'ApplicationReceived',
      ce_lenderid: LENDER,
      ce_correlationid: `journey of ${applicationId}`,
    },
  };
}
