// A whole system for a test: engines, the outside world and workers, each a process on its own port.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openDoors, type Doors } from '@saidao/applicants';
import { linesOf, loanServices as services, topicSpecs, type Service } from '@saidao/schemas';
import { connectKafka, openBroker, type EventLog } from '@saidao/event-log';
import {
  freePort,
  kafkaLogin,
  startEngines,
  type Engines,
  type KafkaGuard,
  type KafkaIsland,
} from '@saidao/local';
import { eventually, startWorkerProcess, type WorkerProcess } from '@saidao/testkit';
import { applyDifferences, planOf } from '@saidao/topology';

export const root = join(import.meta.dirname, '..');

export { linesOf, services, type Service };

const roleOf = {
  channels: 'channel',
  'officer-a': 'officer',
  'officer-b': 'senior-officer',
  'officer-c': 'committee',
  reader: 'reader',
  auditor: 'auditor',
  operator: 'operator',
} as const;
export type Principal = keyof typeof roleOf;
export const principals = Object.keys(roleOf) as Principal[];

export interface SystemOptions {
  /** Finds programs, such as Java. Engines that it names are not used: others work there. */
  readonly environment: NodeJS.ProcessEnv;
  readonly lenders: readonly string[];
  readonly partitions: number;
  /** Which run; left out: the five that a loan goes through. */
  readonly services?: readonly Service[];
  /** The day on which all is judged; left out: today. */
  readonly businessDate?: string;
  /** Beside what every worker is given; asked at each start of one. */
  readonly extrasOf?: (service: Service, engines: Engines) => Readonly<Record<string, string>>;
  /** The root of the tree whose code the service runs; asked at each start. Left out: this one. */
  readonly rootOf?: (service: Service) => string;
  /** Brokers of one cluster; left out: one. */
  readonly kafkaNodes?: number;
  /** Who may log in at the broker: every service under its own name, with its own rights alone. */
  readonly kafkaGuard?: KafkaGuard;
  /** The last broker is there. */
  readonly kafkaIsland?: KafkaIsland;
  /** Where the broker listens, and where it sends its clients; left out: any port, the same. */
  readonly kafkaPorts?: { readonly port: number; readonly advertisedPort: number };
}

export interface System {
  readonly engines: Engines;
  readonly log: EventLog;
  readonly lenders: readonly string[];
  readonly partitions: number;
  readonly worldUrl: string;
  /** The newest process of each service. */
  readonly workers: ReadonlyMap<Service, WorkerProcess>;
  /** Starts the service anew at the same address, once its process has ended. */
  start(service: Service): WorkerProcess;
  /** One more process of the service, at an address of its own; ended with the system. */
  startAnother(service: Service): Promise<WorkerProcess>;
  /** Resolves once the service is ready. */
  addressOf(service: Service): Promise<string>;
  tokenOf(principal: Principal): string;
  /** Tells the outside world what it is to know or how to behave: PUT below /control. */
  tellWorld(path: string, body: object): Promise<void>;
  [Symbol.asyncDispose](): Promise<void>;
}

const WORLD_READY_MS = 60_000;
/** A machine that is busy with other things takes long to start five workers. */
const READY_MS = 180_000;

/** What the cache's answers are signed with. */
export const CACHE_MAC_KEY = 'a-key-for-this-test-of-32-characters';

/** What the payout rail signs its callbacks with. */
const CALLBACK_SECRET = 'whsec_c2FpZGFvLXRlc3Qtc2VjcmV0LTAwMDAwMDA=';

/** What the secrets of webhooks are made of. */
const WEBHOOK_KEY = `${CACHE_MAC_KEY}-of-webhooks`;

