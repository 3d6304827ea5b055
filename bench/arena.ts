// Engines of the bench's own, with every commit on the disk, and fresh ground on them for each run.
import { mkdirSync, readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { topicSpecs } from '@saidao/schemas';
import { connectKafka, type KafkaEventLog } from '@saidao/event-log';
import { isAlive, startEngines, type Engines, type OnStep } from '@saidao/local';
import kafkajs from 'kafkajs';
import pg from 'pg';
import { machineOf, refuseMemoryDisk, type Machine } from './machine.ts';
import { LENDERS, PARTITIONS, PROJECT_ROOT } from './place.ts';

/** Of the database: with anything else a commit may be lost, and costs less than in earnest. */
const DURABLE = {
  fsync: 'on',
  synchronous_commit: 'on',
  full_page_writes: 'on',
} as const;
const TOPICS_GONE_MS = 60_000;
const REDIS_DATABASES = 16;

export interface Arena {
  readonly home: string;
  /** What the processes of the runs said; kept until the next bench. */
  readonly logs: string;
  readonly engines: Engines;
  readonly machine: Machine;
  /** What the engines say of themselves, as `fsync=on`. */
  readonly durability: readonly string[];
  /** Empty topics and an empty database; what was there before is gone. */
  freshGround(): Promise<Ground>;
  [Symbol.asyncDispose](): Promise<void>;
}

/** What one run works on. */
export interface Ground {
  readonly run: number;
  readonly brokers: readonly string[];
  readonly databaseUrl: string;
  readonly redisUrl: string;
  openLog(clientId: string): KafkaEventLog;
}

export async function openArena(options: {
  readonly home?: string;
  /** Tells it from another arena of the same bench. */
  readonly name?: string;
  readonly onStep: OnStep;
  readonly signal: AbortSignal;
  readonly environment: Readonly<Record<string, string | undefined>>;
}): Promise<Arena> {
  // Beside the sources and not in /tmp, which may be kept in memory.
  const { name = 'arena' } = options;
  const home = options.home ?? join(PROJECT_ROOT, '.saidao', `bench-${process.pid}-${name}`);
  const logs = join(makeLogs(), name);
  mkdirSync(logs, { recursive: true });
  mkdirSync(home, { recursive: true });
  refuseMemoryDisk(home);
  const {
    KAFKA_BROKERS: _k,
    DATABASE_URL: _d,
    REDIS_URL: _r,
    ...environment
  } = options.environment;
  const engines = await startEngines({
    home,
    ports: { kafka: 0, postgres: 0, redis: 0 },
    environment,
    onStep: options.onStep,
    signal: options.signal,
  });
  const close = async () => {
    await engines.stop();
    rmSync(home, { recursive: true, force: true });
  };
  let runs = 0;
  try {
    const durability = await assertDurable(engines.databaseUrl);
    const { kafka, postgres, redis } = engines;
    const machine = machineOf(home, {
      kafka: kafka.version,
      postgres: postgres.version,
      redis: redis.version,
    });
    return {
      home,
      logs,
      engines,
      machine,
      durability: [...durability, 'Kafka: one broker, acks=all, page cache'],
      async freshGround() {
        runs += 1;
        return makeGround(engines, runs);
      },
      [Symbol.asyncDispose]: close,
    };
  } catch (error) {
    await close();
    throw error;
  }
}

/** Logs are kept until the next bench; another one may be running. */
function makeLogs(): string {
  const folder = join(PROJECT_ROOT, '.saidao', 'bench-logs');
  mkdirSync(folder, { recursive: true });
  for (const pid of readdirSync(folder)) {
    if (!isAlive(Number(pid))) rmSync(join(folder, pid), { recursive: true });
  }
  return join(folder, String(process.pid));
}

/** The engine's own word, not what it was told. */
async function assertDurable(databaseUrl: string): Promise<string[]> {
  return withDatabase(databaseUrl, async (client) => {
    const said: string[] = [];
    for (const [name, wanted] of Object.entries(DURABLE)) {
      const { rows } = await client.query<{ value: string }>(
        'select current_setting($1) as value',
        [name],
      );
      const value = rows[0]?.value;
      if (value !== wanted) {
        throw new Error(`PostgreSQL says ${name}=${value}: the bench wants ${wanted}.`);
      }
      said.push(`${name}=${value}`);
    }
    return said;
  });
}

async function makeGround(engines: Engines, run: number): Promise<Ground> {
  const { brokers, databaseUrl: adminUrl } = engines;
  const database = `bench_${run}`;
  await withDatabase(adminUrl, async (client) => {
    if (run > 1) await client.query(`drop database if exists bench_${run - 1} with (force)`);
    await client.query(`create database ${database}`);
    // What the last run has left to be written is not to be paid for by the next one.
    await client.query('checkpoint');
  });
  const openLog = (clientId: string) =>
    connectKafka({ brokers, clientId, logger: { debug() {}, warn() {} } });
  await makeTopics(brokers, openLog);
  const url = new URL(adminUrl);
  url.pathname = `/${database}`;
  return {
    run,
    brokers,
    databaseUrl: url.toString(),
    redisUrl: `${engines.redisUrl}/${run % REDIS_DATABASES}`,
    openLog,
  };
}

async function makeTopics(
  brokers: readonly string[],
  openLog: (clientId: string) => KafkaEventLog,
): Promise<void> {
  const specs = topicSpecs(LENDERS, PARTITIONS);
  const names = new Set(specs.map(({ name }) => name));
  const kafka = new kafkajs.Kafka({
    clientId: 'bench-admin',
    brokers: [...brokers],
    logLevel: kafkajs.logLevel.NOTHING,
  });
  const admin = kafka.admin();
  await admin.connect();
  try {
    const presentOf = async () => (await admin.listTopics()).filter((name) => names.has(name));
    const present = await presentOf();
    if (present.length > 0) {
      const { groups } = await admin.listGroups();
      if (groups.length > 0) await admin.deleteGroups(groups.map(({ groupId }) => groupId));
      await admin.deleteTopics({ topics: present });
      const untilMs = performance.now() + TOPICS_GONE_MS;
      while ((await presentOf()).length > 0) {
        if (performance.now() > untilMs) throw new Error('The broker does not let topics go.');
      }
    }
  } finally {
    await admin.disconnect();
  }
  const log = openLog('bench-topics');
  try {
    await log.createTopics(specs);
  } finally {
    await log.close();
  }
}

export async function withDatabase<T>(
  url: string,
  work: (client: pg.Client) => Promise<T>,
): Promise<T> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    return await work(client);
  } finally {
    await client.end();
  }
}
