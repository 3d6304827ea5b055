// The whole local system: engines, topics, the outside world and the six workers, up and down.
import { createHmac } from 'node:crypto';
import { join } from 'node:path';
import { connectKafka } from '@saidao/event-log';
import {
  fault,
  freePort,
  holderOf,
  homeOwner,
  portIsTaken,
  runStep,
  startEngines,
} from '@saidao/local';
import type { Engine, Engines, OnStep, WantedPort } from '@saidao/local';
import { ensureAccess, principalsSetting } from './access.ts';
import { issuersSetting } from './issuer.ts';
import { PROJECT_ROOT } from './context.ts';
import type { CommandContext } from './context.ts';
import { ManagedProcess, STOP_MS } from './managed-process.ts';
import type { ProcessPlan } from './managed-process.ts';
import { removeRunState, writeRunState } from './run-state.ts';
import type { Addresses, RunState } from './run-state.ts';
import { commandSettings } from './settings.ts';
import { services as serviceNames, topicSpecs, type Service } from '@saidao/schemas';

const PORT_KEYS = {
  intake: 'intakePort',
  'patent-verification': 'patentVerificationPort',
  scoring: 'scoringPort',
  decisioning: 'decisioningPort',
  'disbursement-ledger': 'disbursementLedgerPort',
  gateway: 'gatewayPort',
} as const satisfies Record<Service, keyof typeof commandSettings>;

const WORKER_RANK = 3;
const SURROUNDING_RANK = 2;
const ENGINE_RESTART_MS = 1_000;

export interface System {
  readonly addresses: Addresses;
  state(): RunState;
  /** Workers first, so that they finish what they hold; then what they ask; then the engines. */
  stop(onStep?: OnStep): Promise<void>;
  /** All of it at once, without grace. */
  kill(): Promise<void>;
}

export interface StartSystemOptions {
  readonly onStep: OnStep;
  /** Something changed while it runs: a process ended, or is ready again. */
  readonly onChange: (change: string) => void;
  /** Added to what every worker is given. */
  readonly workerEnvironment?: Readonly<Record<string, string>>;
  readonly signal: AbortSignal;
}

export async function startSystem(
  context: CommandContext,
  { onStep, onChange, workerEnvironment = {}, signal }: StartSystemOptions,
): Promise<System> {
  const { home, settings, environment } = context;
  const startedAt = new Date().toISOString();
  const owner = homeOwner(home);
  if (owner !== null) throw fault('SAIDAO_ALREADY_RUNNING', { pid: owner, home });
  const ports = await choosePorts(context);
  let engines: Engines | null = null;
  let addresses: Addresses | null = null;
  const processes: ManagedProcess[] = [];
  let stopping = false;

  const state = (): RunState => ({
    pid: process.pid,
    startedAt,
    lenders: settings.lenders,
    partitions: settings.partitions,
    addresses: addresses!,
    engines: (engines?.all() ?? []).map((engine) => ({
      name: engine.name,
      version: engine.version,
      local: engine.local,
      pid: engine.pid(),
      address: engine.address,
    })),
    processes: processes.map((one) => one.describe()),
  });
  const changed = (change: string) => {
    if (stopping) return;
    if (addresses) writeRunState(home, state());
    onChange(change);
  };

  const stop = async (onStopStep: OnStep = () => {}) => {
    stopping = true;
    for (const rank of [WORKER_RANK, SURROUNDING_RANK]) {
      await Promise.all(
        processes
          .filter(({ plan }) => plan.rank === rank)
          .map((one) => runStep(one.plan.name, onStopStep, () => one.stop(), stopOutcome)),
      );
    }
    await engines?.stop(onStopStep);
    removeRunState(home);
  };

  try {
    engines = await startEngines({
      home,
      ports: {
        kafka: settings.kafkaPort,
        postgres: settings.postgresPort,
        redis: settings.redisPort,
      },
      environment,
      onStep,
      signal,
      onEngineExit: (engine) => {
        if (!stopping) void restartEngine(engine, () => stopping, changed);
      },
    });
    signal.throwIfAborted();
    addresses = {
      brokers: engines.brokers,
      databaseUrl: engines.databaseUrl,
      redisUrl: engines.redisUrl,
      outsideWorld: localAddress(ports.outsideWorld),
      schemaRegistry: localAddress(ports.schemaRegistry),
      services: Object.fromEntries(
        serviceNames.map((name) => [name, localAddress(ports.services[name])]),
      ) as Record<Service, string>,
    };
    writeRunState(home, state());

    const { watchdog } = engines;
    const startProcess = (plan: ProcessPlan) => {
      const one = new ManagedProcess(plan, watchdog, changed);
      processes.push(one);
      return runStep(
        plan.name,
        onStep,
        () => one.start(),
        () => ({ detail: plan.address }),
      );
    };
    await allOf([
      startProcess(
        outsideWorldPlan(context, ports.outsideWorld, {
          ...callbackSettings(context, addresses),
          ...workerEnvironment,
        }),
      ),
      startProcess(schemaRegistryPlan(context, ports.schemaRegistry)),
      runStep(
        'Topics',
        onStep,
        () => createTopics(context, engines!.brokers),
        ({ created, all }) => ({ detail: `${all} topics, ${created} of them new` }),
      ),
    ]);
    signal.throwIfAborted();
    const given = {
      ...workerEnvironment,
      ...workerSettings(context, addresses),
    };
    await allOf(
      serviceNames.map((name) =>
        startProcess(servicePlan(context, name, ports.services[name], given)),
      ),
    );
    signal.throwIfAborted();
    writeRunState(home, state());
  } catch (error) {
    await stop();
    throw error;
  }

  return {
    addresses,
    state,
    stop,
    async kill() {
      stopping = true;
      await Promise.all(processes.map((one) => one.stop('kill')));
      await Promise.all(engines.all().map((engine) => engine.stop('kill')));
      await engines.stop();
      removeRunState(home);
    },
  };
}

