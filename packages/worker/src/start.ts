// Starts a worker's process part by part: settings, database, log, tables, HTTP, lines; and ends it.
import {
  ConfigError,
  faultsOfLogin,
  loginOf,
  readSettings,
  type Environment,
  type Secret,
  type SettingsOf,
  type SettingsTable,
} from '@saidao/config';
import { connectKafka, type EventLog, type KafkaEventLog } from '@saidao/event-log';
import { createCache, type Cache, type CacheOptions } from './cache.ts';
import { systemClock, type Clock } from './clock.ts';
import { openDatabase, sqlStateOf, type Database, type Transaction } from './database.ts';
import type { Line } from './define.ts';
import { createHttp, isOutage, type Door, type HttpOptions, type HttpServer } from './http.ts';
import { DEVELOPMENT_ISSUER } from './issuers.ts';
import { startLine, type RunningLine } from './line-runner.ts';
import { createLogger, logLine, logProvider, type Logger } from './logging.ts';
import { createMetrics, type Metrics } from './metrics.ts';
import { assertMigrated, migrateService } from './migrate.ts';
import { Observer } from './observe.ts';
import { createProvider, type Provider, type ProviderOptions } from './provider.ts';
import { watchProvider } from './provider-watch.ts';
import { roleOf } from './rights.ts';
import type { doorSettings, workerSettings } from './settings.ts';
import { traceProvider, type Tracing } from './tracing.ts';
import type { TracingSettings } from './tracing-settings.ts';
import { waitFor, WorkerError } from './waiting.ts';

export { WorkerError } from './waiting.ts';

/** A service's own table of settings: `settings({ ...workerSettings, … })`. */
export type WorkerTable = SettingsTable & typeof workerSettings;

/** What `build` composes a worker from. */
export interface WorkerContext<Settings> {
  readonly settings: Settings;
  readonly log: EventLog;
  /** Its tables are there when lines and doors run, not yet in `build`. */
  readonly database: Database;
  /** Makes a provider that is logged, measured, and knows all lenders. */
  provider(options: Omit<ProviderOptions, 'lenders' | 'clock'>): Provider;
  /** Makes a cache that is logged, measured and closed at the end. */
  cache(options: Pick<CacheOptions, 'url' | 'macKey' | 'prefix'>): Cache;
  /** Done after the lines have stopped, the last one first. */
  onStop(work: () => Promise<void>): void;
  readonly logger: Logger;
  readonly metrics: Metrics;
  readonly clock: Clock;
}

/** A line of any types: to `Line` one without rows of its own would not fit. */
export type AnyLine = Omit<Line, 'record' | 'observes'> & {
  readonly record?: (transaction: Transaction, rows: readonly never[]) => Promise<void>;
  readonly observes?: (rows: readonly never[]) => void;
};

export interface BuiltWorker {
  /** `needs`: providers without which the line can do nothing; it pauses while one is gone. */
  readonly lines: readonly (
    AnyLine | { readonly line: AnyLine; readonly needs: readonly Provider[] }
  )[];
  readonly doors?: readonly Door[];
}

export interface WorkerOptions<Table extends WorkerTable> {
  /** Names the process in logs, metrics, papers and the database. */
  readonly service: string;
  readonly env: Environment;
  readonly settings: Table;
  /** Compares settings with each other; see readSettings. */
  readonly check?: (read: SettingsOf<Table>) => readonly string[];
  /** The service's own migrations; they may use the schemas of all its lines. */
  readonly migrations?: string | URL;
  /** The database role that lines and doors run as; left out: see `roleOf`. */
  readonly role?: string;
  build(context: WorkerContext<SettingsOf<Table>>): BuiltWorker | Promise<BuiltWorker>;
  /** Instead of Kafka, for tests. */
  readonly openLog?: (settings: SettingsOf<Table>) => EventLog;
  readonly logger?: Logger;
  readonly clock?: Clock;
}

export interface RunningWorker {
  /** Where doors, health and metrics are: `http://127.0.0.1:18081`. */
  readonly address: string;
  readonly lines: readonly RunningLine[];
  readonly logger: Logger;
  /** Refuses new requests, finishes the turns, commits, closes; in this order. */
  stop(): Promise<void>;
}

