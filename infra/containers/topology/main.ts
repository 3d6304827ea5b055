// Makes a broker's topics and rights what the catalogue asks for, and ends: before a release starts.
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
import { openBroker } from '@saidao/event-log';
import {
  applyDifferences,
  differencesOf,
  principalsOf,
  settingsOf,
  textOf,
  wantedTopology,
} from '@saidao/topology';
import { createLogger, workerSettings } from '@saidao/worker';

const { kafkaBrokers, lenders, partitions } = workerSettings;
const table = settings({
  ...{ kafkaBrokers, lenders, partitions, ...kafkaLoginSettings },
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
  const { channels = [], replication: replicationFactor } = given;
  const all = wantedTopology({ ...given, channels, replicationFactor });
  const wanted = given.rights ? all : { ...all, acls: [] };
  const ours = new Set(principalsOf({ ...given, channels }));
  const broker = await openBroker({ brokers: given.kafkaBrokers, ...loginOf(given) });
  try {
    const topics = await broker.topics(settingsOf(wanted));
    const acls = given.rights ? await broker.acls() : [];
    if (acls === null)
      throw new Error('it has no authorizer: give it one, or TOPOLOGY_RIGHTS=false');
    const plan = differencesOf(wanted, { topics, acls }, (principal) => ours.has(principal));
    await applyDifferences(broker, plan);
    for (const one of plan) logger.info(textOf(one));
    const refused = plan.filter(({ kind }) => kind === 'refused');
    if (refused.length > 0) throw new Error(refused.map(textOf).join('; '));
    logger.info(
      { topics: wanted.topics.length, rights: wanted.acls.length },
      'all is as it should be',
    );
  } finally {
    await broker.close();
  }
} catch (error) {
  logger.fatal({ err: error }, `The broker could not be made so: ${(error as Error).message}`);
  process.exitCode = 1;
}
