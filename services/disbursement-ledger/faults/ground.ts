// What faults are tried on: the real book and payout lines, PostgreSQL and rail, on the memory log.
import { MemoryBroker, partitionOf, type EventLog } from '@saidao/event-log';
import { decode, topicSpecs } from '@saidao/schemas';
import { eventually, recordOf, type TestDatabase } from '@saidao/testkit';
import { createHttp, createLogger, createMetrics, createProvider, type Line } from '@saidao/worker';
import { haltsIn } from '../adapters/halts-postgres.ts';
import { payoutRailHttp } from '../adapters/payout-rail-http.ts';
import { LENDER, PATENTS } from '../book.fixture.ts';
import { bookLine } from '../book.worker.ts';
import { ledgerDatabase } from '../database.fixture.ts';
import { callbacksDoor } from '../door/callbacks.door.ts';
import { type application, CALLBACK_SECRET, OTHER_LENDER } from '../ledger.fixture.ts';
import { products, world as loanWorld } from '../loan/shipped.ts';
import { payoutLine } from '../payout.worker.ts';
import type { PayoutRail } from '../ports.ts';
import { openWorld, type World } from '../rail.fixture.ts';
import { startMortal, type At, type Mortal, type Mortality } from './mortal.ts';

export const PARTITIONS = 3;
export const LENDERS = [LENDER, OTHER_LENDER];
const DISBURSEMENTS = 'saidao.disbursements.v1';
const RESULTS = 'saidao.payout-results.v1';
const RAIL_DEADLINE_MS = 300;
const HOUR_MS = 3_600_000;
/** On a busy machine the rail misses its deadline now and then, and is asked after ever longer. */
const TOLD_MS = 150_000;

export type Application = ReturnType<typeof application>;

export interface Told {
  readonly topic: string;
  readonly number: number;
  readonly type: string;
  readonly bytes: string;
}

export interface Ground {
  readonly db: TestDatabase;
  readonly world: World;
  readonly broker: MemoryBroker;
  readonly log: EventLog;
  /** A process of both lines, in the place of one that died; it dies where it is told to. */
  start(options?: {
    readonly diesAt?: (at: At) => boolean;
    readonly unpaidAlarmAfterMs?: number;
  }): Promise<Mortal>;
  /** Authorised, with its pledge registered and confirmed: all that the ledger waits for. */
  authorise(one: Application): Promise<void>;
  toldOf(applicationId: string): Promise<readonly Told[]>;
  typesOf(applicationId: string): Promise<readonly string[]>;
  /** Waits until the event was told. */
  told(applicationId: string, type: string): Promise<void>;
  close(): Promise<void>;
}

export async function openGround(adminUrl: string): Promise<Ground> {
  const db = await ledgerDatabase(adminUrl);
  const world = await openWorld();
  const broker = new MemoryBroker();
  const log = broker.connect();
  await log.createTopics(topicSpecs(LENDERS, PARTITIONS));
  const door = await openDoor(log);
  await world.callBack({ url: `${door.address}/v1/payout-callbacks`, secret: CALLBACK_SECRET });

  const ground: Ground = {
    db,
    world,
    broker,
    log,
    start({ diesAt = () => false, unpaidAlarmAfterMs = HOUR_MS } = {}) {
      return startMortal({
        broker,
        databaseUrl: db.url,
        ...{ lenders: LENDERS, partitions: PARTITIONS },
        diesAt,
        lines: (mortality) => [
          bookLine({ products, world: loanWorld, unpaidAlarmAfterMs }) as unknown as Line,
          payoutLine(mortalRail(world, mortality), haltsIn(mortality.database)) as unknown as Line,
        ],
      });
    },
    async authorise(one) {
      const { applicationId, authorisationId, authorised } = one;
      const common = {
        ...{ applicationId, revision: 1, lenderId: LENDER, authorisationId },
        ...{ patents: PATENTS, registrationNumber: 'Y2026330000001', evidence: [] },
      };
      const confirmedAt = BigInt(Date.now());
      const validUntil = confirmedAt + BigInt(HOUR_MS);
      const place = (number: number) => ({ partitions: PARTITIONS, number });
      await log.send([
        recordOf('DisbursementAuthorised', authorised, place(1)),
        recordOf(
          'PledgeRegistered',
          { ...common, registeredAt: confirmedAt, contract: 'contract-1' },
          place(1),
        ),
        recordOf('PledgeConfirmed', { ...common, confirmedAt, validUntil }, place(2)),
      ]);
    },
    async toldOf(applicationId) {
      const told: Told[] = [];
      const partition = partitionOf(Buffer.from(applicationId), PARTITIONS);
      await log.scan(
        [DISBURSEMENTS, RESULTS],
        ({ topic, key, value, headers }) => {
          if (value === null || key?.toString() !== applicationId) return;
          const number = Number(String(headers['ce_sequence']));
          const { type } = decode(value, topic);
          told.push({ topic, number, type, bytes: value.toString('base64') });
        },
        { partition },
      );
      return told;
    },
    async typesOf(applicationId) {
      const told = await ground.toldOf(applicationId);
      const unique = new Map(told.map((one) => [`${one.topic} ${one.number}`, one.type]));
      return [...unique.values()].toSorted();
    },
    async told(applicationId, type) {
      await eventually(
        `${type} of ${applicationId}`,
        async () => (await ground.typesOf(applicationId)).includes(type),
        { deadlineMs: TOLD_MS },
      );
    },
    async close() {
      await door.close();
      await log.close();
      await world.close();
      await db.close();
    },
  };
  return ground;
}

/** What the rail is asked by a process that may die before or after. */
function mortalRail(world: World, mortality: Mortality): PayoutRail {
  const rail = payoutRailHttp({
    url: `${world.url}/rail`,
    provider: createProvider({ name: 'payout-rail', deadlineMs: RAIL_DEADLINE_MS }),
  });
  return {
    instruct: (instruction, signal) =>
      mortality.survives('payout', ['instruct'], () => rail.instruct(instruction, signal)),
    find: (instruction, signal) =>
      mortality.survives('payout', ['find'], () => rail.find(instruction, signal)),
  };
}

/** The door outlives the lines: what it took is in the log whatever becomes of them. */
async function openDoor(log: EventLog) {
  const name = 'disbursement-ledger';
  const http = await createHttp({
    name,
    logger: createLogger({ service: name, level: 'silent' }),
    metrics: createMetrics({ service: name }),
    health: { alive: () => undefined, notReady: () => Promise.resolve([]) },
    doors: [
      callbacksDoor({
        log,
        ...{ partitions: PARTITIONS, lenders: LENDERS, secret: CALLBACK_SECRET },
        clock: Date.now,
      }),
    ],
  });
  const address = await http.listen('127.0.0.1', 0);
  return { address, close: () => http.close() };
}
