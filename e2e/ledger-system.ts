// The ledger as a process of its own, with engines and a rail: authorised by the test, audited by it.
import { execFile } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { connectKafka, type EventLog } from '@saidao/event-log';
import { freePort, startEngines, type Engines } from '@saidao/local';
import {
  decode,
  topicName,
  topics,
  topicSpecs,
  type DisbursementAuthorised,
  type Payee,
} from '@saidao/schemas';
import {
  blankAuthorised,
  eventually,
  recordOf,
  startWorkerProcess,
  type WorkerProcess,
} from '@saidao/testkit';
import { cny, uuidV7 } from '@saidao/values';
import { openDatabase, type Database } from '@saidao/worker';
import { root } from './system.ts';

export const LENDERS = ['exim-zj', 'boc-zj'];
const PARTITIONS = 3;
const CALLBACK_SECRET = 'whsec_c2FpZGFvLXRlc3Qtc2VjcmV0LTAwMDAwMDA=';
/** The shortest that the broker takes: a killed process keeps its lanes for so long. */
const SESSION_TIMEOUT_MS = 6_000;
const RAIL_DEADLINE_MS = 1_000;
const MOTORS_FEN = 1_240_000_000n;
const CHIPS_FEN = 760_000_000n;

export interface LedgerSystem {
  readonly engines: Engines;
  readonly log: EventLog;
  readonly lenders: readonly string[];
  readonly database: Database;
  /** The newest process. */
  worker(): WorkerProcess;
  /** Starts it anew at the same address, once it has ended. */
  start(): Promise<void>;
  behave(behaviour: object): Promise<void>;
  railBook(): Promise<readonly RailPayout[]>;
  authorise(authorised: readonly DisbursementAuthorised[]): Promise<void>;
  [Symbol.asyncDispose](): Promise<void>;
}

export interface RailPayout {
  readonly payoutId: string;
  readonly payee: string;
  readonly amountFen: string;
}

export async function startLedgerSystem(environment: NodeJS.ProcessEnv): Promise<LedgerSystem> {
  await using started = new AsyncDisposableStack();
  const home = mkdtempSync(join(tmpdir(), 'saidao-e2e-'));
  started.defer(() => rmSync(home, { recursive: true, force: true }));
  const engines = started.use(
    await startEngines({
      home,
      only: ['kafka', 'postgres'],
      ports: { kafka: 0, postgres: 0, redis: 0 },
      environment: { ...environment, KAFKA_BROKERS: '', DATABASE_URL: '', REDIS_URL: '' },
    }),
  );
  const quiet = { debug: () => undefined, warn: () => undefined };
  const log = connectKafka({ brokers: engines.brokers, clientId: 'test', logger: quiet });
  started.defer(() => log.close());
  await log.createTopics(topicSpecs(LENDERS, PARTITIONS));
  const database = openDatabase({ url: engines.databaseUrl, poolMax: 4 });
  started.defer(() => database.close());

  const [port, worldPort] = [await freePort(), await freePort()];
  const worldUrl = `http://127.0.0.1:${worldPort}`;
  started.use(
    startWorkerProcess(join(root, 'packages/outside-world/src/main.ts'), {
      OUTSIDE_WORLD_PORT: String(worldPort),
      OUTSIDE_WORLD_DATA: join(home, 'world'),
      PAYOUT_CALLBACK_URL: `http://127.0.0.1:${port}/v1/payout-callbacks`,
      PAYOUT_CALLBACK_SECRET: CALLBACK_SECRET,
    }),
  );
  await eventually('the outside world runs', async () => (await fetch(`${worldUrl}/healthz`)).ok);

  let worker: WorkerProcess | undefined;
  started.defer(async () => worker?.[Symbol.asyncDispose]());
  const start = async (): Promise<void> => {
    worker = startWorkerProcess(join(root, 'services/disbursement-ledger/main.ts'), {
      KAFKA_BROKERS: engines.brokers.join(','),
      DATABASE_URL: engines.databaseUrl,
      OUTSIDE_WORLD_URL: worldUrl,
      LENDERS: LENDERS.join(','),
      PARTITIONS: String(PARTITIONS),
      HTTP_PORT: String(port),
      SESSION_TIMEOUT_MS: `${SESSION_TIMEOUT_MS}ms`,
      PAYOUT_RAIL_DEADLINE_MS: `${RAIL_DEADLINE_MS}ms`,
      PAYOUT_CALLBACK_SECRET: CALLBACK_SECRET,
    });
    await worker.ready();
  };
  await start();
  const running = started.move();
  return {
    engines,
    log,
    lenders: LENDERS,
    database,
    worker() {
      if (worker === undefined) throw new Error('The ledger was never started.');
      return worker;
    },
    start,
    async behave(behaviour) {
      const answer = await fetch(`${worldUrl}/control/behaviour`, {
        method: 'PUT',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify(behaviour),
      });
      if (!answer.ok) throw new Error(`The rail does not behave so: ${await answer.text()}`);
      await answer.body?.cancel();
    },
    async railBook() {
      const answer = await fetch(`${worldUrl}/rail/book`);
      return ((await answer.json()) as { payouts: RailPayout[] }).payouts;
    },
    authorise: (all) =>
      log.send(
        all.map((authorised) =>
          recordOf('DisbursementAuthorised', authorised, { partitions: PARTITIONS, number: 1 }),
        ),
      ),
    [Symbol.asyncDispose]: () => running.disposeAsync(),
  };
}

export interface Authorised {
  readonly authorised: DisbursementAuthorised;
  /** The payee that the rail was told to reject; left out: none. */
  readonly rejected?: string;
}

let serial = 0;

