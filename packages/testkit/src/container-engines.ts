// Engines for tests in containers, from the official images.
import { freePort } from '@saidao/local';
import { GenericContainer, Wait, getContainerRuntimeClient } from 'testcontainers';
import type { StartedTestContainer } from 'testcontainers';
import { engineImages } from './engine-images.ts';

export interface ContainerEngines {
  readonly brokers: string[];
  readonly databaseUrl: string;
  readonly redisUrl: string;
  stop(): Promise<void>;
}

const READY_MS = 120_000;
const HEALTH = { interval: 500, timeout: 5_000, retries: 240 };

/** Resolves when all three do their work; whatever becomes of this process, they end after it. */
export async function startContainerEngines(): Promise<ContainerEngines> {
  const outcomes = await Promise.allSettled([startKafka(), startPostgres(), startRedis()]);
  const started = outcomes.flatMap((one) =>
    one.status === 'fulfilled' ? [one.value.container] : [],
  );
  const stop = async () => {
    await Promise.all(started.map((container) => container.stop()));
  };
  const [kafka, postgres, redis] = outcomes.map((one) =>
    one.status === 'fulfilled' ? one.value.address : '',
  ) as [string, string, string];
  const failed = outcomes.find((one) => one.status === 'rejected');
  if (failed === undefined) {
    return { brokers: [kafka], databaseUrl: postgres, redisUrl: redis, stop };
  }
  await stop();
  throw failed.reason;
}

interface Started {
  readonly container: StartedTestContainer;
  readonly address: string;
}

/** A broker has to know beforehand by which port clients reach it: so the host's is chosen here. */
async function startKafka(): Promise<Started> {
  const client = await getContainerRuntimeClient();
  const address = `${client.info.containerRuntime.host}:${await freePort()}`;
  const container = await new GenericContainer(engineImages.kafka)
    .withExposedPorts({ container: 9092, host: Number(address.split(':').at(-1)) })
    .withEnvironment({
      KAFKA_HEAP_OPTS: '-Xmx512m -Xms128m',
      KAFKA_NODE_ID: '1',
      KAFKA_PROCESS_ROLES: 'broker,controller',
      KAFKA_CONTROLLER_QUORUM_VOTERS: '1@localhost:9093',
      KAFKA_CONTROLLER_LISTENER_NAMES: 'CONTROLLER',
      KAFKA_INTER_BROKER_LISTENER_NAME: 'INSIDE',
      KAFKA_LISTENERS: 'INSIDE://localhost:19092,HOST://:9092,CONTROLLER://localhost:9093',
      KAFKA_ADVERTISED_LISTENERS: `INSIDE://localhost:19092,HOST://${address}`,
      KAFKA_LISTENER_SECURITY_PROTOCOL_MAP: 'INSIDE:PLAINTEXT,HOST:PLAINTEXT,CONTROLLER:PLAINTEXT',
      KAFKA_AUTO_CREATE_TOPICS_ENABLE: 'false',
      KAFKA_OFFSETS_TOPIC_NUM_PARTITIONS: '4',
      KAFKA_OFFSETS_TOPIC_REPLICATION_FACTOR: '1',
      KAFKA_TRANSACTION_STATE_LOG_NUM_PARTITIONS: '2',
      KAFKA_TRANSACTION_STATE_LOG_REPLICATION_FACTOR: '1',
      KAFKA_TRANSACTION_STATE_LOG_MIN_ISR: '1',
      KAFKA_SHARE_COORDINATOR_STATE_TOPIC_NUM_PARTITIONS: '1',
      KAFKA_SHARE_COORDINATOR_STATE_TOPIC_REPLICATION_FACTOR: '1',
      KAFKA_SHARE_COORDINATOR_STATE_TOPIC_MIN_ISR: '1',
      KAFKA_GROUP_INITIAL_REBALANCE_DELAY_MS: '0',
    })
    .withWaitStrategy(Wait.forLogMessage(/Kafka Server started/))
    .withStartupTimeout(READY_MS)
    .start();
  return { container, address };
}

async function startPostgres(): Promise<Started> {
  const container = await new GenericContainer(engineImages.postgres)
    .withExposedPorts(5432)
    .withCommand(['postgres', '-c', 'max_connections=300', '-c', 'timezone=UTC'])
    .withEnvironment({
      POSTGRES_USER: 'saidao',
      POSTGRES_PASSWORD: 'saidao',
      POSTGRES_DB: 'saidao',
      POSTGRES_INITDB_ARGS:
        '--encoding=UTF8 --locale-provider=builtin --builtin-locale=C.UTF-8 --locale=C',
    })
    // By TCP: while it sets its data up, it answers on the socket alone.
    .withHealthCheck({ test: ['CMD', 'pg_isready', '-h', '127.0.0.1', '-U', 'saidao'], ...HEALTH })
    .withWaitStrategy(Wait.forHealthCheck())
    .withStartupTimeout(READY_MS)
    .start();
  const at = addressOf(container, 5432);
  return { container, address: `postgres://saidao:saidao@${at}/saidao` };
}

async function startRedis(): Promise<Started> {
  const container = await new GenericContainer(engineImages.redis)
    .withExposedPorts(6379)
    .withCommand([
      ...['--save', '', '--appendonly', 'no'],
      ...['--maxmemory', '128mb', '--maxmemory-policy', 'allkeys-lru'],
    ])
    .withHealthCheck({ test: ['CMD', 'redis-cli', 'ping'], ...HEALTH })
    .withWaitStrategy(Wait.forHealthCheck())
    .withStartupTimeout(READY_MS)
    .start();
  return { container, address: `redis://${addressOf(container, 6379)}` };
}

function addressOf(container: StartedTestContainer, port: number): string {
  return `${container.getHost()}:${container.getMappedPort(port)}`;
}
