// The gateway for one spec: its line and doors on a real PostgreSQL, a log in memory.
import { MemoryBroker } from '@saidao/event-log';
import { eventually, papersAt, testDatabase } from '@saidao/testkit';
import { createLogger, startWorker } from '@saidao/worker';
import { inject } from 'vitest';
import { composeGateway } from './compose.ts';
import { gatewaySettings } from './config.ts';
import { environment, topicsOfGateway } from './decided.fixture.ts';

export type GatewayService = Awaited<ReturnType<typeof openGateway>>;

export async function openGateway(more: Readonly<Record<string, string>> = {}) {
  const db = await testDatabase({
    adminUrl: inject('databaseUrl'),
    template: 'empty',
    prepare: () => Promise.resolve(),
  });
  const broker = new MemoryBroker();
  const log = broker.connect();
  await log.createTopics(topicsOfGateway);
  const start = () =>
    startWorker({
      service: 'gateway',
      env: { KAFKA_BROKERS: 'localhost:1', DATABASE_URL: db.url, ...environment, ...more },
      settings: gatewaySettings,
      migrations: new URL('./migrations/', import.meta.url),
      logger: createLogger({ service: 'gateway', level: 'silent' }),
      openLog: () => broker.connect(),
      build: composeGateway,
    });
  const worker = await start();
  return {
    /** Fails where an answer is not in the gateway's OpenAPI document. */
    hold: await papersAt(worker.address),
    db,
    log,
    worker,
    async untilFed(count: bigint): Promise<void> {
      await eventually(`${count} events are in the feeds`, async () => {
        const { rows } = await db.database.query<{ count: bigint }>(
          'select count(*) from gateway.feed',
        );
        return rows[0]?.count === count;
      });
    },
    async close() {
      await worker.stop();
      await log.close();
      await db.close();
    },
  };
}