/**
 * Like Promise.all, but waits for the others before it fails, so that nothing starts afterwards.
 */
async function allOf(work: readonly Promise<unknown>[]): Promise<void> {
  const outcomes = await Promise.allSettled(work);
  for (const outcome of outcomes) if (outcome.status === 'rejected') throw outcome.reason;
}

function stopOutcome(outcome: 'ended' | 'killed') {
  const detail = `did not end within ${STOP_MS / 1_000} s and was killed`;
  return outcome === 'ended' ? {} : { detail };
}

function localAddress(port: number): string {
  return `http://127.0.0.1:${port}`;
}

/** The ports a start will want, but for those of engines given by address and those left free. */
export function wantedPorts({ settings }: CommandContext): WantedPort[] {
  const keys = [
    ...(settings.kafkaBrokers ? [] : [['kafkaPort', 'Kafka'] as const]),
    ...(settings.databaseUrl ? [] : [['postgresPort', 'PostgreSQL'] as const]),
    ...(settings.redisUrl ? [] : [['redisPort', 'Redis'] as const]),
    ['outsideWorldPort', 'the outside world'] as const,
    ['schemaRegistryPort', 'the schema registry'] as const,
    ...serviceNames.map((name) => [PORT_KEYS[name], name] as const),
  ];
  return keys
    .map(([key, what]) => ({ port: settings[key], what, setting: commandSettings[key].env }))
    .filter(({ port }) => port !== 0);
}

interface Ports {
  outsideWorld: number;
  schemaRegistry: number;
  services: Record<Service, number>;
}

async function choosePorts({ settings }: CommandContext): Promise<Ports> {
  const choose = async (
    what: string,
    key: 'outsideWorldPort' | 'schemaRegistryPort' | (typeof PORT_KEYS)[Service],
  ): Promise<number> => {
    const port = settings[key];
    if (port === 0) return freePort();
    if (!(await portIsTaken(port))) return port;
    const setting = commandSettings[key].env;
    throw fault('SAIDAO_PORT_TAKEN', { port, what, setting, holder: holderOf(port) });
  };
  const outsideWorld = await choose('the outside world', 'outsideWorldPort');
  const schemaRegistry = await choose('the schema registry', 'schemaRegistryPort');
  const services = await Promise.all(
    serviceNames.map(async (name) => [name, await choose(name, PORT_KEYS[name])] as const),
  );
  return {
    outsideWorld,
    schemaRegistry,
    services: Object.fromEntries(services) as Record<Service, number>,
  };
}

async function createTopics({ settings }: CommandContext, brokers: readonly string[]) {
  const quiet = { debug() {}, warn() {} };
  const log = connectKafka({ brokers, clientId: 'saidao-up', logger: quiet });
  try {
    const specs = topicSpecs(settings.lenders, settings.partitions);
    const { created } = await log.createTopics(specs);
    return { created: created.length, all: specs.length };
  } finally {
    await log.close();
  }
}

