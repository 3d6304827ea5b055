// The real Kafka broker as a local process: one KRaft node, its jars fetched by Maven.
import { execFile } from 'node:child_process';
import {
  cpSync,
  existsSync,
  mkdirSync,
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

export interface KafkaPlanOptions {
  home: string;
  cache: string;
  port: number;
  controllerPort: number;
  environment: Environment;
  fetch: FetchOptions;
}

export async function planKafka(options: KafkaPlanOptions): Promise<EnginePlan> {
  const { home, cache, port, environment } = options;
  const java = await findJava(environment);
  const download = kafkaDownload(cache);
  await fetchWithMaven(download, options.fetch);
  const classPath = readdirSync(download.folder)
    .filter((name) => name.endsWith('.jar'))
    .sort()
    .map((name) => join(download.folder, name))
    .join(':');
  const data = join(home, 'data', 'kafka');
  const settings = join(home, 'run', 'kafka.properties');
  const log = join(home, 'logs', 'kafka.log');

  return {
    name: 'kafka',
    label: 'Kafka',
    address: `127.0.0.1:${port}`,
    version: KAFKA_VERSION,
    log,
    stopSignal: 'SIGTERM',
    stopMs: 10_000,
    readyMs: 60_000,
    async prepare() {
      mkdirSync(join(home, 'run'), { recursive: true });
      writeFileSync(settings, brokerSettings(options, data));
      if (existsSync(join(data, 'meta.properties'))) return;
      options.fetch.tell('formatting its storage');
      rmSync(data, { recursive: true, force: true });
      cpSync(await formattedStorage(cache, java, classPath, options), data, { recursive: true });
    },
    command: () => ({
      command: java.path,
      args: [
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
      ],
      log,
      env: withoutJavaOptions(environment),
    }),
    answers: () => kafkaAnswers([`127.0.0.1:${port}`]).then((reason) => reason === null),
    async complete() {},
  };
}

function brokerSettings({ port, controllerPort }: KafkaPlanOptions, data: string): string {
  return [
    '# Written at each start; changes here are lost.',
    'process.roles=broker,controller',
    'node.id=1',
    `controller.quorum.voters=1@127.0.0.1:${controllerPort}`,
    `listeners=CLIENT://127.0.0.1:${port},CONTROLLER://127.0.0.1:${controllerPort}`,
    `advertised.listeners=CLIENT://127.0.0.1:${port}`,
    'listener.security.protocol.map=CLIENT:PLAINTEXT,CONTROLLER:PLAINTEXT',
    'inter.broker.listener.name=CLIENT',
    'controller.listener.names=CONTROLLER',
    `log.dirs=${data}`,
    'auto.create.topics.enable=false',
    'default.replication.factor=1',
    'min.insync.replicas=1',
    'offsets.topic.num.partitions=4',
    'offsets.topic.replication.factor=1',
    // An application may rest a month; its readers' places must still be known then.
    `offsets.retention.minutes=${3 * DAYS_30_MINUTES}`,
    'transaction.state.log.num.partitions=2',
    'transaction.state.log.replication.factor=1',
    'transaction.state.log.min.isr=1',
    'share.coordinator.state.topic.num.partitions=1',
    'share.coordinator.state.topic.replication.factor=1',
    'share.coordinator.state.topic.min.isr=1',
    // A killed broker may come back only once its old session has ended.
    'broker.heartbeat.interval.ms=500',
    'broker.session.timeout.ms=4000',
    'group.initial.rebalance.delay.ms=0',
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
  const partial = `${formatted}.${process.pid}`;
  const settings = `${partial}.properties`;
  mkdirSync(cache, { recursive: true });
  writeFileSync(settings, brokerSettings(options, partial));
  try {
    const clusterId = randomBytes(16).toString('base64url').replace(/^-/, 'x');
    await run(
      java.path,
      [
        ...['-XX:+UseSerialGC', '-XX:TieredStopAtLevel=1'],
        `-Dlog4j2.configurationFile=file:${LOGGING}`,
        ...['-cp', classPath, 'kafka.tools.StorageTool'],
        ...['format', '--cluster-id', clusterId, '--config', settings],
      ],
      { env: withoutJavaOptions(options.environment) },
    );
    renameSync(partial, formatted);
  } catch (error) {
    if (!existsSync(formatted)) {
      const reason = String((error as { stderr?: string }).stderr ?? error).trim();
      throw fault('SAIDAO_ENGINE_ENDED', {
        engine: 'Kafka',
        how: 'formatting its storage',
        lastLine: reason.split('\n').at(-1) ?? '',
        log: join(options.home, 'logs', 'kafka.log'),
      });
    }
  } finally {
    rmSync(partial, { recursive: true, force: true });
    rmSync(settings, { force: true });
  }
  return formatted;
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
export async function kafkaAnswers(brokers: string[], timeoutMs = 2_000): Promise<string | null> {
  const client = new kafkajs.Kafka({
    clientId: 'saidao-local',
    brokers,
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
