// The whole service for one test: both lines on a real database and Redis, the outside world, a log.
import { randomBytes } from 'node:crypto';
import { connectKafka, MemoryBroker } from '@saidao/event-log';
import { allTopicNames, decode, type EventMap, type EventName } from '@saidao/schemas';
import { eventually, numbering, testDatabase } from '@saidao/testkit';
import { uuidV7 } from '@saidao/values';
import { createLogger, startWorker } from '@saidao/worker';
import { inject, onTestFinished } from 'vitest';
import { openOutsideWorld } from './adapters/outside-world.fixture.ts';
import { composePatentVerification } from './compose.ts';
import { contradictionsOf, patentVerificationSettings } from './config.ts';

/** As many as other specs have on the Kafka that they share. */
const PARTITIONS = 6;
const LENDERS = ['exim-zj', 'czb-hz'];

type Written = { readonly [N in EventName]: { readonly type: N; readonly data: EventMap[N] } };

export const newApplicationId = (): string => uuidV7(Date.now(), randomBytes(10));

const quiet = { debug() {}, warn() {} };

/** A log in memory, or the Kafka that the specs share: there other specs' events are met too. */
export async function openService(
  environment: Readonly<Record<string, string>> = {},
  logOf: 'memory' | 'kafka' = 'memory',
) {
  const world = await openOutsideWorld();
  const tables = await testDatabase({
    adminUrl: inject('databaseUrl'),
    template: 'empty',
    prepare: async () => undefined,
  });
  const memory = new MemoryBroker();
  const brokers = inject('brokers');
  const log =
    logOf === 'memory'
      ? memory.connect()
      : connectKafka({ brokers, clientId: 'test', logger: quiet });
  await log.createTopics(allTopicNames(LENDERS).map((name) => ({ name, partitions: PARTITIONS })));
  const worker = await startWorker({
    service: 'patent-verification',
    env: {
      KAFKA_BROKERS: logOf === 'memory' ? 'localhost:1' : brokers.join(','),
      DATABASE_URL: tables.url,
      REDIS_URL: inject('redisUrl'),
      CACHE_MAC_KEY: randomBytes(24).toString('hex'),
      LENDERS: LENDERS.join(','),
      PARTITIONS: String(PARTITIONS),
      HTTP_PORT: '0',
      OUTSIDE_WORLD_URL: world.url,
      ...environment,
    },
    settings: patentVerificationSettings,
    check: contradictionsOf,
    migrations: new URL('./migrations/', import.meta.url),
    build: composePatentVerification,
    ...(logOf === 'memory' ? { openLog: () => memory.connect() } : {}),
    logger: createLogger({ service: 'patent-verification', level: 'silent' }),
  });
  onTestFinished(async () => {
    await worker.stop();
    await log.close();
    await tables.close();
  });

  const numbered = numbering();

  /** Appends an event as the line that writes it would. */
  async function append<N extends EventName>(type: N, data: EventMap[N]): Promise<void> {
    await log.send([numbered(type, data, { partitions: PARTITIONS })]);
  }

  /** What the service has said of an application on both its topics. */
  async function saidOf(applicationId: string): Promise<Written[EventName][]> {
    const said: Written[EventName][] = [];
    for (const name of ['saidao.patent-findings.v1', 'saidao.pledges.v1']) {
      await log.scan([name], ({ key, value, topic }) => {
        if (key?.toString('utf8') !== applicationId || value === null) return;
        said.push(decode(value, topic) as unknown as Written[EventName]);
      });
    }
    return said;
  }

  /** The n-th event of this type that the service says of the application. */
  function said<N extends EventName>(
    type: N,
    applicationId: string,
    options: { readonly nth?: number; readonly deadlineMs?: number } = {},
  ): Promise<EventMap[N]> {
    const { nth = 1, deadlineMs = 20_000 } = options;
    const look = async () => {
      const all = (await saidOf(applicationId)).filter((one) => one.type === type);
      return all[nth - 1]?.data as EventMap[N] | undefined;
    };
    return eventually(`${type} number ${nth} of ${applicationId}`, look, { deadlineMs });
  }

  const livePledges = async () => {
    const { rows } = await tables.database.query<{
      patent_number: string;
      application_id: string;
      registration_number: string | null;
    }>('select * from pledge.live_pledges order by patent_number');
    return rows;
  };
  const pastPledges = async () => {
    const { rows } = await tables.database.query<{
      patent_number: string;
      application_id: string;
      registration_number: string | null;
      cause: string;
    }>('select * from pledge.past_pledges order by patent_number');
    return rows;
  };

  return { world, worker, append, said, saidOf, livePledges, pastPledges, tables };
}

export type Service = Awaited<ReturnType<typeof openService>>;
