// The topology on a broker that asks who is there: planned, carried out, checked; and denied to all others.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { connectKafka, openBroker, type BrokerAdmin, type EventLog } from '@saidao/event-log';
import {
  KAFKA_ADMIN,
  kafkaLogin,
  startEngines,
  type Engines,
  type KafkaGuard,
} from '@saidao/local';
import { allTopicNames } from '@saidao/schemas';
import { certificatesForTests, eventually } from '@saidao/testkit';
import {
  applyDifferences,
  planOf,
  principalsOf,
  textOf,
  wantedTopology,
  type Difference,
} from '@saidao/topology';
import kafkajs, { type Producer } from 'kafkajs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { saidao } from './command-line.ts';

const lenders = ['exim-zj', 'boc-zj'];
const options = {
  ...{ lenders, channels: ['portal'], partitions: 2 },
  ...{ replicationFactor: 1, minInSync: 1, rights: true },
};
const wanted = wantedTopology(options);
const users = principalsOf(options).map((principal) => principal.slice('User:'.length));
const stranger = 'stranger';

let guard: KafkaGuard;
let engines: Engines;
let broker: BrokerAdmin;
let home: string;

beforeAll(async () => {
  home = mkdtempSync(join(tmpdir(), 'saidao-topology-'));
  const everyone = [...users, stranger, KAFKA_ADMIN];
  guard = {
    users: Object.fromEntries(everyone.map((name) => [name, `the-password-of-${name}`])),
    tls: await certificatesForTests(),
  };
  engines = await startEngines({
    ...{ home, only: ['kafka'], kafkaGuard: guard },
    ports: { kafka: 0, postgres: 0, redis: 0 },
    environment: { ...process.env, KAFKA_BROKERS: '' },
  });
  broker = await openBroker({ brokers: engines.brokers, ...kafkaLogin(guard) });
}, 120_000);

afterAll(async () => {
  await broker?.close();
  await engines?.[Symbol.asyncDispose]();
  rmSync(home, { recursive: true, force: true });
}, 60_000);

const differences = () => planOf(broker, options);

describe('the topology of a broker', () => {
  it('is made where there is nothing, and then there is nothing to do', async () => {
    const plan = await differences();
    expect(plan).toHaveLength(wanted.topics.length + wanted.acls.length);
    await applyDifferences(broker, plan);
    expect((await differences()).map(textOf)).toEqual([]);
  });

  it('is mended where somebody has changed it, and what is not ours is left alone', async () => {
    const admin = new kafkajs.Kafka({
      ...{ brokers: engines.brokers, logLevel: kafkajs.logLevel.NOTHING },
      ...kafkaLogin(guard),
    }).admin();
    await admin.connect();
    await admin.createTopics({
      topics: [{ topic: 'saidao.decisions.gone-bank.v1' }, { topic: 'another-teams' }],
    });
    await admin.alterConfigs({
      validateOnly: false,
      resources: [
        {
          ...{ type: kafkajs.ConfigResourceTypes.TOPIC, name: 'saidao.decisions.exim-zj.v1' },
          configEntries: [{ name: 'retention.ms', value: '60000' }],
        },
      ],
    });
    const right = (principal: string) => ({
      ...{ principal: `User:${principal}`, host: '*', resourceName: 'saidao.scores.v1' },
      resourceType: kafkajs.AclResourceTypes.TOPIC,
      resourcePatternType: kafkajs.ResourcePatternTypes.LITERAL,
      operation: kafkajs.AclOperationTypes.WRITE,
      permissionType: kafkajs.AclPermissionTypes.ALLOW,
    });
    await admin.createAcls({ acl: [right('intake'), right('another-team')] });
    await admin.disconnect();

    // A broker tells what was changed a moment after it has answered.
    const plan = await eventually('the changes are there', async () => {
      const seen = await differences();
      return seen.length >= 5 && seen;
    });
    expect(plan.map(textOf).toSorted()).toEqual([
      '- User:intake may write topic saidao.scores.v1',
      '? topic saidao.decisions.gone-bank.v1: in no catalogue with these lenders; left alone',
      ...[
        'compression.type is producer, becomes uncompressed',
        'message.timestamp.type is CreateTime, becomes LogAppendTime',
        'retention.ms is 60000, becomes -1',
      ].map((text) => `~ topic saidao.decisions.exim-zj.v1: ${text}`),
    ]);
    await applyDifferences(broker, plan);
    expect((await differences()).map(({ kind }) => kind)).toEqual(['stranger']);
  });

  it('is refused where a topic would need other partitions', async () => {
    const plan = await planOf(broker, { ...options, partitions: 3 });
    expect(new Set(plan.map(({ kind }) => kind))).toEqual(new Set(['refused', 'stranger']));
    expect(plan.map(textOf)).toContain(
      '! topic saidao.scores.v1: 2 partitions, not 3: make a new topic and drain the old',
    );
  });

  it('changes nothing where other partitions are asked for: new topics would have them', async () => {
    const asked = { ...options, lenders: [...options.lenders, 'new-bank'], partitions: 3 };
    const plan = await planOf(broker, asked);
    expect(plan.map(({ kind }) => kind)).toContain('topic-missing');
    expect(await applyDifferences(broker, plan)).toBe(false);
    expect((await planOf(broker, asked)).map(textOf)).toEqual(plan.map(textOf));
  });
});

