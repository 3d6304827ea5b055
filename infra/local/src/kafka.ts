// The real Kafka broker as a local process, a KRaft node, its jars fetched by Maven.
import { execFile } from 'node:child_process';
import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  readdirSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import { promisify } from 'node:util';
import kafkajs from 'kafkajs';
import { fetchWithMaven } from './downloads.ts';
import type { Download, FetchOptions } from './downloads.ts';
import type { EnginePlan } from './engine.ts';
import { fault } from './faults.ts';
import { kafkaLogin } from './kafka-admin.ts';
import { guardSettings, protocolOf, scramArguments } from './kafka-guard.ts';
import type { KafkaGuard } from './kafka-guard.ts';
import { findJava } from './machine.mjs';
import type { Environment, Java } from './machine.mjs';

export const KAFKA_VERSION = '4.3.1';
const run = promisify(execFile);
const LOGGING = join(import.meta.dirname, '..', 'kafka', 'log4j2.properties');
const DAYS_30_MINUTES = 30 * 24 * 60;

export function kafkaDownload(cache: string): Download {
  return {
    what: `the Kafka ${KAFKA_VERSION} broker`,
    folder: join(cache, `kafka-${KAFKA_VERSION}`),
    execution: 'copy-dependencies@kafka',
  };
}

export interface KafkaNode {
  readonly port: number;
  readonly controllerPort: number;
  /** Where clients are sent once they have asked; left out: to the port itself. */
  readonly advertisedPort?: number;
  /** Left out: this machine, for itself alone. */
  readonly host?: string;
  /** Where the other nodes reach it; left out: where clients do. All nodes have it, or none. */
  readonly peers?: { readonly host: string; readonly port: number };
  /** What the broker's command stands behind, such as one that enters a network of its own. */
  readonly within?: readonly string[];
}

const LOCALHOST = '127.0.0.1';
const ANSWER_MS = 2_000;

export interface KafkaPlanOptions {
  home: string;
  cache: string;
  /** From 1 on; its place in `nodes`. */
  node: number;
  /** All nodes of the cluster: what clients and the other nodes reach each by. */
  nodes: readonly KafkaNode[];
  environment: Environment;
  fetch: FetchOptions;
  /** Left out: whoever comes may do anything. */
  guard?: KafkaGuard | undefined;
}

export async function planKafka(options: KafkaPlanOptions): Promise<EnginePlan> {
  const { home, cache, environment, node, nodes } = options;
  const { port, host = LOCALHOST, within = [] } = nodes[node - 1]!;
  const place = node === 1 ? 'kafka' : `kafka-${node}`;
  const java = await findJava(environment);
  const download = kafkaDownload(cache);
  await fetchWithMaven(download, options.fetch);
  const classPath = readdirSync(download.folder)
    .filter((name) => name.endsWith('.jar'))
    .sort()
    .map((name) => join(download.folder, name))
    .join(':');
  const data = join(home, 'data', place);
  const settings = join(home, 'run', `${place}.properties`);
  const log = join(home, 'logs', `${place}.log`);

  return {
    name: 'kafka',
    label: nodes.length === 1 ? 'Kafka' : `Kafka ${node}`,
    address: `${host}:${port}`,
    version: KAFKA_VERSION,
    log,
    data,
    stopSignal: 'SIGTERM',
    stopMs: 10_000,
    // They start together, and none is ready before most of them are.
    readyMs: 60_000 * nodes.length,
    async prepare() {
      mkdirSync(join(home, 'run'), { recursive: true });
      writeFileSync(settings, brokerSettings(options, data));
      if (existsSync(join(data, 'meta.properties'))) return;
      options.fetch.tell('formatting its storage');
      rmSync(data, { recursive: true, force: true });
      // Logins are a part of the storage, and others each time.
      if (options.guard !== undefined) return format(java, classPath, options, settings);
      cpSync(await formattedStorage(cache, java, classPath, options), data, { recursive: true });
      if (node > 1) renameNode(data, node);
    },
    command: () => {
      const [command, ...args] = [
        ...within,
        java.path,
        '-Xmx512m',
        // Measured on two cores: serial collection and the quick compiler alone start the broker
        // with 3.1 s of CPU time instead of 5.6 s, and 100 000 records of 1 kB then cost it 1.9 s
        // instead of 2.1 s; the thorough compiler would compete with the workers.
        '-XX:+UseSerialGC',
        '-XX:TieredStopAtLevel=1',
        '-Djava.awt.headless=true',
        '-Dlog4j.shutdownHookEnabled=false',
        `-Dlog4j2.configurationFile=file:${LOGGING}`,
        '-cp',
        classPath,
        'kafka.Kafka',
        settings,
      ];
      return { command, args, log, env: withoutJavaOptions(environment) };
    },
    answers: async () =>
      (await kafkaAnswers([`${host}:${port}`], ANSWER_MS, options.guard)) === null,
    async complete() {},
  };
}

/** The storage of a node is that of the first but for who it is. */
function renameNode(data: string, node: number): void {
  const path = join(data, 'meta.properties');
  const text = readFileSync(path, 'utf8')
    .replace(/^node\.id=.*$/m, `node.id=${node}`)
    .replace(/^directory\.id=.*$/m, `directory.id=${kafkaId()}`);
  writeFileSync(path, text);
}

function kafkaId(): string {
  return randomBytes(16).toString('base64url').replace(/^-/, 'x');
}

