// Creates the topics of the catalogue that are not there, once a broker answers, and ends.
import { setTimeout as pause } from 'node:timers/promises';
import { readSettings, settings } from '@saidao/config';
import { connectKafka, type KafkaEventLog } from '@saidao/event-log';
import { topicSpecs } from '@saidao/schemas';
import { createLogger, workerSettings } from '@saidao/worker';

const AGAIN_MS = 1_000;

const { kafkaBrokers, lenders, partitions, startTimeoutMs } = workerSettings;
const table = settings({ kafkaBrokers, lenders, partitions, startTimeoutMs });
const logger = createLogger({ service: 'topics' });

try {
  const given = readSettings(table, process.env);
  const quiet = { debug() {}, warn() {} };
  const log = connectKafka({
    brokers: given.kafkaBrokers,
    clientId: 'saidao-topics',
    logger: quiet,
  });
  try {
    const specs = topicSpecs(given.lenders, given.partitions);
    await untilConnected(log, performance.now() + given.startTimeoutMs);
    const { created } = await log.createTopics(specs);
    logger.info({ count: created.length }, `${specs.length} topics are there`);
  } finally {
    await log.close();
  }
} catch (error) {
  logger.fatal({ err: error }, `The topics could not be created: ${(error as Error).message}`);
  process.exitCode = 1;
}

async function untilConnected(log: KafkaEventLog, deadlineMs: number): Promise<void> {
  for (;;) {
    try {
      await log.connect();
      return;
    } catch (error) {
      if (performance.now() > deadlineMs) throw error;
      await pause(AGAIN_MS);
    }
  }
}
