// A broker's topics and rights, read and changed through kafkajs's admin client.
import { setTimeout as pause } from 'node:timers/promises';
import kafkajs, {
  type Admin,
  type AclEntry,
  type AclFilter,
  type KafkaConfig,
  type SASLOptions,
} from 'kafkajs';
import type { ConnectionOptions } from 'node:tls';

const SEEN_MS_MAX = 10_000;
const SEEN_EVERY_MS = 100;

const {
  AclOperationTypes: OPERATION,
  AclPermissionTypes: PERMISSION,
  AclResourceTypes: RESOURCE,
  ConfigResourceTypes,
  ResourcePatternTypes: PATTERN,
} = kafkajs;

export interface BrokerOptions {
  readonly brokers: readonly string[];
  readonly ssl?: ConnectionOptions | boolean;
  readonly sasl?: SASLOptions;
}

/** One right, allowed from any host. What has no right is denied (StandardAuthorizer). */
export interface Acl {
  /** As the broker names it: `User:scoring`. */
  readonly principal: string;
  readonly resource: 'topic' | 'group';
  readonly name: string;
  readonly pattern: 'literal' | 'prefixed';
  readonly operation: 'read' | 'write' | 'describe';
}

export interface BrokerTopic {
  readonly name: string;
  readonly partitions: number;
  readonly replicationFactor: number;
  readonly config: Readonly<Record<string, string>>;
}

export interface BrokerAdmin {
  /** Every topic but the broker's own, with these settings of it. */
  topics(settings: readonly string[]): Promise<BrokerTopic[]>;
  /** Of topics and groups; null where the broker asks nobody who he is. */
  acls(): Promise<Acl[] | null>;
  createTopics(topics: readonly BrokerTopic[]): Promise<void>;
  /** All settings that these topics are to have; one that is not named becomes the broker's. */
  alterSettings(topics: readonly BrokerTopic[]): Promise<void>;
  grant(acls: readonly Acl[]): Promise<void>;
  withdraw(acls: readonly Acl[]): Promise<void>;
  close(): Promise<void>;
}

/** Rejects when nobody answers there. */
export async function openBroker({ brokers, ...login }: BrokerOptions): Promise<BrokerAdmin> {
  const config: KafkaConfig = {
    ...{ brokers: [...brokers], clientId: 'saidao-topology', ...login },
    logLevel: kafkajs.logLevel.NOTHING,
    retry: { retries: 3 },
  };
  const admin = new kafkajs.Kafka(config).admin();
  await admin.connect();
  return {
    topics: (settings) => topicsOf(admin, settings),
    acls: () => aclsOn(admin),
    async createTopics(topics) {
      await admin.createTopics({
        waitForLeaders: true,
        topics: topics.map(({ name, partitions, replicationFactor, config }) => ({
          ...{ topic: name, numPartitions: partitions, replicationFactor },
          configEntries: entriesOf(config),
        })),
      });
    },
    async alterSettings(topics) {
      await admin.alterConfigs({
        validateOnly: false,
        resources: topics.map(({ name, config }) => ({
          ...{ type: ConfigResourceTypes.TOPIC, name, configEntries: entriesOf(config) },
        })),
      });
    },
    async grant(acls) {
      await admin.createAcls({ acl: acls.map(entryOf) });
      await untilSeen(admin, (seen) => acls.every((acl) => seen.has(nameOf(acl))));
    },
    async withdraw(acls) {
      await admin.deleteAcls({ filters: acls.map(entryOf) as AclFilter[] });
      await untilSeen(admin, (seen) => !acls.some((acl) => seen.has(nameOf(acl))));
    },
    close: () => admin.disconnect(),
  };
}

async function topicsOf(admin: Admin, settings: readonly string[]): Promise<BrokerTopic[]> {
  const names = (await admin.listTopics()).filter((name) => !name.startsWith('__'));
  if (names.length === 0) return [];
  const { topics } = await admin.fetchTopicMetadata({ topics: names });
  const { resources } = await admin.describeConfigs({
    includeSynonyms: false,
    resources: names.map((name) => ({
      ...{ type: ConfigResourceTypes.TOPIC, name, configNames: [...settings] },
    })),
  });
  const configs = new Map(
    resources.map(({ resourceName, configEntries }) => [
      resourceName,
      Object.fromEntries(
        configEntries.map(({ configName, configValue }) => [configName, configValue]),
      ),
    ]),
  );
  return topics.map(({ name, partitions }) => ({
    name,
    partitions: partitions.length,
    replicationFactor: Math.min(...partitions.map(({ replicas }) => replicas.length)),
    config: configs.get(name) ?? {},
  }));
}

/** The controller acknowledges before the brokers have heard of it. */
async function untilSeen(
  admin: Admin,
  isSo: (seen: ReadonlySet<string>) => boolean,
): Promise<void> {
  const untilMs = performance.now() + SEEN_MS_MAX;
  while (!isSo(new Set(((await aclsOn(admin)) ?? []).map(nameOf)))) {
    if (performance.now() > untilMs) {
      throw new Error(`the broker has not taken over its rights within ${SEEN_MS_MAX} ms`);
    }
    await pause(SEEN_EVERY_MS);
  }
}

function nameOf({ principal, resource, name, pattern, operation }: Acl): string {
  return [principal, resource, name, pattern, operation].join(' ');
}

const SECURITY_DISABLED = 'SECURITY_DISABLED';

async function aclsOn(admin: Admin): Promise<Acl[] | null> {
  try {
    const { resources } = await admin.describeAcls({
      resourceType: RESOURCE.ANY,
      resourcePatternType: PATTERN.ANY,
      operation: OPERATION.ANY,
      permissionType: PERMISSION.ALLOW,
    } as AclFilter);
    return resources.flatMap(({ resourceType, resourceName, resourcePatternType, acls }) =>
      acls.flatMap(({ principal, operation }) => {
        const resource = resourceNames.get(resourceType);
        const done = operationNames.get(operation);
        if (resource === undefined || done === undefined) return [];
        const pattern = resourcePatternType === PATTERN.PREFIXED ? 'prefixed' : 'literal';
        return [{ principal, resource, name: resourceName, pattern, operation: done } as const];
      }),
    );
  } catch (error) {
    if ((error as { type?: string }).type === SECURITY_DISABLED) return null;
    throw error;
  }
}

const resourceNames = new Map<number, Acl['resource']>([
  [RESOURCE.TOPIC, 'topic'],
  [RESOURCE.GROUP, 'group'],
]);
const operationNames = new Map<number, Acl['operation']>([
  [OPERATION.READ, 'read'],
  [OPERATION.WRITE, 'write'],
  [OPERATION.DESCRIBE, 'describe'],
]);
const ANY_HOST = '*';

function entryOf({ principal, resource, name, pattern, operation }: Acl): AclEntry {
  return {
    principal,
    host: ANY_HOST,
    resourceName: name,
    resourceType: resource === 'topic' ? RESOURCE.TOPIC : RESOURCE.GROUP,
    resourcePatternType: pattern === 'prefixed' ? PATTERN.PREFIXED : PATTERN.LITERAL,
    operation: { read: OPERATION.READ, write: OPERATION.WRITE, describe: OPERATION.DESCRIBE }[
      operation
    ],
    permissionType: PERMISSION.ALLOW,
  };
}

function entriesOf(config: Readonly<Record<string, string>>): { name: string; value: string }[] {
  return Object.entries(config).map(([name, value]) => ({ name, value }));
}
