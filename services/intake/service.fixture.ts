// Intake for one spec: its line and door on a real PostgreSQL, the outside world, a log in memory.
import { randomBytes } from 'node:crypto';
import { MemoryBroker, partitionOf } from '@saidao/event-log';
import { type SubmissionJson, encode, submittedOf, topicSpecs } from '@saidao/schemas';
import { testDatabase } from '@saidao/testkit';
import { createLogger, startWorker } from '@saidao/worker';
import { inject } from 'vitest';
import { composeIntake } from './compose.ts';
import { contradictionsOf, intakeSettings } from './config.ts';
import { openWorld } from './world.fixture.ts';

export const PARTITIONS = 3;
export const APPLICATIONS = 'saidao.applications.v1';
export const SUBMISSIONS = 'saidao.submissions.v1';
export const TOKEN = 'a-channel-token-for-tests';
const LENDERS = ['boc-zj', 'czb-hz', 'exim-zj'];

export type IntakeService = Awaited<ReturnType<typeof openIntake>>;

export async function openIntake(environment: Readonly<Record<string, string>> = {}) {
  const db = await testDatabase({
    adminUrl: inject('databaseUrl'),
    template: 'empty',
    prepare: () => Promise.resolve(),
  });
  const world = await openWorld();
  const broker = new MemoryBroker();
  const log = broker.connect();
  await log.createTopics(topicSpecs(LENDERS, PARTITIONS));
  const principal = { principal: 'web', role: 'channel', lenders: ['boc-zj'], token: TOKEN };
  const reader = { principal: 'risk', role: 'reader', lenders: ['czb-hz'], token: `${TOKEN}-2` };
  const worker = await startWorker({
    service: 'intake',
    env: {
      KAFKA_BROKERS: 'localhost:1',
      DATABASE_URL: db.url,
      LENDERS: LENDERS.join(','),
      PARTITIONS: String(PARTITIONS),
      HTTP_PORT: '0',
      BUSINESS_DATE: '2026-11-20',
      PRINCIPALS: JSON.stringify([principal, reader]),
      OUTSIDE_WORLD_URL: world.url,
      PERSONS_MAC_KEY: randomBytes(24).toString('hex'),
      ...environment,
    },
    settings: intakeSettings,
    check: contradictionsOf,
    migrations: new URL('./migrations/', import.meta.url),
    logger: createLogger({ service: 'intake', level: 'silent' }),
    openLog: () => broker.connect(),
    build: composeIntake,
  });
  return {
    db,
    world,
    broker,
    log,
    worker,
    /** Sends a submission as a channel would append it. */
    byKafka(
      body: SubmissionJson,
      id: string,
      options: { value?: Buffer; partition?: number; headers?: Record<string, string> } = {},
    ): Promise<void> {
      const key = Buffer.from(`${body.lender}/${body.channel}/${body.reference}`);
      return log.send([
        {
          topic: SUBMISSIONS,
          partition: options.partition ?? partitionOf(key, PARTITIONS),
          key,
          value: options.value ?? encode('ApplicationSubmitted', submittedOf(body), SUBMISSIONS),
          headers: {
            ce_id: id,
            ce_type: 'ApplicationSubmitted',
            ce_lenderid: body.lender,
            ...options.headers,
          },
        },
      ]);
    },
    async close() {
      await worker.stop();
      await world.close();
      await log.close();
      await db.close();
    },
  };
}