/** Entrusted to two payees whose names nobody else has, so that the rail can be told about them. */
export function authorisation(): DisbursementAuthorised {
  serial += 1;
  const applicationId = uuidV7(Date.UTC(2026, 10, 20) + serial, new Uint8Array(10));
  const payee = (name: string, fen: bigint): Payee => ({ name, amount: cny(fen) });
  return {
    applicationId,
    revision: 1,
    lenderId: LENDERS[serial % LENDERS.length] ?? '',
    authorisationId: `${applicationId}/authorisation/1`,
    approvalId: `${applicationId}/approval/1`,
    terms: {
      amount: cny(MOTORS_FEN + CHIPS_FEN),
      termMonths: 24,
      ratePpm: 34_500,
      lprPpm: 30_000,
      lprDate: '2026-11-20',
      addOnPpm: 4_500,
      repayment: 'INTEREST_MONTHLY_PRINCIPAL_AT_END',
      purpose: 'motors and chips for smart locks',
      payees: [payee(`motors ${serial}`, MOTORS_FEN), payee(`chips ${serial}`, CHIPS_FEN)],
      beneficiary: '浙江示例智能锁科技有限公司',
      beneficiaryUscc: '91330100MA2H000142',
      entrusted: true,
      pledgeRequired: false,
      pledgedPatents: [],
      guarantee: null,
      conditions: [],
    },
    businessDate: '2026-11-20',
    ...blankAuthorised,
  };
}

/** Application -> the types told of it, each number once; rejects where one says two things. */
export async function eventsIn(log: EventLog): Promise<ReadonlyMap<string, readonly string[]>> {
  const told = new Map<string, string>();
  const types = new Map<string, string[]>();
  const names = [topicName(topics.disbursements), topicName(topics.payoutResults)];
  await log.scan(names, ({ topic, key, value, headers }) => {
    if (value === null) return;
    const id = String(headers['ce_id']);
    const bytes = value.toString('base64');
    const first = told.get(id);
    if (first !== undefined && first !== bytes) throw new Error(`${id} came with other bytes.`);
    told.set(id, bytes);
    if (first !== undefined) return;
    const applicationId = String(key);
    types.set(applicationId, [...(types.get(applicationId) ?? []), decode(value, topic).type]);
  });
  return types;
}

/** What does not fit together, each in a sentence: rail, events and books of each authorisation. */
export async function ledgerFindings(
  system: LedgerSystem,
  all: readonly Authorised[],
): Promise<string[]> {
  const findings: string[] = [];
  const [book, events] = await Promise.all([system.railBook(), eventsIn(system.log)]);
  const entries = await system.database.query<{ id: string; movement: string; fen: bigint }>(
    `select e.application_id as id, e.movement, sum(p.amount_fen)::bigint as fen
     from book.entries e join book.postings p using (lender_id, lane, seq)
     where p.side = 'debit' group by 1, 2`,
  );
  for (const { authorised, rejected } of all) {
    const { applicationId, authorisationId, terms } = authorised;
    const paid = terms.payees.filter(({ name }) => name !== rejected);
    const fenOf = (payees: readonly Payee[]) =>
      payees.reduce((sum, { amount }) => sum + amount.minor, 0n);
    const expect = (what: string, is: unknown, wanted: unknown) => {
      if (String(is) !== String(wanted))
        findings.push(`${applicationId}: ${what} ${String(is)}, not ${String(wanted)}`);
    };
    const moved = book.filter(({ payoutId }) => payoutId.startsWith(authorisationId));
    const texts = (payouts: readonly { payee: string; amountFen: string }[]) =>
      payouts.map(({ payee, amountFen }) => `${payee}: ${amountFen}`).toSorted();
    const wanted = paid.map(({ name, amount }) => ({ payee: name, amountFen: `${amount.minor}` }));
    expect('the rail moved', texts(moved), texts(wanted));
    const types = events.get(applicationId) ?? [];
    const times = (type: string) => types.filter((one) => one === type).length;
    expect('LoanBooked', times('LoanBooked'), 1);
    expect('LoanDisbursed', times('LoanDisbursed'), 1);
    expect('PayoutConfirmed', times('PayoutConfirmed'), paid.length);
    const booked = (movement: string) =>
      entries.rows.find((row) => row.id === applicationId && row.movement === movement)?.fen;
    expect('RESERVATION', booked('RESERVATION'), terms.amount.minor);
    expect('RELEASE', booked('RELEASE'), terms.amount.minor);
    expect('DISBURSEMENT', booked('DISBURSEMENT'), fenOf(paid));
    expect('PAYOUT', booked('PAYOUT'), fenOf(paid));
  }
  const known = new Set(all.map(({ authorised }) => authorised.authorisationId));
  for (const { payoutId } of book) {
    if (!known.has(payoutId.slice(0, payoutId.lastIndexOf('/')))) {
      findings.push(`the rail paid ${payoutId}, which nobody authorised`);
    }
  }
  return [...findings, ...(await unsound(system))];
}

/** A fresh process walks all chains and adds the books up again. */
async function unsound({ engines }: LedgerSystem): Promise<string[]> {
  const main = join(root, 'services/disbursement-ledger/desk/main.ts');
  const said = await new Promise<string>((resolve, reject) => {
    const child = execFile(process.execPath, [main], (error, text) => {
      if (error instanceof Error) reject(error);
      else resolve(text);
    });
    const question = { ask: 'verify', databaseUrl: engines.databaseUrl, lender: null, keys: [] };
    child.stdin?.end(`${JSON.stringify(question)}\n`);
  });
  const { answer, fault } = JSON.parse(said) as {
    readonly answer?: { readonly faults: readonly { readonly says: string }[] };
    readonly fault?: string;
  };
  if (answer === undefined) return [`the desk: ${fault}`];
  return answer.faults.map(({ says }) => says);
}
