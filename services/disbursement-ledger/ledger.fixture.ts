// The ledger as a process would run it, on a real PostgreSQL and the real rail, for specs of the whole.
import { MemoryBroker, partitionOf, type EventLog, type OutgoingRecord } from '@saidao/event-log';
import {
  type DisbursementAuthorised,
  type EventMap,
  type EventName,
  type LoanTerms,
  decode,
  topicSpecs,
} from '@saidao/schemas';
import { type TestDatabase, eventually, recordOf as written, testDatabase } from '@saidao/testkit';
import { uuidV7 } from '@saidao/values';
import {
  createLogger,
  startWorker,
  systemClock,
  type BuiltWorker,
  type Clock,
  type RunningWorker,
} from '@saidao/worker';
import { LEDGER_ROLE } from './adapters/tables-postgres.ts';
import { authorisationOf, LENDER, payee, terms } from './book.fixture.ts';
import { composeDisbursementLedger } from './compose.ts';
import { contradictionsOf, disbursementLedgerSettings } from './config.ts';
import { openWorld, type World } from './rail.fixture.ts';

export const PARTITIONS = 3;
const SENT_MS = Date.parse('2026-11-20T01:00:00.000Z');
export const OTHER_LENDER = 'boc-zj';
const LENDERS = [LENDER, OTHER_LENDER];
const DISBURSEMENTS = 'saidao.disbursements.v1';
const RESULTS = 'saidao.payout-results.v1';
export const CALLBACK_SECRET = 'whsec_c2FpZGFvLXRlc3Qtc2VjcmV0LTAwMDAwMDA=';
export const TOKENS = {
  officer: 'officer-token-for-tests',
  other: 'other-token-for-tests',
  app: 'app-token-for-tests',
  operator: 'operator-token-for-tests',
};

export interface Ledger {
  readonly db: TestDatabase;
  readonly log: EventLog;
  readonly world: World;
  /**
   * Starts the worker; `change` alters what the service composes, `settings` what it is told, and
   * `clock` is what it goes by.
   */
  start(
    change?: (built: BuiltWorker) => BuiltWorker,
    settings?: Readonly<Record<string, string>>,
    clock?: Clock,
  ): Promise<RunningWorker>;
  stop(): Promise<void>;
  close(): Promise<void>;
  /** What is delivered again is told again, under the same identity: that counts once. */
  eventsOf(applicationId: string): Promise<{ type: string; data: object }[]>;
  typesOf(applicationId: string): Promise<string[]>;
  /** Waits until the event is there so many times. */
  told(applicationId: string, type: EventName, times?: number): Promise<void>;
  /** What really moved, as `payee: fen`. */
  moved(applicationId: string): Promise<string[]>;
  get(path: string, token?: string): Promise<{ status: number; body: Record<string, never> }>;
}

export async function openLedger(databaseUrl: string): Promise<Ledger> {
  const db = await testDatabase({
    adminUrl: databaseUrl,
    template: 'empty',
    prepare: () => Promise.resolve(),
  });
  const world = await openWorld();
  const broker = new MemoryBroker();
  const log = broker.connect();
  await log.createTopics(topicSpecs(LENDERS, PARTITIONS));
  let worker: RunningWorker | undefined;

  const ledger: Ledger = {
    db,
    log,
    world,
    async start(change = (built) => built, settings = {}, clock = systemClock) {
      worker = await startWorker({
        service: 'disbursement-ledger',
        env: { ...environment(db.url, world.url), ...settings },
        settings: disbursementLedgerSettings,
        check: contradictionsOf,
        migrations: new URL('./migrations/', import.meta.url),
        role: LEDGER_ROLE,
        logger: createLogger({ service: 'disbursement-ledger', level: 'silent' }),
        openLog: () => broker.connect(),
        clock,
        build: (context) => change(composeDisbursementLedger(context)),
      });
      // The worker has a new port: the rail is told where to call.
      await world.callBack({
        url: `${worker.address}/v1/payout-callbacks`,
        secret: CALLBACK_SECRET,
      });
      return worker;
    },
    async stop() {
      await worker?.stop();
    },
    async close() {
      await worker?.stop();
      await log.close();
      await world.close();
      await db.close();
    },
    async eventsOf(applicationId) {
      const events = new Map<string, { type: string; data: object }>();
      await log.scan([DISBURSEMENTS, RESULTS], ({ topic, key, value, headers }) => {
        if (key?.toString() !== applicationId) return;
        events.set(String(headers['ce_id']), decode(value as Buffer, topic) as never);
      });
      return [...events.values()];
    },
    async typesOf(applicationId) {
      return (await ledger.eventsOf(applicationId)).map(({ type }) => type).sort();
    },
    async told(applicationId, type, times = 1) {
      await eventually(`${type} of ${applicationId}`, async () => {
        const types = await ledger.typesOf(applicationId);
        return types.filter((one) => one === type).length === times;
      });
    },
    async moved(applicationId) {
      const { payouts } = await world.book();
      return payouts
        .filter(({ payoutId }) => payoutId.startsWith(applicationId))
        .map(({ payee: name, amountFen }) => `${name}: ${amountFen}`)
        .sort();
    },
    async get(path, token = TOKENS.officer) {
      const headers = { authorization: `Bearer ${token}` };
      const response = await fetch(`${worker?.address}${path}`, { headers });
      return { status: response.status, body: (await response.json()) as Record<string, never> };
    },
  };
  return ledger;
}

function environment(databaseUrl: string, outsideWorldUrl: string): Record<string, string> {
  return {
    KAFKA_BROKERS: 'localhost:1',
    DATABASE_URL: databaseUrl,
    LENDERS: LENDERS.join(','),
    PARTITIONS: String(PARTITIONS),
    HTTP_PORT: '0',
    OUTSIDE_WORLD_URL: outsideWorldUrl,
    PAYOUT_RAIL_DEADLINE_MS: '300ms',
    PAYOUT_CALLBACK_SECRET: CALLBACK_SECRET,
    PRINCIPALS: JSON.stringify([
      { principal: 'chen', role: 'officer', lenders: [LENDER], token: TOKENS.officer },
      { principal: 'ops', role: 'operator', lenders: [LENDER], token: TOKENS.operator },
      { principal: 'wang', role: 'reader', lenders: [OTHER_LENDER], token: TOKENS.other },
      {
        principal: 'app',
        role: 'channel',
        lenders: [LENDER],
        channels: ['app'],
        token: TOKENS.app,
      },
    ]),
  };
}

let serial = 0;

/** An application of its own, with names of its own for the rail's behaviours. */
export function application(
  change: Partial<LoanTerms> = {},
  given: Partial<DisbursementAuthorised> = {},
) {
  serial += 1;
  const applicationId = uuidV7(Date.UTC(2026, 10, 20) + serial, new Uint8Array(10));
  const authorisationId = `${applicationId}/authorisation/1`;
  const names = ['motors', 'chips'].map((name) => `${name} ${serial}`) as [string, string];
  const payees = [payee(names[0], '62000000'), payee(names[1], '38000000')];
  const authorised = authorisationOf({
    applicationId,
    authorisationId,
    terms: terms({ payees, ...change }),
    ...given,
  });
  return { applicationId, authorisationId, authorised, names };
}

export function laneOf(applicationId: string): number {
  return partitionOf(Buffer.from(applicationId), PARTITIONS);
}

/** A record as the catalogue's writer would append it. */
export function recordOf<N extends EventName>(
  type: N,
  data: EventMap[N],
  number = 1,
): OutgoingRecord {
  return written(type, data, { partitions: PARTITIONS, number, timeMs: SENT_MS });
}
