// Members with different registers on a real PostgreSQL: none judges by a version that it lacks.
import { randomBytes } from 'node:crypto';
import { MemoryBroker, type EventLog } from '@saidao/event-log';
import {
  allTopicNames,
  decode,
  topicName,
  topicOf,
  workerTopics,
  type EventMap,
  type EventName,
} from '@saidao/schemas';
import { type TestDatabase, eventually, recordOf, testDatabase } from '@saidao/testkit';
import { uuidV7 } from '@saidao/values';
import { createLogger, startWorker, type RunningWorker } from '@saidao/worker';
import { afterAll, beforeAll, expect, inject, test } from 'vitest';
import { readPolicies } from './adapters/policy-files.ts';
import type { Product } from './assessment/policy.ts';
import { asOf, caseNamed, received, scoredOf, type SampleCase } from './cases.fixture.ts';
import { composeDecisioning } from './compose.ts';
import { decisioningSettings } from './config.ts';
import { PolicyFolder } from './policies/folder.fixture.ts';

const LENDERS = ['boc-zj', 'new-bank'];
const nowMs = Date.UTC(2026, 10, 20, 2);
const sensor = caseNamed('new-quality-8m');

let db: TestDatabase;
let broker: MemoryBroker;
let log: EventLog;
let worker: RunningWorker;
let before: PolicyFolder;
let after: PolicyFolder;

beforeAll(async () => {
  before = new PolicyFolder();
  after = new PolicyFolder();
  const first = after.json<Product>('products/new-quality.boc-zj.v1.json');
  const shorter = { ...first, version: 2, termMonths: { least: 1, most: 2 } };
  after.addSecond('boc-zj', [shorter], { validFrom: asOf });
  after.end('boc-zj@1', asOf);
  db = await testDatabase({
    adminUrl: inject('databaseUrl'),
    template: 'empty',
    prepare: () => Promise.resolve(),
  });
  broker = new MemoryBroker();
  log = broker.connect();
  await log.createTopics(allTopicNames(LENDERS).map((name) => ({ name, partitions: 1 })));
});

afterAll(async () => {
  await worker.stop();
  await log.close();
  await db.close();
  before.remove();
  after.remove();
});

function memberOf(folder: PolicyFolder): Promise<RunningWorker> {
  return startWorker({
    service: 'decisioning',
    env: {
      KAFKA_BROKERS: 'localhost:1',
      DATABASE_URL: db.url,
      LENDERS: LENDERS.join(','),
      PARTITIONS: '1',
      HTTP_PORT: '0',
      PRINCIPALS: '[]',
    },
    settings: decisioningSettings,
    migrations: new URL('./migrations/', import.meta.url),
    logger: createLogger({ service: 'decisioning', level: 'silent' }),
    openLog: () => broker.connect(),
    clock: { nowMs: () => nowMs, steadyMs: () => performance.now() },
    build: (context) => composeDecisioning(context, readPolicies(folder.path)),
  });
}

class Application {
  readonly id = uuidV7(Date.now(), randomBytes(10));
  readonly sample: SampleCase;

  constructor(sample: SampleCase) {
    // An enterprise of its own, so that no limit is shared.
    const uscc = `9133${randomBytes(7).toString('hex').toUpperCase()}`;
    this.sample = { ...sample, enterprise: { ...sample.enterprise, uscc } };
  }

  async send<N extends EventName>(type: N, data: EventMap[N]): Promise<void> {
    const own = { ...data, applicationId: this.id, lenderId: this.sample.lender };
    await log.send([recordOf(type, own, { partitions: 1, timeMs: nowMs })]);
  }

  async enters(businessDate: string): Promise<void> {
    const { content, ...data } = received(this.sample, { businessDate });
    const enterprise = { ...content.enterprise, usccValid: true };
    await this.send('ApplicationReceived', { ...data, content: { ...content, enterprise } });
  }

  isScored(): Promise<void> {
    return this.send('EnterpriseScored', scoredOf(this.sample));
  }

  /** The state that the line has of it. */
  async kept(): Promise<string | null> {
    const { rows } = await db.database.query<{ state: string | null }>(
      'select state from decisioning.applications where application_id = $1',
      [this.id],
    );
    return rows[0]?.state ?? null;
  }

  isPinned(ref: string): Promise<unknown> {
    return eventually(`it is pinned to ${ref}`, async () =>
      (await this.kept())?.includes(`"ref":"${ref}"`),
    );
  }

  async decisions(): Promise<{ type: EventName; version: number | undefined }[]> {
    const topic = topicName(topicOf('LoanApproved'), this.sample.lender);
    const found: { type: EventName; version: number | undefined }[] = [];
    await log.scan([topic], ({ key, value }) => {
      if (key?.toString() !== this.id) return;
      const { type, data } = decode(value as Buffer, topic);
      const { basis } = data as { basis?: { policyVersion: number } };
      found.push({ type, version: basis?.policyVersion });
    });
    return found;
  }

  decided(): Promise<{ type: EventName; version: number | undefined }[]> {
    return eventually('it is decided', async () => {
      const found = await this.decisions();
      return found.length > 0 && found;
    });
  }
}

async function deadLetters(): Promise<{ code: string | undefined; key: string | undefined }[]> {
  const found: { code: string | undefined; key: string | undefined }[] = [];
  await log.scan([workerTopics('decisioning').deadLetter], ({ key, headers }) => {
    found.push({ code: headers['x-dlq-code']?.toString(), key: key?.toString() });
  });
  return found;
}

test('members judge each application by its own version, or stop where they lack it', async () => {
  worker = await memberOf(before);
  const early = new Application(sensor);
  await early.enters(asOf);
  await early.isPinned('boc-zj@1');

  // Two versions are known now, and the second is in force: what is in flight keeps the first.
  await worker.stop();
  worker = await memberOf(after);
  await early.isScored();
  expect(await early.decided()).toEqual([{ type: 'LoanApproved', version: 1 }]);
  const late = new Application(sensor);
  await late.enters(asOf);
  await late.isPinned('boc-zj@2');

  // A member of the release before cannot judge it: its lane stops, and nothing is skipped.
  await worker.stop();
  worker = await memberOf(before);
  await late.isScored();
  const reasons = await eventually('the lane is stopped', async () => {
    const response = await fetch(`${worker.address}/readyz`);
    const body = (await response.json()) as { reasons: string[] };
    return body.reasons.some((reason) => reason.includes('lane 0')) && body.reasons;
  });
  expect(reasons).toEqual(['lane 0 of decisioning is stopped by a broken invariant']);
  expect(await late.decisions()).toEqual([]);
  expect(await deadLetters()).toEqual([]);

  await worker.stop();
  worker = await memberOf(after);
  expect(await late.decided()).toEqual([{ type: 'LoanDeclined', version: 2 }]);

  const stranger = new Application({ ...sensor, lender: 'new-bank' });
  await stranger.enters(asOf);
  await eventually('it is a dead letter', async () => (await deadLetters()).length > 0);
  expect(await deadLetters()).toEqual([{ code: 'SAIDAO_POLICY_MISSING', key: stranger.id }]);
});
