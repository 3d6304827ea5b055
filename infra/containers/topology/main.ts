// Makes a broker's topics and rights what the catalogue asks for, and ends: before a release starts.
import { setTimeout as pause } from 'node:timers/promises';
import {
  boolean,
  faultsOfLogin,
  integer,
  kafkaLoginSettings,
  list,
  loginOf,
  readSettings,
  settings,
} from '@saidao/config';
import { openBroker, type BrokerAdmin } from '@saidao/event-log';
import { applyDifferences, planOf, textOf } from '@saidao/topology';
import { createLogger, workerSettings } from '@saidao/worker';

const AGAIN_MS = 1_000;

const { kafkaBrokers, lenders, partitions, startTimeoutMs } = workerSettings;
const table = settings({
  ...{ kafkaBrokers, lenders, partitions, startTimeoutMs, ...kafkaLoginSettings },
  replication: {
    env: 'TOPOLOGY_REPLICATION',
    parse: integer(1, 32),
    default: '3',
    example: '3',
    doc: 'Copies of each partition.',
  },
  minInSync: {
    env: 'TOPOLOGY_MIN_IN_SYNC',
    parse: integer(1, 32),
    default: '2',
    example: '2',
    doc: 'Copies that hold what is acknowledged.',
  },
  channels: {
    env: 'TOPOLOGY_CHANNELS',
    parse: list,
    optional: true,
    example: 'portal,park-desk',
    doc: 'Channels that publish applications themselves.',
  },
  rights: {
    env: 'TOPOLOGY_RIGHTS',
    parse: boolean,
    default: 'true',
    example: 'false',
    doc: 'Whether rights are granted; false for a broker that asks nobody who he is.',
  },
});
const logger = createLogger({ service: 'topology' });

try {
  const given = readSettings(table, process.env, faultsOfLogin);
  const { kafkaBrokers: brokers, replication: replicationFactor, channels = [] } = given;
  const broker = await opened(brokers, performance.now() + given.startTimeoutMs);
  try {
    const plan = await planOf(broker, { ...given, channels, replicationFactor });
    const isApplied = await applyDifferences(broker, plan);
    for (const one of plan) logger.info(textOf(one));
    const refused = plan.filter(({ kind }) => kind === 'refused');
    if (refused.length > 0) {
      const told = isApplied ? [] : ['nothing was changed, as PARTITIONS is not what topics have'];
      throw new Error([...told, ...refused.map(textOf)].join('; '));
    }
    logger.info({ differences: plan.length }, 'topics and rights are as they should be');
  } finally {
    await broker.close();
  }

  async function opened(at: readonly string[], deadlineMs: number): Promise<BrokerAdmin> {
    for (;;) {
      try {
        return await openBroker({ brokers: at, ...loginOf(given) });
      } catch (error) {
        if (performance.now() > deadlineMs) throw error;
        await pause(AGAIN_MS);
      }
    }
  }
} catch (error) {
  logger.fatal({ err: error }, `The broker could not be made so: ${(error as Error).message}`);
  process.exitCode = 1;
}
