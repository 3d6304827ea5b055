// Decisioning as a process would run it: line, door, a real PostgreSQL, a log in memory.
import { randomBytes } from 'node:crypto';
import { MemoryBroker, partitionOf, type EventLog } from '@saidao/event-log';
import {
  allTopicNames,
  decode,
  encode,
  topicName,
  topicOf,
  type EventMap,
  type EventName,
  type LatestDecision,
  type LoanApproved,
  type LoanReferred,
} from '@saidao/schemas';
import { eventually, testDatabase, type TestDatabase } from '@saidao/testkit';
import { businessDateOf, uuidV7 } from '@saidao/values';
import { createLogger, startWorker, writeRecord, type RunningWorker } from '@saidao/worker';
import { afterAll, beforeAll, describe, expect, inject, test } from 'vitest';
import { caseNamed, locked, received, scoredOf, type SampleCase } from './cases.fixture.ts';
import { composeDecisioning } from './compose.ts';
import { decisioningSettings } from './config.ts';

const PARTITIONS = 3;
const LENDERS = ['exim-zj', 'boc-zj', 'czb-hz'];
const DAY_MS = 86_400_000;
const tokens = {
  'officer-a': 'the-token-of-officer-a',
  'officer-b': 'the-token-of-officer-b',
  'officer-of-boc': 'the-token-of-the-other-officer',
  web: 'the-token-of-a-channel',
};

let db: TestDatabase;
let broker: MemoryBroker;
let log: EventLog;
let worker: RunningWorker;
let nowMs = Date.UTC(2026, 10, 20, 2);

beforeAll(async () => {
  db = await testDatabase({
    adminUrl: inject('databaseUrl'),
    template: 'empty',
    prepare: () => Promise.resolve(),
  });
  broker = new MemoryBroker();
  log = broker.connect();
  await log.createTopics(
    allTopicNames(LENDERS).map((name) => ({
      name,
      partitions: PARTITIONS,
      ...(name.includes('dead-letter') && { config: { 'max.message.bytes': '2097152' } }),
    })),
  );
  worker = await startDecisioning();
});

function startDecisioning(): Promise<RunningWorker> {
  const of = (principal: keyof typeof tokens, role: string, lender: string) => ({
    principal,
    role,
    lenders: [lender],
    token: tokens[principal],
  });
  return startWorker({
    service: 'decisioning',
    env: {
      KAFKA_BROKERS: 'localhost:1',
      DATABASE_URL: db.url,
      LENDERS: LENDERS.join(','),
      PARTITIONS: String(PARTITIONS),
      HTTP_PORT: '0',
      PRINCIPALS: JSON.stringify([
        of('officer-a', 'officer', 'exim-zj'),
        of('officer-b', 'officer', 'exim-zj'),
        of('officer-of-boc', 'officer', 'boc-zj'),
        of('web', 'channel', 'exim-zj'),
      ]),
    },
    settings: decisioningSettings,
    migrations: new URL('./migrations/', import.meta.url),
    logger: createLogger({ service: 'decisioning', level: 'silent' }),
    openLog: () => broker.connect(),
    clock: { nowMs: () => nowMs, steadyMs: () => performance.now() },
    build: composeDecisioning,
  });
}

afterAll(async () => {
  await worker.stop();
  await log.close();
  await db.close();
});

const newId = () => uuidV7(Date.now(), randomBytes(10));

/** An enterprise of its own, so that cases do not share a limit. */
function fresh(sample: SampleCase): SampleCase {
  const uscc = `9133${randomBytes(7).toString('hex').toUpperCase()}`;
  return { ...sample, enterprise: { ...sample.enterprise, uscc } };
}

class Application {
  readonly id = newId();
  readonly sample: SampleCase;
  readonly lane: number;
  revision = 1;
  readonly #numbers = new Map<string, number>();

  constructor(sample: SampleCase) {
    this.sample = sample;
    this.lane = partitionOf(Buffer.from(this.id), PARTITIONS);
  }