const DATABASE_CHECK_MS_MAX = 1_000;

/**
 * Starts a worker without touching the process: no signals, no exit. See `runWorker`. `onCrash` is
 * told of each consumer that has died for good, also while others start: the process should end.
 */
export async function startWorker<Table extends WorkerTable>(
  options: WorkerOptions<Table>,
  signal: AbortSignal = new AbortController().signal,
  onCrash: (error: Error) => void = () => {},
): Promise<RunningWorker> {
  const { service } = options;
  const settings = readWorkerSettings(options);
  const common = commonOf(settings);
  const logger = options.logger ?? createLogger({ service, level: common.logLevel });
  const clock = options.clock ?? systemClock;
  const metrics = createMetrics({ service, now: () => clock.nowMs() });
  const closing = new Closing(logger);
  const waiting = { timeoutMs: common.startTimeoutMs, logger, signal };
  try {
    const tracing = await tracingOf(service, common, logger);
    if (tracing !== undefined) closing.add('tracing', () => tracing.stop());
    await waitForDatabase(common.databaseUrl, waiting);
    const log = options.openLog?.(settings) ?? (await connectLog(service, common, waiting));
    closing.add('log', () => log.close());
    const parts = { settings, logger, metrics, clock, closing, log, tracing };
    const { database, providers, doors, all } = await compose(options, parts);
    const plans = chosenOf(all, common.ownLines);
    await bringUpToDate(options, common, all, logger);

    const running: RunningLine[] = [];
    const starting = { done: false };
    const door = doorOf(settings, common.httpHost);
    const http = await createHttp({
      name: service,
      logger,
      metrics,
      health: healthOf({ starting, running, database, sessionMs: common.sessionTimeoutMs }),
      ...(doors !== undefined && { doors }),
      ...door,
      tracing,
    });
    closing.add('http', () => http.close());
    const address = await listen(http, common.httpHost, common.httpPort);
    logger.info({ address }, 'doors, health and metrics are open');

    closing.add('lines', () => stopLines(running));
    closing.add('doors', async () => http.drain());
    const around = { log, database, common, clock, metrics, logger, waiting, onCrash, tracing };
    await startLines(
      plans.map(({ line }) => line),
      running,
      around,
    );
    for (const provider of providers) {
      const paused = running.filter((_line, index) => plans[index]?.needs.includes(provider));
      const watch = watchProvider(provider, paused);
      closing.add('watch', async () => watch.stop());
    }
    starting.done = true;
    logger.info({ address, lines: plans.map(({ line }) => line.name) }, `${service} runs`);
    return {
      address,
      lines: running,
      logger,
      stop: () => closing.close(),
    };
  } catch (error) {
    await closing.close();
    throw error;
  }
}

/** Brings the tables of a worker up to date and does nothing else: MIGRATIONS=only. */
export async function migrateWorker<Table extends WorkerTable>(
  options: WorkerOptions<Table>,
  signal: AbortSignal,
): Promise<void> {
  const { service } = options;
  const settings = readWorkerSettings(options);
  const common = commonOf(settings);
  const logger = options.logger ?? createLogger({ service, level: common.logLevel });
  const closing = new Closing(logger);
  try {
    const waiting = { timeoutMs: common.startTimeoutMs, logger, signal };
    await waitForDatabase(common.databaseUrl, waiting);
    // Only what is built knows its lines; nothing of it is asked, and no broker has to be there.
    const log = openKafka(service, common, logger);
    closing.add('log', () => log.close());
    const clock = options.clock ?? systemClock;
    const metrics = createMetrics({ service, now: () => clock.nowMs() });
    const parts = { settings, logger, metrics, clock, closing, log };
    const { all } = await compose(options, parts);
    await bringUpToDate(options, common, all, logger);
    logger.info(`the tables of ${service} are up to date`);
  } finally {
    await closing.close();
  }
}

/** All faults are told together. */
export function readWorkerSettings<Table extends WorkerTable>(
  options: Pick<WorkerOptions<Table>, 'settings' | 'env' | 'check'>,
): SettingsOf<Table> {
  return readSettings(options.settings, options.env, (read) => [
    ...faultsOfLogin(read),
    ...(options.check?.(read) ?? []),
  ]);
}