const message = { key: 'k', value: 'v', partition: 0 };

/** By the names that people use for them; written down here, not read from the catalogue. */
const may: Readonly<Record<string, { readonly read: RegExp; readonly write: RegExp }>> = {
  intake: {
    read: /^saidao\.(submissions|decisions\..*|disbursements)\.v1$|^intake\.(timers|replay)\.v1$/,
    write: /^saidao\.(submissions|applications)\.v1$|^intake\.(timers|dead-letter)\.v1$/,
  },
  'patent-verification': {
    read: /^saidao\.(applications|patent-findings|decisions\..*|disbursements)\.v1$|^(verify|pledge)\.(timers|replay)\.v1$/,
    write: /^saidao\.(patent-findings|pledges)\.v1$|^(verify|pledge)\.(timers|dead-letter)\.v1$/,
  },
  scoring: {
    read: /^saidao\.(patent-findings|pledges|scores)\.v1$|^(scoring|shadow)\.(timers|replay)\.v1$/,
    write:
      /^saidao\.(scores|shadow-scores|model-watch)\.v1$|^(scoring|shadow)\.(timers|dead-letter)\.v1$/,
  },
  decisioning: {
    read: /^saidao\.(applications|pledges|scores|review-actions|disbursements)\.v1$|^decisioning\.(timers|replay)\.v1$/,
    write:
      /^saidao\.(review-actions|decisions\..*|latest-decisions\..*)\.v1$|^decisioning\.(timers|dead-letter)\.v1$/,
  },
  'disbursement-ledger': {
    read: /^saidao\.(pledges|decisions\..*|repayments|loan-actions|disbursements|payout-callbacks|payout-results|business-days)\.v1$|^(book|payout|days)\.(timers|replay)\.v1$/,
    write:
      /^saidao\.(disbursements|payout-results|payout-callbacks|business-days|repayments|loan-actions)\.v1$|^(book|payout|days)\.(timers|dead-letter)\.v1$/,
  },
  gateway: {
    read: /^saidao\.decisions\..*\.v1$|^gateway\.(timers|replay)\.v1$/,
    write: /^gateway\.(timers|dead-letter)\.v1$/,
  },
  'lender-exim-zj': { read: /^saidao\.(latest-)?decisions\.exim-zj\.v1$/, write: /^$/ },
  'lender-boc-zj': { read: /^saidao\.(latest-)?decisions\.boc-zj\.v1$/, write: /^$/ },
  'channel-portal': { read: /^$/, write: /^saidao\.submissions\.v1$/ },
  servicing: { read: /^$/, write: /^saidao\.(repayments|loan-actions)\.v1$/ },
  operator: { read: /./, write: /\.replay\.v1$|^saidao\.latest-decisions\./ },
  [stranger]: { read: /^$/, write: /^$/ },
};

describe('rights', () => {
  const names = allTopicNames(lenders);

  beforeAll(async () => {
    const producer = await producerOf(KAFKA_ADMIN);
    for (const topic of names) await producer.send({ topic, messages: [message] });
    await producer.disconnect();
  }, 60_000);

  describe.each(Object.entries(may))('of %s', (user, { read, write }) => {
    it('let it read what it may, and nothing else', async () => {
      const log = connect(user);
      try {
        const readable = await those(names, async (name) => {
          let seen = 0;
          await log.scan([name], () => void (seen += 1));
          expect(seen).toBeGreaterThan(0);
        });
        expect(readable).toEqual(names.filter((name) => read.test(name)));
      } finally {
        await log.close();
      }
    }, 60_000);

    it('let it write what it may, and nothing else', async () => {
      const producer = await producerOf(user);
      try {
        const writable = await those(names, (topic) =>
          producer.send({ topic, messages: [message] }),
        );
        expect(writable).toEqual(names.filter((name) => write.test(name)));
      } finally {
        await producer.disconnect();
      }
    }, 60_000);
  });
});

const topicReadBy = (user: string) =>
  user === 'scoring' ? 'saidao.pledges.v1' : 'saidao.decisions.exim-zj.v1';

