// Settings of the `saidao` command: where the local default keeps its data and listens.
import {
  hostPortList,
  kafkaLoginSettings,
  listOf,
  integer,
  port,
  secret,
  settings,
  text,
  textLike,
  url,
  urlWith,
} from '@saidao/config';

const lenderId = textLike(/^[a-z0-9]+(?:-[a-z0-9]+)*$/, 'a lender id of small letters, digits, -');

const lenderAmount = textLike(
  /^[a-z0-9]+(?:-[a-z0-9]+)*=\d{1,17}(?:\.\d{1,2})?$/,
  'a lender id, = and yuan, as czb-hz=100.00',
);

const ed25519Key = textLike(/^[0-9a-fA-F]{64}$/, 'an Ed25519 key, 32 bytes in hex');

function addressOf(env: string, what: string, example: string) {
  const doc = `Base address of ${what}, for commands where \`up\` does not run.`;
  return { env, parse: url, optional: true, example, doc } as const;
}

function localPort(env: string, number: string, what: string) {
  const doc = `Port of ${what}; 0 takes a free one.`;
  return { env, parse: port, default: number, example: number, doc } as const;
}

export const commandSettings = settings({
  home: {
    env: 'SAIDAO_HOME',
    parse: text,
    default: '.saidao',
    example: '/var/tmp/saidao',
    doc: 'Folder of data, logs and run files; a relative one stands in the project.',
  },
  kafkaPort: localPort('SAIDAO_KAFKA_PORT', '19092', 'the local Kafka'),
  postgresPort: localPort('SAIDAO_POSTGRES_PORT', '15432', 'the local PostgreSQL'),
  redisPort: localPort('SAIDAO_REDIS_PORT', '16379', 'the local Redis'),
  outsideWorldPort: localPort('SAIDAO_OUTSIDE_WORLD_PORT', '18090', 'the simulated outside world'),
  schemaRegistryPort: localPort('SAIDAO_SCHEMA_REGISTRY_PORT', '18087', 'the schema registry'),
  intakePort: localPort('SAIDAO_INTAKE_PORT', '18081', 'intake'),
  patentVerificationPort: localPort(
    'SAIDAO_PATENT_VERIFICATION_PORT',
    '18082',
    'patent-verification',
  ),
  scoringPort: localPort('SAIDAO_SCORING_PORT', '18083', 'scoring'),
  decisioningPort: localPort('SAIDAO_DECISIONING_PORT', '18084', 'decisioning'),
  disbursementLedgerPort: localPort(
    'SAIDAO_DISBURSEMENT_LEDGER_PORT',
    '18085',
    'disbursement-ledger',
  ),
  gatewayPort: localPort('SAIDAO_GATEWAY_PORT', '18086', 'gateway'),
  lenders: {
    env: 'LENDERS',
    parse: listOf(lenderId),
    default: 'exim-zj,boc-zj,czb-hz',
    example: 'exim-zj,boc-zj,czb-hz',
    doc: 'Ids of all lenders; the same for every worker.',
  },
  ledgerPublicKeys: {
    env: 'LEDGER_PUBLIC_KEYS',
    parse: listOf(ed25519Key),
    optional: true,
    example: '3b6a27bcceb6a42d62a3a8d02a6f0d73653215771de243a63ac048a18b59da29',
    doc:
      'By which days of the books may be signed, for `saidao ledger verify`; left out: the key of ' +
      'local runs, which proves nothing.',
  },
  reconcileBounds: {
    env: 'LEDGER_RECONCILE_BOUNDS',
    parse: listOf(lenderAmount),
    optional: true,
    example: 'czb-hz=100.00,boc-zj=0.00',
    doc:
      'How much a statement of the rail may differ from the books, for each lender, before its ' +
      'payouts are halted; 0.00 where a lender is not named.',
  },
  coreUser: {
    env: 'CORE_USER',
    parse: text,
    optional: true,
    example: 'saidao',
    doc: 'Who hands loans over to a core system, for `saidao ledger hand-over`.',
  },
  corePassword: {
    env: 'CORE_PASSWORD',
    parse: secret,
    optional: true,
    example: 'a-long-random-text',
    doc: 'The password of CORE_USER there.',
  },
  partitions: {
    env: 'PARTITIONS',
    parse: integer(1, 1_000),
    default: '6',
    example: '6',
    doc: 'Partitions of every topic; never changed once topics exist.',
  },
  kafkaBrokers: {
    env: 'KAFKA_BROKERS',
    parse: hostPortList,
    optional: true,
    example: 'localhost:9092',
    doc: 'Brokers to use instead of the local Kafka.',
  },
  ...kafkaLoginSettings,
  databaseUrl: {
    env: 'DATABASE_URL',
    parse: urlWith('postgres', 'postgresql'),
    optional: true,
    example: 'postgres://saidao:secret@localhost:5432/saidao',
    doc: 'A PostgreSQL database, 15 or later, to use instead of the local one.',
  },
  redisUrl: {
    env: 'REDIS_URL',
    parse: urlWith('redis', 'rediss'),
    optional: true,
    example: 'redis://localhost:6379',
    doc: 'A Redis, 6.2 or later, to use instead of the local one.',
  },
  intakeUrl: addressOf('INTAKE_URL', 'intake', 'http://localhost:18081'),
  patentVerificationUrl: addressOf(
    'PATENT_VERIFICATION_URL',
    'patent-verification',
    'http://localhost:18082',
  ),
  scoringUrl: addressOf('SCORING_URL', 'scoring', 'http://localhost:18083'),
  decisioningUrl: addressOf('DECISIONING_URL', 'decisioning', 'http://localhost:18084'),
  disbursementLedgerUrl: addressOf(
    'DISBURSEMENT_LEDGER_URL',
    'the disbursement ledger',
    'http://localhost:18085',
  ),
  gatewayUrl: addressOf('GATEWAY_URL', 'the gateway', 'http://localhost:18086'),
  outsideWorldUrl: addressOf('OUTSIDE_WORLD_URL', 'the outside world', 'http://localhost:18090'),
});