/** Every table has these; TypeScript cannot see it through the type parameter. */
export function commonOf(settings: object): CommonSettings {
  return settings as CommonSettings;
}

interface Parts<Settings> {
  readonly settings: Settings;
  readonly logger: Logger;
  readonly metrics: Metrics;
  readonly clock: Clock;
  readonly closing: Closing;
  readonly log: EventLog;
  readonly tracing?: Tracing | undefined;
}

/** Builds the worker on a pool that connects with its first statement, when the role is there. */
async function compose<Table extends WorkerTable>(
  options: WorkerOptions<Table>,
  parts: Parts<SettingsOf<Table>>,
) {
  const { settings, logger, metrics, clock, closing, log, tracing } = parts;
  const common = commonOf(settings);
  const database = openDatabase({
    url: common.databaseUrl.reveal(),
    poolMax: common.databasePoolMax,
    applicationName: `saidao ${options.service}`,
    role: roleFor(options),
    onError: (error: Error) => logger.warn({ err: error }, 'a database connection was lost'),
  });
  closing.add('database', () => database.close());
  metrics.trackDatabase(() => database.waiting());
  const providers: Provider[] = [];
  const { lines, doors } = await options.build({
    settings,
    log,
    database,
    provider(given) {
      const provider = createProvider({ ...given, lenders: common.lenders, clock });
      logProvider(provider, logger);
      metrics.observeProvider(provider, common.lenders);
      if (tracing !== undefined) traceProvider(provider, tracing);
      providers.push(provider);
      return provider;
    },
    cache(given) {
      const cache = createCache({ ...given, logger, clock });
      metrics.observeCache(cache);
      closing.add('cache', () => cache.close());
      return cache;
    },
    onStop: (work) => closing.add('own part', work),
    logger,
    metrics,
    clock,
  });
  const all = lines.map((one) => {
    const { line, needs } = 'needs' in one ? one : { line: one, needs: [] };
    return { line: line as Line, needs };
  });
  return { database, providers, doors, all };
}

/** What a worker with doors was told of whom they let in. */
function doorOf(
  settings: object,
  host: string,
): Pick<HttpOptions, 'principals' | 'issuers' | 'limits'> {
  if (!('oidcIssuers' in settings)) return {};
  const told = settings as SettingsOf<typeof doorSettings>;
  const { principals, oidcIssuers: issuers } = told;
  const isNear = /^(?:localhost|127\.\d+\.\d+\.\d+|::1)$/.test(host);
  if (!isNear && issuers.some(({ issuer }) => issuer === DEVELOPMENT_ISSUER)) {
    throw new ConfigError([
      `OIDC_ISSUERS names ${DEVELOPMENT_ISSUER}, which is for this machine only: HTTP_HOST is ${host}`,
    ]);
  }
  return {
    principals: principals.reveal(),
    issuers,
    limits: {
      ofPeople: told.requestsPerSecondMax,
      ofSystems: told.systemRequestsPerSecondMax,
    },
  };
}

/** The lines that this process is to run: all of the service, or those that it was told. */
function chosenOf<Plan extends { readonly line: Line }>(
  all: readonly Plan[],
  named: readonly string[] | undefined,
): readonly Plan[] {
  if (named === undefined) return all;
  const names = all.map(({ line }) => line.name);
  const strange = named.filter((name) => !names.includes(name));
  if (strange.length > 0) {
    throw new ConfigError([
      `LINES names ${strange.join(', ')}: this service has ${names.join(', ')}`,
    ]);
  }
  return all.filter(({ line }) => named.includes(line.name));
}

interface Waiting {
  readonly timeoutMs: number;
  readonly logger: Logger;
  readonly signal: AbortSignal;
}
type CommonSettings = SettingsOf<typeof workerSettings>;

async function waitForDatabase(url: Secret<string>, waiting: Waiting): Promise<void> {
  const { host, pathname } = new URL(url.reveal());
  const database = openDatabase({ url: url.reveal(), poolMax: 1 });
  try {
    await waitFor({
      ...waiting,
      what: `The database ${pathname.slice(1)} at ${host}`,
      attempt: () => database.query('select 1'),
      // A wrong password stays wrong; what is stopped or full may come back.
      mayPass: (error) => !/^28/.test(sqlStateOf(error) ?? ''),
      code: 'SAIDAO_DATABASE_UNAVAILABLE',
      todo: 'start PostgreSQL or correct DATABASE_URL',
    });
  } finally {
    await database.close();
  }
}

