// Brings up Kafka, PostgreSQL and Redis side by side, and stops them so that nothing stays behind.
import {
  accessSync,
  constants,
  existsSync,
  mkdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import {
  checkDataVersion,
  checkLeftData,
  dataVersionFile,
  writeDataVersion,
} from './data-version.ts';
import { LocalEngine, givenEngine } from './engine.ts';
import type { Engine, EngineName, EnginePlan } from './engine.ts';
import { fault } from './faults.ts';
import { kafkaAnswers, planKafka } from './kafka.ts';
import type { KafkaNode } from './kafka.ts';
import type { KafkaGuard } from './kafka-guard.ts';
import { freePort, holderOf, portIsTaken } from './ports.ts';
import { planPostgres, postgresAnswers, postgresUrl } from './postgres.ts';
import { birthOf, isAlive } from './process-life.ts';
import { checkDisk } from './machine.mjs';
import type { Environment } from './machine.mjs';
import { planRedis, redisAnswers } from './redis.ts';
import { runStep } from './step.ts';
import type { OnStep } from './step.ts';
import { startWatchdog } from './watchdog.ts';
import type { Watchdog } from './watchdog.ts';

/** Less than a first set-up needs: by now most of it is there. */
const FREE_MIB_TO_START = 512;
const POSTGRES_VERSION_MIN = 150_000;
const GIVEN_MS = 5_000;
const GIVEN_SETTINGS: Record<EngineName, string> = {
  kafka: 'KAFKA_BROKERS',
  postgres: 'DATABASE_URL',
  redis: 'REDIS_URL',
};

/** The repository's own folder for jars and the like, shared by every home. */
export const SHARED_CACHE = join(import.meta.dirname, '..', '..', '..', '.saidao', 'cache');

export interface EnginePorts {
  kafka: number;
  postgres: number;
  redis: number;
}

/** Where the local default listens; 0 asks for any free port. */
export const LOCAL_PORTS: EnginePorts = { kafka: 19092, postgres: 15432, redis: 16379 };

export const PORT_SETTINGS: Record<keyof EnginePorts, string> = {
  kafka: 'SAIDAO_KAFKA_PORT',
  postgres: 'SAIDAO_POSTGRES_PORT',
  redis: 'SAIDAO_REDIS_PORT',
};

const LABELS: Record<EngineName, string> = {
  kafka: 'Kafka',
  postgres: 'PostgreSQL',
  redis: 'Redis',
};

export interface StartEnginesOptions {
  /** Holds data, logs and run files; `.saidao` in the repository, a temporary folder in tests. */
  home: string;
  /** Default: LOCAL_PORTS. */
  ports?: Partial<EnginePorts>;
  /** Default: SHARED_CACHE. */
  cache?: string;
  /** Read for PATH, JAVA_HOME, KAFKA_BROKERS, DATABASE_URL and REDIS_URL. */
  environment: Environment;
  onStep?: OnStep;
  /** A local engine ended by itself. It can be started again. */
  onEngineExit?: (engine: Engine) => void;
  /** Gives up what is being fetched or started. */
  signal?: AbortSignal;
  /** Default: all three. */
  only?: readonly EngineName[];
  /**
   * Where the first broker sends its clients, such as a proxy's port; the engine's own address still
   * is where it listens. Default: there.
   */
  kafkaAdvertisedPort?: number;
  /** Brokers of one cluster; from three on any one may be lost with its disk. Default: 1. */
  kafkaNodes?: number;
  /** Who may log in; left out: whoever comes may do anything. Alone: with one broker. */
  kafkaGuard?: KafkaGuard;
  /** The last of them stands in a network of its own, with a way to it that only its peers have. */
  kafkaIsland?: KafkaIsland;
}

export interface KafkaIsland {
  /** What a command stands behind that is to run there. */
  readonly within: readonly string[];
  /** Where clients and where peers reach it. */
  readonly host: string;
  readonly peerHost: string;
  /** Where it reaches the others. */
  readonly mainlandHost: string;
}

export interface Engines {
  readonly brokers: string[];
  readonly databaseUrl: string;
  readonly redisUrl: string;
  /** The first broker, as a rule the only one. */
  readonly kafka: Engine;
  /** Every broker. */
  readonly kafkas: readonly Engine[];
  readonly postgres: Engine;
  readonly redis: Engine;
  /** Also ends processes told to it if this process dies. */
  readonly watchdog: Watchdog;
  all(): Engine[];
  stop(onStep?: OnStep): Promise<void>;
  [Symbol.asyncDispose](): Promise<void>;
}

export async function startEngines(options: StartEnginesOptions): Promise<Engines> {
  const { home, environment, onStep = () => {} } = options;
  const cache = options.cache ?? SHARED_CACHE;
  const ports = { ...LOCAL_PORTS, ...options.ports };
  const only = options.only ?? (['kafka', 'postgres', 'redis'] as const);
  const given = {
    kafka: environment[GIVEN_SETTINGS.kafka] || null,
    postgres: environment[GIVEN_SETTINGS.postgres] || null,
    redis: environment[GIVEN_SETTINGS.redis] || null,
  };
  const runFolder = join(home, 'run');
  makeHome(home);
  claimHome(home, runFolder);
  const watchdog = startWatchdog(join(home, 'logs', 'watchdog.log'));
  const started: Engine[] = [];

  const up = async (
    name: EngineName,
    plan: (port: number, tell: (detail: string, bytes?: number) => void) => Promise<EnginePlan>,
    wantedPort = ports[name],
  ): Promise<Engine> => {
    const address = given[name];
    if (!only.includes(name)) return givenEngine(name, '', '');
    const label = LABELS[name];
    return runStep(
      label,
      onStep,
      async (tell) => {
        if (address) return useGiven(name, address);
        const port = wantedPort || (await freePort());
        const engine = new LocalEngine(await plan(port, tell), runFolder, watchdog, (ended) =>
          options.onEngineExit?.(ended),
        );
        await engine.endLeftover();
        if (await portIsTaken(port)) {
          const setting = PORT_SETTINGS[name];
          throw fault('SAIDAO_PORT_TAKEN', { port, what: label, setting, holder: holderOf(port) });
        }
        // A start that is cut short has begun: what it leaves is this home's own.
        if (!existsSync(dataVersionFile(home))) writeDataVersion(home);
        started.push(engine);
        tell('starting');
        await engine.start();
        return engine;
      },
      (engine) => ({
        state: engine.local ? 'done' : 'reused',
        detail: `${engine.version} at ${withoutSecret(engine.address)}`.trim(),
      }),
    );
  };

  const stop = async (onStopStep: OnStep = () => {}) => {
    await Promise.all(
      started.map((engine) => runStep(LABELS[engine.name], onStopStep, () => engine.stop())),
    );
    watchdog.release();
    rmSync(join(runFolder, 'owner.json'), { force: true });
  };

  try {
    const tooOld = checkDataVersion(home);
    if (tooOld) throw tooOld;
    const left = given.kafka || given.postgres ? null : checkLeftData(home);
    if (left) throw left;
    checkDisk(home, FREE_MIB_TO_START);
    const fetch = (tell: (detail: string, bytes?: number) => void) => ({
      environment,
      tell,
      log: join(home, 'logs', 'maven.log'),
      ...(options.signal && { signal: options.signal }),
    });
    const nodes: KafkaNode[] = [];
    while (nodes.length < (options.kafkaNodes ?? 1)) {
      const port = (nodes.length === 0 && ports.kafka) || (await freePort());
      const advertisedPort = nodes.length === 0 ? options.kafkaAdvertisedPort : undefined;
      nodes.push({
        port,
        controllerPort: await freePort(),
        ...(advertisedPort !== undefined && { advertisedPort }),
        ...(await placeOf(nodes.length + 1 === options.kafkaNodes, options.kafkaIsland)),
        // It has no login with itself.
        ...(options.kafkaGuard && { peers: { host: '127.0.0.1', port: await freePort() } }),
      });
    }
    const kafka = ({ port }: KafkaNode, at: number) =>
      up(
        'kafka',
        (_, tell) =>
          planKafka({
            ...{ home, cache, node: at + 1, nodes, environment, fetch: fetch(tell) },
            guard: options.kafkaGuard,
          }),
        port,
      );
    const outcomes = await Promise.allSettled([
      up('postgres', (port, tell) => planPostgres({ home, port, environment, tell })),
      up('redis', (port, tell) =>
        planRedis({ home, cache, port, environment, fetch: fetch(tell) }),
      ),
      ...nodes.map(kafka),
    ]);
    const failed = outcomes.filter((outcome) => outcome.status === 'rejected');
    if (failed[0]) throw failed[0].reason;
    options.signal?.throwIfAborted();
    const [postgres, redis, first, ...others] = outcomes.map(
      (outcome) => (outcome as PromiseFulfilledResult<Engine>).value,
    ) as [Engine, Engine, Engine, ...Engine[]];
    // Brokers that were given are one address with all of them.
    const kafkas = first.local ? [first, ...others] : [first];
    if (started.length > 0) writeDataVersion(home);
    return {
      brokers: kafkas.flatMap(({ address }) => address.split(',').map((one) => one.trim())),
      databaseUrl: postgres.local
        ? postgresUrl(Number(postgres.address.split(':')[1]))
        : postgres.address,
      redisUrl: redis.local ? `redis://${redis.address}` : redis.address,
      kafka: first,
      kafkas,
      postgres,
      redis,
      watchdog,
      all: () => [...kafkas, postgres, redis],
      stop,
      [Symbol.asyncDispose]: () => stop(),
    };
  } catch (error) {
    await stop();
    throw error;
  }
}

async function useGiven(name: EngineName, address: string): Promise<Engine> {
  const answer = await ask(name, address, GIVEN_MS);
  if ('version' in answer) return givenEngine(name, address, answer.version);
  const setting = GIVEN_SETTINGS[name];
  const { reason } = answer;
  throw fault('SAIDAO_ENGINE_UNREACHABLE', { setting, address: withoutSecret(address), reason });
}

/** Null if the engine at that address can be used, else why not. */
export async function askEngine(name: EngineName, address: string): Promise<string | null> {
  const answer = await ask(name, address, GIVEN_MS);
  return 'reason' in answer ? answer.reason : null;
}

async function ask(
  name: EngineName,
  address: string,
  timeoutMs: number,
): Promise<{ version: string } | { reason: string }> {
  if (name === 'redis') return redisAnswers(address, timeoutMs);
  if (name === 'kafka') {
    const brokers = address.split(',').map((one) => one.trim());
    const reason = await kafkaAnswers(brokers, timeoutMs);
    return reason === null ? { version: '' } : { reason };
  }
  const answer = await postgresAnswers(address, timeoutMs);
  if ('reason' in answer || answer.versionNumber >= POSTGRES_VERSION_MIN) return answer;
  return { reason: `PostgreSQL ${answer.version} is older than 15` };
}

/** An address fit for a screen or a log. */
export function withoutSecret(address: string): string {
  return address.replace(/(\/\/[^:@/]*:)[^@]*@/, '$1…@');
}

function makeHome(home: string): void {
  try {
    for (const folder of ['data', 'logs', 'run']) {
      mkdirSync(join(home, folder), { recursive: true });
      accessSync(join(home, folder), constants.W_OK | constants.X_OK);
    }
  } catch (error) {
    const reason = (error as NodeJS.ErrnoException).code ?? String(error);
    throw fault('SAIDAO_DATA_UNREADABLE', { folder: home, reason });
  }
}

interface Owner {
  pid: number;
  birth: string | null;
}

/** Two starts on one home would fight over the same data. */
function claimHome(home: string, runFolder: string): void {
  const owner = homeOwner(home);
  if (owner !== null) throw fault('SAIDAO_ALREADY_RUNNING', { pid: owner, home });
  const mine: Owner = { pid: process.pid, birth: birthOf(process.pid) };
  writeFileSync(join(runFolder, 'owner.json'), JSON.stringify(mine));
}

/** The process that now runs engines from this home, if any. */
export function homeOwner(home: string): number | null {
  try {
    const text = readFileSync(join(home, 'run', 'owner.json'), 'utf8');
    const { pid, birth } = JSON.parse(text) as Owner;
    return isAlive(pid) && birthOf(pid) === birth ? pid : null;
  } catch {
    return null;
  }
}

async function placeOf(
  isLast: boolean,
  island: KafkaIsland | undefined,
): Promise<Partial<KafkaNode>> {
  if (island === undefined) return {};
  const { host, within, peerHost, mainlandHost } = island;
  const peers = { host: isLast ? peerHost : mainlandHost, port: await freePort() };
  return isLast ? { host, within, peers } : { peers };
}