/** Resolves when all are ready; when it rejects, nothing stays behind. */
export async function startSystem(options: SystemOptions): Promise<System> {
  const { lenders, partitions, kafkaNodes = 1, kafkaPorts, kafkaIsland, kafkaGuard } = options;
  const { services: chosen = services } = options;
  await using started = new AsyncDisposableStack();
  const home = mkdtempSync(join(tmpdir(), 'saidao-e2e-'));
  started.defer(() => rmSync(home, { recursive: true, force: true }));

  const environment = {
    ...options.environment,
    KAFKA_BROKERS: '',
    DATABASE_URL: '',
    REDIS_URL: '',
  };
  const ports = { kafka: kafkaPorts?.port ?? 0, postgres: 0, redis: 0 };
  const engines = started.use(
    await startEngines({
      ...{ home, ports, environment, kafkaNodes },
      ...(kafkaIsland !== undefined && { kafkaIsland }),
      ...(kafkaGuard !== undefined && { kafkaGuard }),
      ...(kafkaPorts !== undefined && { kafkaAdvertisedPort: kafkaPorts.advertisedPort }),
    }),
  );
  const quiet = { debug: () => undefined, warn: () => undefined };
  const log = connectKafka({
    ...{ brokers: engines.brokers, clientId: 'test', logger: quiet },
    ...kafkaLogin(kafkaGuard),
  });
  started.defer(() => log.close());
  if (kafkaGuard === undefined) await log.createTopics(topicSpecs(lenders, partitions));
  else await makeTopology(engines.brokers, kafkaGuard, { lenders, partitions });
  const authority = join(home, 'kafka-authority.pem');
  if (kafkaGuard?.tls !== undefined) writeFileSync(authority, kafkaGuard.tls.authority);

  const portOf = new Map<Service, number>();
  for (const service of chosen) portOf.set(service, await freePort());
  const worldPort = await freePort();
  const worldUrl = `http://127.0.0.1:${worldPort}`;
  const day = options.businessDate !== undefined && { BUSINESS_DATE: options.businessDate };
  const worldMain = join(root, 'packages/outside-world/src/main.ts');
  const world = startWorkerProcess(worldMain, {
    OUTSIDE_WORLD_PORT: String(worldPort),
    OUTSIDE_WORLD_DATA: join(home, 'world'),
    PLEDGE_OFFICE_MS: '50ms',
    PAYOUT_CALLBACK_URL: `http://127.0.0.1:${portOf.get('disbursement-ledger')}/v1/payout-callbacks`,
    PAYOUT_CALLBACK_SECRET: CALLBACK_SECRET,
    ...day,
  });
  started.use(world);
  const isUp = async () => (await fetch(`${worldUrl}/healthz`)).ok;
  await eventually('the outside world runs', isUp, { deadlineMs: WORLD_READY_MS });

  const tokenOf = (name: Principal) => `a-token-for-the-doors-of-this-test-${name}`;
  const settings = {
    KAFKA_BROKERS: engines.brokers.join(','),
    DATABASE_URL: engines.databaseUrl,
    REDIS_URL: engines.redisUrl,
    OUTSIDE_WORLD_URL: worldUrl,
    LENDERS: lenders.join(','),
    PARTITIONS: String(partitions),
    CACHE_MAC_KEY,
    PERSONS_MAC_KEY: `${CACHE_MAC_KEY}-of-persons`,
    PAYOUT_CALLBACK_SECRET: CALLBACK_SECRET,
    WEBHOOK_KEY,
    // With a challenger the shadow line runs too: tests look at every line there is.
    CHALLENGERS: 'onnx:soft-power-net@1',
    PRINCIPALS: JSON.stringify(
      principals.map((principal) => ({
        principal,
        role: roleOf[principal],
        lenders,
        token: tokenOf(principal),
      })),
    ),
    ...day,
  };
  const workers = new Map<Service, WorkerProcess>();
  started.defer(async () => {
    await Promise.all([...workers.values()].map((worker) => worker[Symbol.asyncDispose]()));
  });
  const { rootOf = () => root } = options;
  const startAt = (service: Service, port: number): WorkerProcess =>
    startWorkerProcess(join(rootOf(service), 'services', service, 'main.ts'), {
      ...settings,
      HTTP_PORT: String(port),
      ...(kafkaGuard !== undefined && {
        ...{ KAFKA_USER: service, KAFKA_PASSWORD: kafkaGuard.users[service]! },
        ...(kafkaGuard.tls !== undefined && { KAFKA_TLS: 'true', KAFKA_CA_FILE: authority }),
      }),
      ...options.extrasOf?.(service, engines),
    });
  const start = (service: Service): WorkerProcess => {
    if (workers.get(service)?.isRunning() === true) throw new Error(`${service} still runs.`);
    const worker = startAt(service, portOf.get(service)!);
    workers.set(service, worker);
    return worker;
  };
  const others: WorkerProcess[] = [];
  started.defer(async () => {
    await Promise.all(others.map((worker) => worker[Symbol.asyncDispose]()));
  });
  await Promise.all(chosen.map((service) => start(service).ready(READY_MS)));

  const running = started.move();
  return {
    engines,
    log,
    lenders,
    partitions,
    worldUrl,
    workers,
    start,
    async startAnother(service) {
      const worker = startAt(service, await freePort());
      others.push(worker);
      return worker;
    },
    addressOf: (service) => (workers.get(service) as WorkerProcess).ready(),
    tokenOf,
    async tellWorld(path, body) {
      const answer = await fetch(`${worldUrl}${path}`, {
        method: 'PUT',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify(body),
      });
      if (!answer.ok) throw new Error(`PUT ${path}: ${answer.status} ${await answer.text()}`);
      await answer.body?.cancel();
    },
    [Symbol.asyncDispose]: () => running.disposeAsync(),
  };
}

async function makeTopology(
  brokers: readonly string[],
  guard: KafkaGuard,
  of: { readonly lenders: readonly string[]; readonly partitions: number },
): Promise<void> {
  const broker = await openBroker({ brokers, ...kafkaLogin(guard) });
  const alone = { channels: [], replicationFactor: 1, minInSync: 1, rights: true };
  await applyDifferences(broker, await planOf(broker, { ...of, ...alone }));
  await broker.close();
}

/** The doors as channels and officers use them; one that is away is tried again for so long. */
export async function doorsOf(
  system: System,
  patienceMs: number,
  signal: AbortSignal,
  /** W3C: the trace that all that is sent belongs to. */
  traceparent?: string,
): Promise<Doors> {
  const at = {
    intake: await system.addressOf('intake'),
    decisioning: await system.addressOf('decisioning'),
    tokens: Object.fromEntries(principals.map((one) => [one, system.tokenOf(one)])),
    partitions: system.partitions,
    source: 'saidao/test',
    patienceMs,
    ...(traceparent !== undefined && { traceparent }),
  };
  return openDoors(at, system.log, signal);
}
