// A service's process without the line: its parts are put together and each line reads with eachMessage.
import { readSettings, type SettingsOf } from '@saidao/config';
import {
  createCache,
  createHttp,
  createLogger,
  createMetrics,
  createProvider,
  inputsOf,
  migrateService,
  openDatabase,
  systemClock,
  type Database,
  type Line,
  type Principals,
  type WorkerContext,
  type WorkerOptions,
  type WorkerTable,
  type workerSettings,
} from '@saidao/worker';
import type { Secret } from '@saidao/config';
import kafkajs from 'kafkajs';
import { createPipeline } from './pipeline.ts';
import { openProducer, type NaiveProducer } from './producer.ts';

type Common = SettingsOf<typeof workerSettings>;

/** Takes what the line's runWorker takes, so that the very main.ts of each service can call it. */
export async function runWorker<Table extends WorkerTable>(
  options: WorkerOptions<Table>,
): Promise<void> {
  const { service } = options;
  const settings = readSettings(options.settings, options.env, options.check);
  const common = settings as unknown as Common;
  const logger = createLogger({ service, level: common.logLevel });
  const metrics = createMetrics({ service });
  const clock = systemClock;
  const closing: (() => Promise<unknown>)[] = [];
  const database = openDatabase({
    url: common.databaseUrl.reveal(),
    poolMax: common.databasePoolMax,
    applicationName: `naive ${service}`,
  });
  closing.push(() => database.close());
  const kafka = new kafkajs.Kafka({
    clientId: `naive-${service}`,
    brokers: [...common.kafkaBrokers],
    logLevel: kafkajs.logLevel.ERROR,
  });
  const producer = await openProducer(kafka);
  closing.push(() => producer.close());
  const context: WorkerContext<SettingsOf<Table>> = {
    settings,
    log: producer.log,
    database,
    provider: (given) => createProvider({ ...given, lenders: common.lenders, clock }),
    cache(given) {
      const cache = createCache({ ...given, logger, clock });
      closing.push(() => cache.close());
      return cache;
    },
    onStop: (work) => void closing.push(work),
    logger,
    metrics,
    clock,
  };
  const built = await options.build(context);
  const all = built.lines.map((one) => ('needs' in one ? one.line : one) as Line);
  // It stays the owner of its tables: what roles cost is not measured here.
  await migrateService({
    ...{ databaseUrl: common.databaseUrl.reveal(), service, lines: all.map(({ name }) => name) },
    ...(options.role !== undefined && { role: options.role }),
    ...(options.migrations !== undefined && { folder: options.migrations }),
  });
  const lines = all.filter(({ name }) => common.ownLines?.includes(name) ?? true);

  const joined = new Set<string>();
  const { principals } = settings as { principals?: Secret<Principals> };
  const http = await createHttp({
    name: service,
    logger,
    metrics,
    health: {
      alive: () => undefined,
      notReady: async () => lines.map(({ name }) => name).filter((name) => !joined.has(name)),
    },
    ...(built.doors !== undefined && { doors: built.doors }),
    ...(principals !== undefined && { principals: principals.reveal() }),
  });
  closing.push(() => http.close());
  await http.listen(common.httpHost, common.httpPort);

  for (const line of lines) {
    const consumer = await startLine({ line, kafka, producer, database, common }, (lanes) => {
      joined.add(line.name);
      logger.info({ line: line.name, lanes }, 'line owns lanes');
    });
    closing.push(() => consumer.disconnect());
  }
  for (const signal of ['SIGTERM', 'SIGINT'] as const) {
    process.once(signal, () => void stop(closing));
  }
}

interface Around {
  readonly line: Line;
  readonly kafka: kafkajs.Kafka;
  readonly producer: NaiveProducer;
  readonly database: Database;
  readonly common: Common;
}

async function startLine(
  { line, kafka, producer, database, common }: Around,
  onJoined: (partitions: readonly number[]) => void,
): Promise<kafkajs.Consumer> {
  const inputs = inputsOf(line, common.lenders);
  const pipeline = createPipeline({ line, database, producer, inputs });
  await pipeline.armTimers();
  const consumer = kafka.consumer({ groupId: `saidao.${line.name}` });
  consumer.on(consumer.events.GROUP_JOIN, ({ payload }) => {
    const partitions = Object.values(payload.memberAssignment).flat();
    onJoined([...new Set(partitions)].sort((a, b) => a - b));
  });
  await consumer.connect();
  const topics = [...inputs.values()].filter(({ kind }) => kind !== 'replay');
  await consumer.subscribe({ topics: topics.map(({ name }) => name), fromBeginning: true });
  await consumer.run({ eachMessage: pipeline.take });
  return consumer;
}

async function stop(closing: readonly (() => Promise<unknown>)[]): Promise<void> {
  for (const close of closing.toReversed()) await close();
  process.exit(0);
}
