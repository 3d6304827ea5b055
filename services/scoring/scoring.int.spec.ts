// Scoring as a process would run it: the line, a real PostgreSQL, a log in memory.
import { randomBytes } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { MemoryBroker, type EventLog } from '@saidao/event-log';
import {
  type EnterpriseScored,
  type EventMap,
  type EventName,
  decode,
  topicName,
  topicSpecs,
  topics,
} from '@saidao/schemas';
import {
  type TestDatabase,
  blankChecks,
  eventually,
  numbering,
  testDatabase,
} from '@saidao/testkit';
import { uuidV7 } from '@saidao/values';
import { createLogger, startWorker, type RunningWorker } from '@saidao/worker';
import { afterAll, beforeAll, expect, inject, it } from 'vitest';
import { caseNamed, models, patentsVerified } from './cases.fixture.ts';
import { composeScoring } from './compose.ts';
import { scoringSettings } from './config.ts';

const PARTITIONS = 3;
const LENDERS = ['exim-zj', 'boc-zj', 'czb-hz'];
const SCORES = topicName(topics.scores);

let db: TestDatabase;
let broker: MemoryBroker;
let log: EventLog;
let worker: RunningWorker;

beforeAll(async () => {
  db = await testDatabase({
    adminUrl: inject('databaseUrl'),
    template: 'empty',
    prepare: () => Promise.resolve(),
  });
  broker = new MemoryBroker();
  log = broker.connect();
  await log.createTopics(topicSpecs(LENDERS, PARTITIONS));
  worker = await startWorker({
    service: 'scoring',
    env: {
      KAFKA_BROKERS: 'localhost:1',
      DATABASE_URL: db.url,
      LENDERS: LENDERS.join(','),
      PARTITIONS: String(PARTITIONS),
      HTTP_PORT: '0',
    },
    settings: scoringSettings,
    migrations: new URL('./migrations/', import.meta.url),
    logger: createLogger({ service: 'scoring', level: 'silent' }),
    openLog: () => broker.connect(),
    build: composeScoring,
  });
});

afterAll(async () => {
  await worker.stop();
  await log.close();
  await db.close();
});

const lock = caseNamed('smart-lock-ip-pledge');
const [first] = lock.patents;

class Application {
  readonly id = uuidV7(Date.now(), randomBytes(10));
  readonly #numbered = numbering();

  async send<N extends EventName>(type: N, data: EventMap[N]): Promise<void> {
    const own = { ...data, applicationId: this.id, lenderId: lock.lender };
    const place = { partitions: PARTITIONS, timeMs: Date.parse('2026-11-20T02:00:00.000Z') };
    await log.send([this.#numbered(type, own, place)]);
  }

  async verified(revision: number): Promise<void> {
    const identity = { applicationId: this.id, revision, lenderId: lock.lender };
    await this.send('EnterpriseChecked', { ...identity, ...blankChecks, checks: [] });
    await this.send('PatentsVerified', patentsVerified(lock, { revision }));
  }

  async scores(): Promise<EnterpriseScored[]> {
    const found: EnterpriseScored[] = [];
    await log.scan([SCORES], ({ key, value }) => {
      if (key?.toString() !== this.id) return;
      found.push(decode(value as Buffer, SCORES).data as EnterpriseScored);
    });
    return found;
  }

  scored(count: number): Promise<EnterpriseScored[]> {
    return eventually(`it has ${count} scores`, async () => {
      const scores = await this.scores();
      return scores.length === count && scores;
    });
  }

  async rows() {
    const { rows } = await db.database.query(
      `select revision, round, cause, lender_id, model_id, model_version, model_digest, input_hash,
         points, max_points, grade, stage, region_code, size_class, founded_year,
         factor_shares, business_date::text as business_date
       from scoring.scores where application_id = $1 order by revision, round`,
      [this.id],
    );
    return rows;
  }
}

it('scores what is verified, amended and changed, and keeps every score', async () => {
  const application = new Application();
  await application.verified(1);
  await application.scored(1);
  await application.send('CollateralChanged', {
    applicationId: application.id,
    revision: 1,
    lenderId: lock.lender,
    authorisationId: null,
    stage: 'LOCK',
    changes: [
      {
        number: first!.number,
        ground: 'PL02',
        result: 'ADVERSE',
        reason: 'terminated',
        evidence: [],
      },
    ],
    observedAt: 1n,
  });
  await application.scored(2);
  await application.verified(2);
  const scores = await application.scored(3);

  expect(
    scores.map(({ revision, round, cause, points }) => [revision, round, cause, points]),
  ).toEqual([
    [1, 1, 'VERIFIED', 6785],
    [1, 2, 'COLLATERAL_CHANGED', 6510],
    [2, 1, 'VERIFIED', 6785],
  ]);
  const rows = await application.rows();
  expect(rows).toMatchObject(
    scores.map(({ revision, round, cause, points, inputHash }) => ({
      revision,
      round,
      cause,
      points,
      input_hash: inputHash,
    })),
  );
  expect(rows[0]).toMatchObject({
    lender_id: 'exim-zj',
    model_id: 'soft-power',
    model_version: 2,
    model_digest: models.champion('2026-11-20').digest,
    max_points: 8200,
    grade: 'AA',
    stage: 'stable',
    region_code: '330100',
    size_class: 'medium',
    founded_year: 2009,
    factor_shares: { SUBSIDY_LEVEL: 60, TALENT_GRADE: null },
    business_date: '2026-11-20',
  });
});

it('lets nobody change a score that was given', async () => {
  const application = new Application();
  await application.verified(1);
  await application.scored(1);
  const change = (statement: string) => db.database.query(statement, [application.id]);
  await expect(
    change(`update scoring.scores set points = 1 where application_id = $1`),
  ).rejects.toThrow(/keeps every score/);
  await expect(change(`delete from scoring.scores where application_id = $1`)).rejects.toThrow(
    /keeps every score/,
  );
  await expect(db.database.query('truncate scoring.scores')).rejects.toThrow(/keeps every score/);
});

it('lets its owner take out old scores as the README says, and keeps the others guarded', async () => {
  const application = new Application();
  await application.verified(1);
  await application.scored(1);
  const readme = readFileSync(new URL('README.md', import.meta.url), 'utf8');
  const statements = /```sql\n(.*?)```/s.exec(readme)?.[1] ?? '';
  expect(statements).toContain('delete from scoring.scores');
  await db.database.query(statements);
  expect(await application.rows()).toHaveLength(1);
  await db.database.query(statements.replace(/now\(\) - interval '10 years'/, "'infinity'"));
  expect(await application.rows()).toHaveLength(0);

  await application.verified(2);
  await application.scored(2);
  await eventually('its row', async () => (await application.rows()).length === 1);
  await expect(db.database.query('delete from scoring.scores')).rejects.toThrow(
    /keeps every score/,
  );
});