function outsideWorldPlan(
  context: CommandContext,
  port: number,
  environment: Readonly<Record<string, string>>,
): ProcessPlan {
  const folder = join(PROJECT_ROOT, 'packages', 'outside-world');
  return {
    name: 'outside-world',
    main: join(folder, 'src', 'main.ts'),
    cwd: folder,
    address: localAddress(port),
    readyPath: '/healthz',
    log: join(context.home, 'logs', 'outside-world.log'),
    environment: {
      ...context.environment,
      OUTSIDE_WORLD_PORT: String(port),
      OUTSIDE_WORLD_DATA: join(context.home, 'data', 'outside-world'),
      // The pledge office counts annuities by the same business date as the workers.
      ...environment,
    },
    rank: SURROUNDING_RANK,
  };
}

/** No worker asks it: clients of others do, who know an id only. */
function schemaRegistryPlan(context: CommandContext, port: number): ProcessPlan {
  const given = { HTTP_HOST: '127.0.0.1' };
  return { ...servicePlan(context, 'schema-registry', port, given), rank: SURROUNDING_RANK };
}

function servicePlan(
  context: CommandContext,
  name: Service | 'schema-registry',
  port: number,
  given: Readonly<Record<string, string>>,
): ProcessPlan {
  const folder = join(PROJECT_ROOT, 'services', name);
  return {
    name,
    main: join(folder, 'main.ts'),
    cwd: folder,
    address: localAddress(port),
    readyPath: '/readyz',
    alivePath: '/livez',
    log: join(context.home, 'logs', `${name}.log`),
    environment: { ...context.environment, ...given, HTTP_PORT: String(port) },
    rank: WORKER_RANK,
  };
}

/** What every worker is told; a service reads what its own settings table declares. */
function workerSettings(context: CommandContext, addresses: Addresses): Record<string, string> {
  const { home, settings } = context;
  const access = ensureAccess(home);
  return {
    KAFKA_BROKERS: addresses.brokers.join(','),
    DATABASE_URL: addresses.databaseUrl,
    REDIS_URL: addresses.redisUrl,
    OUTSIDE_WORLD_URL: addresses.outsideWorld,
    LENDERS: settings.lenders.join(','),
    PARTITIONS: String(settings.partitions),
    HTTP_HOST: '127.0.0.1',
    PRINCIPALS: principalsSetting(access, settings.lenders),
    OIDC_ISSUERS: issuersSetting(home, settings.lenders),
    CACHE_MAC_KEY: access.cacheMacKey,
    PERSONS_MAC_KEY: keyFor('persons', access.cacheMacKey),
    PAYOUT_CALLBACK_SECRET: callbackSecret(access.cacheMacKey),
    WEBHOOK_KEY: keyFor('webhooks', access.cacheMacKey),
    // For trying out: a receiver on this machine.
    WEBHOOK_NETWORKS: '127.0.0.0/8,::1/128',
    WEBHOOK_PORTS: '0',
    WEBHOOK_HTTP: 'true',
  };
}

/** Whom the simulated payout rail calls back, and by what it signs. */
function callbackSettings({ home }: CommandContext, { services }: Addresses) {
  return {
    PAYOUT_CALLBACK_URL: `${services['disbursement-ledger']}/v1/payout-callbacks`,
    PAYOUT_CALLBACK_SECRET: callbackSecret(ensureAccess(home).cacheMacKey),
  };
}

/** As Standard Webhooks writes a secret: its bytes in base64. */
function callbackSecret(key: string): string {
  return `whsec_${Buffer.from(keyFor('payout-callbacks', key), 'hex').toString('base64')}`;
}

/** A key of its own for each use, made of the one that a home keeps. */
function keyFor(use: string, key: string): string {
  return createHmac('sha256', key).update(use).digest('hex');
}

/** Workers ride out an engine's absence; it only has to come back on the same address and data. */
async function restartEngine(
  engine: Engine,
  isStopping: () => boolean,
  changed: (change: string) => void,
): Promise<void> {
  changed(`${engine.name} ended by itself; starting it again`);
  while (!isStopping()) {
    try {
      await engine.start();
      changed(`${engine.name} is back`);
      return;
    } catch (error) {
      changed(error instanceof Error ? error.message : String(error));
      await new Promise((resolve) => setTimeout(resolve, ENGINE_RESTART_MS));
    }
  }
}