function openKafka(service: string, settings: CommonSettings, logger: Logger): KafkaEventLog {
  const { kafkaBrokers: brokers } = settings;
  return connectKafka({
    ...{ brokers, clientId: `saidao-${service}`, logger },
    ...loginOf(settings),
  });
}

/** OpenTelemetry is loaded only here: a worker that exports no traces has none of it. */
async function tracingOf(
  service: string,
  settings: TracingSettings,
  logger: Logger,
): Promise<Tracing | undefined> {
  const {
    otlpEndpoint: endpoint,
    otlpHeaders,
    tracesSampler: sampler,
    tracesSamplerArg,
  } = settings;
  if (endpoint === undefined) return undefined;
  const { startTracing } = await import('./tracing-otlp.ts');
  const pairs = (otlpHeaders?.reveal() ?? []).map((pair) => pair.split(/=(.*)/s, 2));
  const headers = Object.fromEntries(
    pairs.map(([name, value]) => [name as string, decodeURIComponent(value as string)]),
  );
  const ratio = Number(tracesSamplerArg);
  logger.info({ address: endpoint }, 'traces are exported');
  return startTracing({ service, endpoint, headers, sampler, ratio, logger });
}

async function connectLog(
  service: string,
  settings: CommonSettings,
  waiting: Waiting,
): Promise<EventLog> {
  const log = openKafka(service, settings, waiting.logger);
  try {
    await waitFor({
      ...waiting,
      what: `Kafka at ${settings.kafkaBrokers.join(', ')}`,
      attempt: () => log.connect(),
      mayPass: isOutage,
      code: 'SAIDAO_LOG_UNAVAILABLE',
      todo: 'start the brokers or correct KAFKA_BROKERS',
    });
    return log;
  } catch (error) {
    await log.close();
    throw error;
  }
}

function roleFor({ role, service }: { role?: string; service: string }): string {
  return role ?? roleOf(service);
}

/** Nobody's connection is left that could do more than the role, unless its login can. */
async function bringUpToDate<Table extends WorkerTable>(
  options: WorkerOptions<Table>,
  { databaseUrl, migrations }: CommonSettings,
  plans: readonly { readonly line: Line }[],
  logger: Logger,
): Promise<void> {
  const { service, migrations: folder } = options;
  const tables = {
    ...{ databaseUrl: databaseUrl.reveal(), service, role: roleFor(options) },
    lines: plans.map(({ line }) => line.name),
    ...(folder !== undefined && { folder }),
  };
  if (migrations === 'check') return assertMigrated(tables);
  const { applied } = await migrateService({ ...tables, takesRole: migrations === 'apply' });
  if (applied.length > 0) logger.info({ migrations: applied }, 'tables brought up to date');
}

interface StartOne {
  readonly log: EventLog;
  readonly database: Database;
  readonly common: CommonSettings;
  readonly clock: Clock;
  readonly metrics: Metrics;
  readonly logger: Logger;
  readonly waiting: Waiting;
  readonly onCrash: (error: Error) => void;
  readonly tracing: Tracing | undefined;
}

/** All at once; those that have started are in `running` even if another has failed. */
async function startLines(
  lines: readonly Line[],
  running: RunningLine[],
  around: StartOne,
): Promise<void> {
  const outcomes = await Promise.allSettled(lines.map((line) => startOne(line, around)));
  for (const outcome of outcomes) {
    if (outcome.status === 'fulfilled') running.push(outcome.value);
  }
  const failed = outcomes.find((outcome) => outcome.status === 'rejected');
  if (failed !== undefined) throw failed.reason;
}