  async send<N extends EventName>(type: N, data: EventMap[N]): Promise<void> {
    const { id: applicationId, revision } = this;
    const topic = topicName(topicOf(type), this.sample.lender);
    const number = (this.#numbers.get(topic) ?? 0) + 1;
    this.#numbers.set(topic, number);
    const record = writeRecord(
      {
        line: 'test',
        topic,
        partition: this.lane,
        applicationId,
        number,
        type,
        lenderId: this.sample.lender,
        time: new Date(nowMs).toISOString(),
        correlationId: applicationId,
        causationId: 'test',
        traceparent: undefined,
      },
      encode(type, { ...data, applicationId, revision }, topic),
    );
    await log.send([record]);
  }

  async judged(content = received(this.sample).content): Promise<void> {
    const usccValid = true;
    const enterprise = { ...content.enterprise, usccValid };
    const type = this.revision === 1 ? 'ApplicationReceived' : 'ApplicationAmended';
    await this.send(
      type,
      received(this.sample, { content: { ...content, enterprise }, lenderId: this.sample.lender }),
    );
    await this.send('EnterpriseScored', scoredOf(this.sample));
    if (this.sample.product === 'IP_PLEDGE') await this.send('PledgeLocked', locked(this.sample));
  }

  accept(acceptedAtMs = nowMs): Promise<void> {
    return this.send('OfferAccepted', {
      applicationId: this.id,
      revision: this.revision,
      lenderId: this.sample.lender,
      acceptedAt: BigInt(acceptedAtMs),
      businessDate: businessDateOf(acceptedAtMs),
    });
  }

  async decisions() {
    const topic = `saidao.decisions.${this.sample.lender}.v1`;
    const found: { type: EventName; data: unknown; sequence: number }[] = [];
    await log.scan([topic], ({ key, value, headers }) => {
      if (key?.toString() !== this.id) return;
      const { type, data } = decode(value as Buffer, topic);
      found.push({ type, data, sequence: Number(headers['ce_sequence']) });
    });
    return found;
  }

  decided<T>(type: EventName): Promise<T> {
    return eventually(`${this.sample.id} has ${type}`, async () => {
      const found = (await this.decisions()).find((one) => one.type === type);
      return found && (found.data as T);
    });
  }

  async latest(): Promise<LatestDecision | undefined> {
    const topic = `saidao.latest-decisions.${this.sample.lender}.v1`;
    let last: LatestDecision | undefined;
    await log.scan([topic], ({ key, value }) => {
      if (key?.toString() === this.id) last = decode(value as Buffer, topic).data as LatestDecision;
    });
    return last;
  }

  says(status: string): Promise<LatestDecision> {
    return eventually(`the latest decision of ${this.sample.id} is ${status}`, async () => {
      const latest = await this.latest();
      return latest?.status === status && latest;
    });
  }

  async live(): Promise<{ approval_id: string; live: boolean }[]> {
    const { rows } = await db.database.query<{ approval_id: string; live: boolean }>(
      `select approval_id, live from decisioning.approvals where application_id = $1
       order by approval_id`,
      [this.id],
    );
    return rows;
  }
}

async function reviewed(
  application: Application,
  who: keyof typeof tokens,
  change: Record<string, unknown> = {},
  key?: string,
) {
  const response = await fetch(`${worker.address}/v1/reviews/${application.id}`, {
    method: 'POST',
    headers: {
      authorization: `Bearer ${tokens[who]}`,
      'content-type': 'application/json',
      ...(key !== undefined && { 'idempotency-key': key }),
    },
    body: JSON.stringify({ who, verdict: 'APPROVE', reason: 'sound', ...change }),
  });
  const body = (await response.json()) as { error?: { code: string; faults: { path: string }[] } };
  return { status: response.status, body, retryAfter: response.headers.get('retry-after') };
}

const sensor = caseNamed('new-quality-8m');
const lock = caseNamed('smart-lock-ip-pledge');

describe('the line', () => {
  test('decides, offers and authorises, and says the latest each time', async () => {
    const application = new Application(fresh(sensor));
    await application.judged();
    const approved = await application.decided<LoanApproved>('LoanApproved');
    expect(approved.approvers).toEqual([]);
    expect(await application.says('APPROVED')).toMatchObject({
      sequence: 1n,
      productId: 'NEW_QUALITY',
      amount: { minor: 800_000_000n, currency: 'CNY' },
      ratePpm: approved.terms.ratePpm,
      decidedAt: BigInt(nowMs),
    });
    await application.accept();
    await application.decided('DisbursementAuthorised');
    expect(await application.says('AUTHORISED')).toMatchObject({ sequence: 2n });
    const { rows } = await db.database.query<{ type: string; content: string; digest: string }>(
      'select type, content, digest from decisioning.decisions where application_id = $1 order by id',
      [application.id],
    );
    expect(rows.map(({ type }) => type)).toEqual(['LoanApproved', 'DisbursementAuthorised']);
    expect(rows[0]?.content).toContain(approved.basis.policyDigest);
    expect(await application.live()).toEqual([{ approval_id: approved.approvalId, live: true }]);
  });

  test('lets an offer expire though it was down then, and honours what was accepted in time', async () => {
    const application = new Application(fresh(sensor));
    await application.judged();
    const { offerExpiresAt } = await application.decided<LoanApproved>('LoanApproved');
    await worker.stop();
    nowMs += 30 * DAY_MS + 1;
    worker = await startDecisioning();
    await application.decided('OfferExpired');
    await application.says('EXPIRED');
    expect((await application.live()).map(({ live }) => live)).toEqual([false]);
    await application.accept(Number(offerExpiresAt));
    await application.decided('DisbursementAuthorised');
    await application.says('AUTHORISED');
    expect((await application.live()).map(({ live }) => live)).toEqual([true]);
    nowMs -= 30 * DAY_MS + 1;
  });

  test('undoes an offer that is amended, and offers anew: one live approval', async () => {
    const application = new Application(fresh(sensor));
    await application.judged();
    await application.decided('LoanApproved');
    application.revision = 2;
    await application.judged();
    await eventually(
      'the second approval',
      async () => (await application.decisions()).length === 3,
    );
    expect((await application.decisions()).map(({ type }) => type)).toEqual([
      'LoanApproved',
      'ApprovalUndone',
      'LoanApproved',
    ]);
    expect(await application.live()).toEqual([
      { approval_id: `${application.id}-1-approval`, live: false },
      { approval_id: `${application.id}-2-approval`, live: true },
    ]);
  });

  test('shares an enterprise’s limit between its applications, whichever lanes they are on', async () => {
    const sample = fresh(sensor);
    const group = `group/boc-zj/${sample.enterprise.uscc}`;
    // All but 12 million of the limit is taken.
    await db.database.query('insert into decisioning.shared_rows (name, content) values ($1, $2)', [
      group,
      JSON.stringify({ entries: { other: { $bigint: String(48_800_000_000n) } } }),
    ]);
    const several = Array.from({ length: 6 }, () => new Application(sample));
    await Promise.all(several.map((application) => application.judged()));
    const amounts = await Promise.all(
      several.map((application) =>
        eventually('a decision', async () => {
          const [first] = await application.decisions();
          if (first === undefined) return undefined;
          const terms = (first.data as Partial<LoanApproved>).terms;
          return { amountFen: terms?.amount.minor ?? 0n };
        }),
      ),
    );
    const given = amounts.map(({ amountFen }) => Number(amountFen)).sort((a, b) => b - a);
    expect(given).toEqual([800_000_000, 400_000_000, 0, 0, 0, 0]);
  });
});

describe('the tables', () => {
  test('keep evidence as it was written', async () => {
    const application = new Application(fresh(sensor));
    await application.judged();
    await application.decided('LoanApproved');
    for (const statement of [
      `update decisioning.decisions set content = ''`,
      'delete from decisioning.decisions',
      'truncate decisioning.decisions',
    ]) {
      await expect(db.database.query(statement)).rejects.toThrow(/neither changed nor taken out/);
    }
  });

  test('refuse a second live approval of an application', async () => {
    const insert = (id: string) =>
      db.database.query(
        `insert into decisioning.approvals values ($1, 'twice', 'boc-zj', 1, 1, true, now())`,
        [id],
      );
    await insert('one');
    await expect(insert('two')).rejects.toThrow(/approvals_one_live/);
  });
});

describe('the door', () => {
  async function referred(): Promise<Application> {
    const application = new Application(fresh(lock));
    await application.judged();
    await application.decided<LoanReferred>('LoanReferred');
    return application;
  }

  test('takes the verdicts of two officers', async () => {
    const application = await referred();
    expect((await reviewed(application, 'officer-a')).status).toBe(202);
    expect((await reviewed(application, 'officer-a')).status).toBe(202);
    expect((await reviewed(application, 'officer-b')).status).toBe(202);
    const approved = await application.decided<LoanApproved>('LoanApproved');
    expect(approved.approvers).toEqual(['officer-a', 'officer-b']);
    expect((await application.decisions()).map(({ type }) => type)).toEqual([
      'LoanReferred',
      'LoanApproved',
    ]);
  });

  test('takes a decline with its reason', async () => {
    const application = await referred();
    const refused = await reviewed(application, 'officer-a', { verdict: 'DECLINE' });
    expect(refused).toMatchObject({
      status: 422,
      body: { error: { faults: [{ path: 'reasonCode' }] } },
    });
    const unknown = await reviewed(application, 'officer-a', {
      verdict: 'DECLINE',
      reasonCode: 'X',
    });
    expect(unknown.status).toBe(422);
    const taken = await reviewed(application, 'officer-a', {
      verdict: 'DECLINE',
      reasonCode: 'F01',
    });
    expect(taken.status).toBe(202);
    expect(await application.decided('LoanDeclined')).toMatchObject({
      decidedBy: ['officer-a'],
      reasons: [{ code: 'F01', detail: 'sound' }, { code: 'M01' }],
    });
  });

  test('lets nobody speak for another, for another lender, or of what is not there', async () => {
    const application = await referred();
    const statuses = await Promise.all([
      reviewed(application, 'officer-a', { who: 'officer-b' }),
      reviewed(application, 'officer-of-boc'),
      reviewed(application, 'web'),
      reviewed(new Application(lock), 'officer-a'),
      reviewed(application, 'officer-a', { verdict: 'MAYBE' }),
      reviewed(application, 'officer-a', { extra: 1 }),
      reviewed(application, 'officer-a', { reason: '' }),
    ]);
    expect(statuses.map(({ status }) => status)).toEqual([403, 404, 403, 404, 400, 400, 400]);
  });

  test('gives one Idempotency-Key one meaning', async () => {
    const application = await referred();
    expect((await reviewed(application, 'officer-a', {}, 'key-1')).status).toBe(202);
    expect((await reviewed(application, 'officer-a', {}, 'key-1')).status).toBe(202);
    const other = await reviewed(application, 'officer-a', { reason: 'other' }, 'key-1');
    expect(other).toMatchObject({ status: 409, body: { error: { code: 'SAIDAO_HTTP_CONFLICT' } } });
  });

  test('answers 503 while the log does not acknowledge, and the next try counts', async () => {
    const application = await referred();
    broker.setAvailable(false);
    const refused = await reviewed(application, 'officer-a');
    broker.setAvailable(true);
    expect(refused.status).toBe(503);
    expect(Number(refused.retryAfter)).toBeGreaterThan(0);
    expect((await reviewed(application, 'officer-a')).status).toBe(202);
    expect((await reviewed(application, 'officer-b')).status).toBe(202);
    expect(await application.decided('LoanApproved')).toMatchObject({
      approvers: ['officer-a', 'officer-b'],
    });
  });
});
