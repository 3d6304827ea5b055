// Settings that every worker has, and those of workers with a door, a cache or providers.
import {
  durationMsBetween,
  hostPortList,
  integer,
  json,
  kafkaLoginSettings,
  listOf,
  macKey,
  oneOf,
  port,
  secretOf,
  settings,
  text,
  textLike,
  url,
  urlWith,
} from '@saidao/config';
import { issuersOf } from './issuers.ts';
import { principalsOf } from './principals.ts';
import { tracingSettings } from './tracing-settings.ts';

const lenderId = textLike(
  /^[a-z0-9]+(?:-[a-z0-9]+)*$/,
  'a lender id of small letters, digits and -',
);

const lineName = textLike(/^[a-z0-9]+(?:-[a-z0-9]+)*$/, 'a line, as verify');

/** Spread into a service's table: `settings({ ...workerSettings, registerUrl: … })`. */
export const workerSettings = settings({
  kafkaBrokers: {
    env: 'KAFKA_BROKERS',
    parse: hostPortList,
    example: 'localhost:19092',
    doc: 'Brokers of the event log.',
  },
  ...kafkaLoginSettings,
  databaseUrl: {
    env: 'DATABASE_URL',
    parse: secretOf(urlWith('postgres', 'postgresql')),
    example: 'postgres://saidao:saidao@localhost:15432/saidao',
    doc: 'The PostgreSQL database with the schemas of the lines; see docs/database-rights.md.',
  },
  migrations: {
    env: 'MIGRATIONS',
    parse: oneOf('apply', 'only', 'check'),
    default: 'apply',
    example: 'check',
    doc:
      'apply: tables and rights are brought up to date by DATABASE_URL, then the worker runs; only: ' +
      'then it ends; check: another login does that, and the worker starts only where it is done.',
  },
  databasePoolMax: {
    env: 'DATABASE_POOL_MAX',
    parse: integer(2, 200),
    default: '8',
    example: '8',
    doc: 'Connections to the database at once, of one process.',
  },
  ownLines: {
    env: 'LINES',
    parse: listOf(lineName),
    optional: true,
    example: 'verify',
    doc: 'Lines of the service that this process runs; left out: all. So each is scaled alone.',
  },
  lenders: {
    env: 'LENDERS',
    parse: listOf(lenderId),
    example: 'exim-zj,boc-zj,czb-hz',
    doc: 'Ids of all lenders; the same for every worker.',
  },
  partitions: {
    env: 'PARTITIONS',
    parse: integer(1, 1_000),
    default: '12',
    example: '6',
    doc: 'Partitions of every topic; never changed once topics exist.',
  },
  httpHost: {
    env: 'HTTP_HOST',
    parse: text,
    default: '127.0.0.1',
    example: '0.0.0.0',
    doc: 'Address on which doors, health and metrics listen.',
  },
  httpPort: {
    env: 'HTTP_PORT',
    parse: port,
    default: '8080',
    example: '18081',
    doc: 'Port of doors, health and metrics; 0 takes a free one.',
  },
  logLevel: {
    env: 'LOG_LEVEL',
    parse: oneOf('fatal', 'error', 'warn', 'info', 'debug', 'trace', 'silent'),
    default: 'info',
    example: 'debug',
    doc: 'The least grave log line that is printed.',
  },
  sessionTimeoutMs: {
    env: 'SESSION_TIMEOUT_MS',
    parse: durationMsBetween(1_000, 300_000),
    default: '10s',
    example: '10s',
    doc: 'How long a killed member keeps its lanes; a third of it is the time for gathering.',
  },
  startTimeoutMs: {
    env: 'START_TIMEOUT_MS',
    parse: durationMsBetween(0, 3_600_000),
    default: '60s',
    example: '60s',
    doc: 'How long a starting worker waits for the database and the brokers before it gives up.',
  },
  ...tracingSettings,
});

/** For a worker with a door of its own. */
export const doorSettings = settings({
  principals: {
    env: 'PRINCIPALS',
    parse: secretOf(json(principalsOf, 'a JSON list of principals')),
    default: '[]',
    example:
      '[{"principal":"web","role":"channel","lenders":["exim-zj"],"token":"a-long-random-text"}]',
    doc: 'Who may use the door: principal, role, lenders, channels, token or tokenSha256; see docs/doors.md.',
  },
  oidcIssuers: {
    env: 'OIDC_ISSUERS',
    parse: json(issuersOf, 'a JSON list of issuers'),
    default: '[]',
    example:
      '[{"issuer":"https://login.bank.example","audience":"saidao","jwksUrl":"https://login.bank.example/keys","lenders":["exim-zj"]}]',
    doc: 'Issuers whose signed tokens the door takes; see docs/doors.md.',
  },
  requestsPerSecondMax: {
    env: 'REQUESTS_PER_SECOND_MAX',
    parse: integer(1, 1_000_000),
    default: '200',
    example: '200',
    doc: 'Requests that one person’s principal may send to this process in a second.',
  },
  systemRequestsPerSecondMax: {
    env: 'SYSTEM_REQUESTS_PER_SECOND_MAX',
    parse: integer(1, 1_000_000),
    default: '500',
    example: '500',
    doc: 'Requests that one channel or reader may send to this process in a second.',
  },
});

/** For a worker that keeps answers in Redis. */
export const cacheSettings = settings({
  redisUrl: {
    env: 'REDIS_URL',
    parse: secretOf(urlWith('redis', 'rediss')),
    example: 'redis://localhost:16379',
    doc: 'Redis with the cached answers; without it results are the same, only slower.',
  },
  cacheMacKey: {
    env: 'CACHE_MAC_KEY',
    parse: macKey,
    example: 'at-least-32-random-characters-0123456789',
    doc: 'Key by which a worker knows its own cached answers; changing it empties the cache.',
  },
});

/** For a worker that asks providers of the world: where all of them are simulated. */
export const outsideWorldSettings = settings({
  outsideWorldUrl: {
    env: 'OUTSIDE_WORLD_URL',
    parse: url,
    optional: true,
    example: 'http://localhost:18090',
    doc: 'The simulated outside world; providers without a URL of their own are below it.',
  },
});