async function startOne(line: Line, around: StartOne): Promise<RunningLine> {
  const { log, database, common, clock, metrics, logger, waiting, onCrash, tracing } = around;
  const observer = new Observer();
  logLine(observer, logger);
  metrics.observeLine(observer);
  const started = await waitFor({
    ...waiting,
    what: `The topics of ${line.name}`,
    attempt: () =>
      startLine({
        line,
        log,
        database,
        lenders: common.lenders,
        partitions: common.partitions,
        observer,
        clock: () => clock.nowMs(),
        sessionTimeoutMs: common.sessionTimeoutMs,
        tracing,
        onCrash: (error) => {
          const sentence = `The consumer of ${line.name} has ended: ${error.message}`;
          onCrash(new WorkerError('SAIDAO_CONSUMER_ENDED', sentence, { cause: error }));
        },
      }),
    // Topics may be created at the same time.
    mayPass: (error) =>
      isOutage(error) || (error as { code?: unknown }).code === 'SAIDAO_TOPIC_UNKNOWN',
    code: 'SAIDAO_TOPIC_UNKNOWN',
    todo: 'create the topics (npx saidao up does, npx saidao topics lists them) or start the brokers',
  });
  metrics.trackLine(line.name, {
    status: () => started.status(),
    backlog: () => started.backlog(),
    lag: () => log.lag(started.group, started.topics, { since: true }),
  });
  return started;
}

async function listen(http: HttpServer, host: string, port: number): Promise<string> {
  try {
    return await http.listen(host, port);
  } catch (error) {
    const { code } = error as { code?: string };
    const reasons: Readonly<Record<string, string>> = {
      EADDRINUSE: 'is taken',
      EADDRNOTAVAIL: 'is not an address of this machine',
      EACCES: 'is not allowed to this user',
      ENOTFOUND: 'is not a known host',
    };
    const reason = reasons[String(code)];
    if (reason === undefined) throw error;
    const sentence = `${host}:${port} ${reason}: set HTTP_HOST and HTTP_PORT to a free address.`;
    throw new WorkerError('SAIDAO_PORT', sentence, { cause: error });
  }
}

interface HealthOptions {
  readonly starting: { readonly done: boolean };
  readonly running: readonly RunningLine[];
  readonly database: Database;
  readonly sessionMs: number;
}

function healthOf({ starting, running, database, sessionMs }: HealthOptions) {
  const turnMsMax = 2 * sessionMs;
  return {
    // Neither broker nor database: were they gone, starting again would only add to the load.
    alive() {
      const hung = running.find((line) => line.status().oldestTurnMs > turnMsMax);
      return hung && `a turn of ${hung.line.name} is older than ${turnMsMax} ms`;
    },
    async notReady() {
      const reasons = starting.done ? [] : ['the worker is starting'];
      for (const { line, status } of running) {
        const { joined, paused, broken } = status();
        if (!joined) reasons.push(`${line.name} has not joined its group`);
        if (paused !== undefined) reasons.push(`${line.name} is paused: ${paused}`);
        // Only which: what the invariant says is for the log.
        for (const lane of broken) {
          reasons.push(`lane ${lane} of ${line.name} is stopped by a broken invariant`);
        }
      }
      if (!(await answers(database))) reasons.push('the database does not answer');
      return reasons;
    },
  };
}

async function answers(database: Database): Promise<boolean> {
  const { promise: late, resolve } = Promise.withResolvers<boolean>();
  const timer = setTimeout(resolve, DATABASE_CHECK_MS_MAX, false);
  try {
    return await Promise.race([database.query('select 1').then(() => true), late]);
  } catch {
    return false;
  } finally {
    clearTimeout(timer);
  }
}

async function stopLines(running: readonly RunningLine[]): Promise<void> {
  const outcomes = await Promise.allSettled(running.map((line) => line.stop()));
  const failed = outcomes.find((outcome) => outcome.status === 'rejected');
  if (failed !== undefined) throw failed.reason;
}

/** Closes the last opened first; what fails is told and hinders nothing. */
class Closing {
  readonly #logger: Logger;
  readonly #steps: { readonly name: string; readonly work: () => Promise<void> }[] = [];
  #closed: Promise<void> | undefined;

  constructor(logger: Logger) {
    this.#logger = logger;
  }

  add(name: string, work: () => Promise<void>): void {
    this.#steps.push({ name, work });
  }

  close(): Promise<void> {
    this.#closed ??= this.#run();
    return this.#closed;
  }

  async #run(): Promise<void> {
    for (const { name, work } of this.#steps.toReversed()) {
      try {
        await work();
      } catch (error) {
        this.#logger.error({ step: name, err: error }, 'a part did not stop as it should');
      }
    }
  }
}