function brokerSettings({ node, nodes, guard }: KafkaPlanOptions, data: string): string {
  const { port, controllerPort, peers, host = LOCALHOST } = nodes[node - 1]!;
  const { advertisedPort = port } = nodes[node - 1]!;
  const voters = nodes.map(
    (one, at) => `${at + 1}@${one.peers?.host ?? LOCALHOST}:${one.controllerPort}`,
  );
  const forPeers = peers === undefined ? '' : `PEER://${peers.host}:${peers.port},`;
  // With three, two have to hold what is acknowledged, and any one may be lost.
  const replicas = Math.min(3, nodes.length);
  const inSync = Math.max(1, replicas - 1);
  return [
    '# Written at each start; changes here are lost.',
    'process.roles=broker,controller',
    `node.id=${node}`,
    `controller.quorum.voters=${voters.join(',')}`,
    `listeners=${forPeers}CLIENT://${host}:${port},CONTROLLER://${peers?.host ?? LOCALHOST}:${controllerPort}`,
    `advertised.listeners=${forPeers}CLIENT://${host}:${advertisedPort}`,
    `listener.security.protocol.map=CLIENT:${protocolOf(guard)},PEER:PLAINTEXT,CONTROLLER:PLAINTEXT`,
    `inter.broker.listener.name=${peers === undefined ? 'CLIENT' : 'PEER'}`,
    'controller.listener.names=CONTROLLER',
    `log.dirs=${data}`,
    'auto.create.topics.enable=false',
    `default.replication.factor=${replicas}`,
    `min.insync.replicas=${inSync}`,
    'offsets.topic.num.partitions=4',
    `offsets.topic.replication.factor=${replicas}`,
    // An application may rest a month; its readers' places must still be known then.
    `offsets.retention.minutes=${3 * DAYS_30_MINUTES}`,
    'transaction.state.log.num.partitions=2',
    `transaction.state.log.replication.factor=${replicas}`,
    `transaction.state.log.min.isr=${inSync}`,
    'share.coordinator.state.topic.num.partitions=1',
    `share.coordinator.state.topic.replication.factor=${replicas}`,
    `share.coordinator.state.topic.min.isr=${inSync}`,
    // A killed broker may come back only once its old session has ended.
    'broker.heartbeat.interval.ms=500',
    'broker.session.timeout.ms=4000',
    'group.initial.rebalance.delay.ms=0',
    ...(guard === undefined ? [] : guardSettings(guard)),
    '',
  ].join('\n');
}

/** Formatting takes a JVM's start, and its result is the same each time: done once, then copied. */
async function formattedStorage(
  cache: string,
  java: Java,
  classPath: string,
  options: KafkaPlanOptions,
): Promise<string> {
  const formatted = join(cache, `kafka-${KAFKA_VERSION}-formatted`);
  if (existsSync(formatted)) return formatted;
  mkdirSync(cache, { recursive: true });
  // Of its own for each: a process may start several brokers at once.
  const folder = mkdtempSync(`${formatted}.`);
  const partial = join(folder, 'data');
  const settings = join(folder, 'kafka.properties');
  // Formatted as the only node: of others its copy is renamed.
  const [{ port, controllerPort }] = options.nodes as readonly [KafkaNode];
  const alone = { ...options, node: 1, nodes: [{ port, controllerPort }] };
  writeFileSync(settings, brokerSettings(alone, partial));
  try {
    await format(java, classPath, alone, settings);
    renameSync(partial, formatted);
  } catch (error) {
    // Another may have been quicker.
    if (!existsSync(formatted)) throw error;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
  return formatted;
}

async function format(
  java: Java,
  classPath: string,
  { environment, home, guard }: KafkaPlanOptions,
  settings: string,
): Promise<void> {
  try {
    await run(
      java.path,
      [
        ...['-XX:+UseSerialGC', '-XX:TieredStopAtLevel=1'],
        `-Dlog4j2.configurationFile=file:${LOGGING}`,
        ...['-cp', classPath, 'kafka.tools.StorageTool'],
        ...['format', '--cluster-id', kafkaId(), '--config', settings],
        ...(guard === undefined ? [] : scramArguments(guard)),
      ],
      { env: withoutJavaOptions(environment) },
    );
  } catch (error) {
    const reason = String((error as { stderr?: string }).stderr ?? error).trim();
    throw fault('SAIDAO_ENGINE_ENDED', {
      engine: 'Kafka',
      how: 'formatting its storage',
      lastLine: reason.split('\n').at(-1) ?? '',
      log: join(home, 'logs', 'kafka.log'),
    });
  }
}

/** Options meant for other Java programs of this person must not reach the broker. */
function withoutJavaOptions(environment: Environment): NodeJS.ProcessEnv {
  const kept = { ...environment };
  delete kept['_JAVA_OPTIONS'];
  delete kept['JAVA_TOOL_OPTIONS'];
  delete kept['JDK_JAVA_OPTIONS'];
  return kept;
}

/** Null if a broker answers there with a cluster that has a live member; else why not. */
export async function kafkaAnswers(
  brokers: string[],
  timeoutMs = ANSWER_MS,
  guard?: KafkaGuard,
): Promise<string | null> {
  const client = new kafkajs.Kafka({
    ...{ clientId: 'saidao-local', brokers, ...kafkaLogin(guard) },
    logLevel: kafkajs.logLevel.NOTHING,
    connectionTimeout: timeoutMs,
    requestTimeout: timeoutMs,
    retry: { retries: 0 },
  });
  const admin = client.admin();
  try {
    await admin.connect();
    const { brokers: members } = await admin.describeCluster();
    return members.length > 0 ? null : 'the cluster has no member yet';
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  } finally {
    await admin.disconnect().catch(() => {});
  }
}