describe('a group', () => {
  // By our own consumer: on a new broker a coordinator loads for a moment, and kafkajs gives up.
  it.each([
    ['scoring', 'saidao.scoring'],
    ['lender-exim-zj', 'lender-exim-zj.risk'],
  ])(
    'of %s: it may join %s',
    async (user, group) => {
      const log = connect(user);
      const consumer = await log.consumeLanes({
        ...{ group, topics: [topicReadBy(user)], onCrash: () => undefined },
        onTurn: ({ records }) => Promise.resolve({ taken: records.length }),
      });
      try {
        await eventually('it has joined', () => consumer.joined());
      } finally {
        await consumer.stop();
        await log.close();
      }
    },
    60_000,
  );

  it.each([
    ['scoring', 'saidao.decisioning'],
    ['lender-exim-zj', 'lender-boc-zj.risk'],
    ['lender-exim-zj', 'saidao.book'],
  ])(
    'not of %s: it may not join %s',
    async (user, groupId) => {
      const consumer = kafkaOf(user).consumer({ groupId, retry: { retries: 3 } });
      await consumer.connect();
      try {
        const { promise: joining, resolve, reject } = Promise.withResolvers<void>();
        consumer.on('consumer.group_join', () => resolve());
        consumer.on('consumer.crash', ({ payload }) => reject(payload.error));
        await consumer.subscribe({ topic: topicReadBy(user) });
        await consumer.run({ eachMessage: async () => {} });
        // It looks for a coordinator, is told that it may not, and says it found none.
        await expect(joining).rejects.toThrow('Failed to find group coordinator');
      } finally {
        await consumer.disconnect();
      }
    },
    30_000,
  );
});

describe('saidao topology', () => {
  it('finds all as it should be, and says what is not', async () => {
    const authority = join(home, 'authority.pem');
    writeFileSync(authority, guard.tls!.authority);
    const at = { engines, lenders, partitions: options.partitions, worldUrl: 'http://127.0.0.1:9' };
    const login = {
      ...{ KAFKA_USER: KAFKA_ADMIN, KAFKA_PASSWORD: guard.users[KAFKA_ADMIN]! },
      ...{ KAFKA_TLS: 'true', KAFKA_CA_FILE: authority },
    };
    const asked = (way: string, ...channels: string[]) =>
      saidao<Difference[]>(
        at,
        ['topology', way, '--replication', '1', '--min-in-sync', '1', '--channel', ...channels],
        login,
      );
    const isStranger = expect.objectContaining({ kind: 'stranger' }) as unknown;
    expect(await asked('check', 'portal')).toEqual({ code: 0, answer: [isStranger] });
    const more = await asked('check', 'portal', 'park-desk');
    expect(more.code).toBe(1);
    expect(more.answer.map(textOf)).toContain(
      '+ User:channel-park-desk may write topic saidao.submissions.v1',
    );
    expect((await asked('plan', 'portal', 'park-desk')).code).toBe(0);
    expect((await asked('apply', 'portal', 'park-desk')).code).toBe(0);
    expect((await asked('check', 'portal', 'park-desk')).code).toBe(0);
    const left = await asked('check', 'portal');
    expect(left.code).toBe(1);
    expect(left.answer.map(textOf)).toContain(
      '- User:channel-park-desk may write topic saidao.submissions.v1',
    );
    expect((await asked('apply', 'portal')).code).toBe(0);
    expect((await asked('check', 'portal')).code).toBe(0);
  }, 60_000);
});

describe('a login', () => {
  it('is needed', async () => {
    const nobody = new kafkajs.Kafka({
      ...{ brokers: engines.brokers, retry: { retries: 0 }, logLevel: kafkajs.logLevel.NOTHING },
      ssl: { ca: guard.tls!.authority },
    }).admin();
    const asking = nobody.connect().then(() => nobody.listTopics());
    await expect(asking).rejects.toThrow(/[Cc]losed connection|ECONNRESET|disconnected/);
    await nobody.disconnect();
  });

  it('is refused with another password, and without the right authority', async () => {
    const { sasl, ssl } = kafkaLogin(guard, 'scoring');
    const wrong = openBroker({
      brokers: engines.brokers,
      ssl: ssl!,
      sasl: { ...sasl!, password: 'x' } as never,
    });
    await expect(wrong).rejects.toThrow(/SASL|credentials|Authentication/i);
    const untrusted = openBroker({ brokers: engines.brokers, ssl: true, sasl: sasl! });
    await expect(untrusted).rejects.toThrow(/certificate|self/i);
  }, 30_000);
});

/** Those of the names for which it is done; it may fail for no other reason than want of rights. */
async function those(
  names: readonly string[],
  work: (name: string) => Promise<unknown>,
): Promise<string[]> {
  const done: string[] = [];
  for (const name of names) {
    try {
      await work(name);
      done.push(name);
    } catch (error) {
      expect(`${name}: ${causesOf(error)}`).toMatch(
        /[Nn]ot authorized|there is no topic|This server does not host/,
      );
    }
  }
  return done;
}

function causesOf(error: unknown): string {
  return error instanceof Error ? `${error.message}; ${causesOf(error.cause)}` : String(error);
}

function kafkaOf(user: string) {
  return new kafkajs.Kafka({
    ...{ brokers: engines.brokers, clientId: user, logLevel: kafkajs.logLevel.NOTHING },
    ...kafkaLogin(guard, user),
  });
}

async function producerOf(user: string): Promise<Producer> {
  const producer = kafkaOf(user).producer({ retry: { retries: 0 } });
  await producer.connect();
  return producer;
}

function connect(user: string): EventLog {
  const quiet = { debug: () => undefined, warn: () => undefined };
  return connectKafka({
    ...{ brokers: engines.brokers, clientId: user, logger: quiet },
    ...kafkaLogin(guard, user),
  });
}
