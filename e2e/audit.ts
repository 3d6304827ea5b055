// The audit after faults: what topics, databases and the payout rail say has to be one story.
import { createHash } from 'node:crypto';
import { partitionOf, type IncomingRecord } from '@saidao/event-log';
import {
  allTopics,
  decode,
  lines,
  topicName,
  topics,
  workerTopics,
  type DisbursementAuthorised,
  type EventOf,
  type LineName,
} from '@saidao/schemas';
import { eventually } from '@saidao/testkit';
import { fenOfMoney } from '@saidao/values';
import { openDatabase, type Database } from '@saidao/worker';
import type { System } from './system.ts';

export type Audited = Pick<System, 'engines' | 'log' | 'lenders' | 'partitions' | 'worldUrl'>;

export interface Audit {
  /** What does not fit together, each in a sentence; none: it is one story. */
  readonly findings: readonly string[];
  /** Applications that wait for officers, by id: whether they should is the caller's to say. */
  readonly waiting: readonly string[];
  readonly counts: {
    readonly events: number;
    /** Records of numbered topics that say again what was said before. */
    readonly repeats: number;
    readonly doorRepeats: number;
    readonly applications: number;
    readonly decided: number;
    readonly withdrawn: number;
    readonly superseded: number;
    readonly authorisations: number;
    readonly payouts: number;
    readonly entries: number;
  };
}

const SETTLED_MS = 60_000;
/** A timer that is due by then would still change something. */
const TIMERS_WITHIN = '2 minutes';

/** Resolves when every line has read all there is and has nothing to wake up for. */
export async function untilSettled(audited: Audited, deadlineMs = SETTLED_MS): Promise<void> {
  await withDatabase(audited, (database) =>
    eventually(
      'every line has done what there is to do',
      async () => {
        const left = await Promise.all(lines.map((line) => leftOf(line, audited, database)));
        const open = left.flat();
        if (open.length > 0) throw new Error(open.join('; '));
        return true;
      },
      { deadlineMs, everyMs: 250 },
    ),
  );
}

async function leftOf(line: LineName, audited: Audited, database: Database): Promise<string[]> {
  const lags = await audited.log.lag(`saidao.${line}`, topicsReadBy(line, audited.lenders));
  const { rows } = await database.query<{ parked: bigint; timers: bigint }>(
    `select (select count(*) from ${line}.parked) as parked,
            (select count(*) from ${line}.timers
             where due_at < now() + interval '${TIMERS_WITHIN}') as timers`,
  );
  const { parked = 0n, timers = 0n } = rows[0] ?? {};
  return [
    ...lags.filter(({ lag }) => lag > 0n).map(({ topic, lag }) => `${line}: ${lag} of ${topic}`),
    ...(parked > 0n ? [`${line}: ${parked} parked`] : []),
    ...(timers > 0n ? [`${line}: ${timers} timers`] : []),
  ];
}

/** The topics that a line reads, its own among them. */
export function topicsReadBy(line: LineName, lenders: readonly string[]): string[] {
  const shared = allTopics(lenders).filter(({ topic }) => topic.readers.includes(line));
  const { timers, replay } = workerTopics(line);
  return [...shared.map(({ name }) => name), timers, replay];
}

/** Call it once nothing moves any more, as `untilSettled` tells. */
export async function audit(audited: Audited): Promise<Audit> {
  const findings: string[] = [];
  const find = (finding: string) => void findings.push(finding);
  const events = await readEvents(audited, find);
  const doorRepeats = await auditDoors(audited, find);
  await auditDeadLetters(audited, find);
  const decisions = auditDecisions(events, find);
  const book = await railBook(audited);
  const authorised = auditPayouts(events, book, find);
  const entries = await withDatabase(audited, async (database) => {
    await auditHeads(events, database, find);
    return auditBooks(authorised, book, database, find);
  });
  return {
    findings,
    waiting: decisions.waiting,
    counts: {
      events: events.all.length,
      repeats: events.repeats,
      doorRepeats,
      ...decisions.counts,
      authorisations: authorised.length,
      payouts: book.length,
      entries,
    },
  };
}

type Find = (finding: string) => void;

interface Events {
  /** Each once, in the order of its partition. */
  readonly all: readonly EventOf[];
  readonly repeats: number;
  /** `<application> <topic>` -> the last number. */
  readonly lastNumbers: ReadonlyMap<string, number>;
}

/** Reads all numbered topics: numbers without a gap or step back, repeats with the same bytes. */
async function readEvents({ log, lenders, partitions }: Audited, find: Find): Promise<Events> {
  const numbered = allTopics(lenders).filter(({ topic }) => topic.numbered);
  const all: EventOf[] = [];
  const lastNumbers = new Map<string, number>();
  const digests = new Map<string, string>();
  let repeats = 0;
  const take = (record: IncomingRecord): void => {
    const id = headerOf(record, 'ce_id');
    const applicationId = String(record.key);
    const number = Number(id.slice(id.lastIndexOf('/') + 1));
    if (id !== `${applicationId}/${record.topic}/${number}`) find(`${id} is no identity`);
    if (record.partition !== partitionOf(record.key ?? Buffer.alloc(0), partitions)) {
      find(`${id} is on partition ${record.partition}`);
    }
    const digest = digestOf(record, (name) => name.startsWith('ce_'));
    const first = digests.get(id);
    if (first !== undefined) {
      repeats += 1;
      if (first !== digest) find(`${id} came again with other bytes`);
      return;
    }
    digests.set(id, digest);
    const place = `${applicationId} ${record.topic}`;
    const last = lastNumbers.get(place) ?? 0;
    if (number !== last + 1) find(`${id} came after number ${last}`);
    lastNumbers.set(place, Math.max(last, number));
    all.push(decode(record.value, record.topic));
  };
  await log.scan(
    numbered.map(({ name }) => name),
    take,
  );
  return { all, repeats, lastNumbers };
}

/** A door's message may come again, from whoever lost the answer; it says the same then. */
async function auditDoors({ log }: Audited, find: Find): Promise<number> {
  const digests = new Map<string, string>();
  let repeats = 0;
  const doors = [topics.submissions, topics.reviewActions, topics.payoutCallbacks];
  const names = doors.map((topic) => topicName(topic));
  await log.scan(names, (record) => {
    const id = `${record.topic} ${String(record.key)} ${headerOf(record, 'ce_id')}`;
    const digest = digestOf(record, (name) => name === 'ce_type' || name === 'ce_lenderid');
    const first = digests.get(id);
    if (first !== undefined) repeats += 1;
    if (first !== undefined && first !== digest) find(`${id} came again with other bytes`);
    digests.set(id, digest);
  });
  return repeats;
}

async function auditDeadLetters({ log }: Audited, find: Find): Promise<void> {
  const names = lines.map((line) => workerTopics(line).deadLetter);
  await log.scan(names, (record) => {
    const why = `${headerOf(record, 'x-dlq-code')} ${headerOf(record, 'x-dlq-reason')}`;
    find(`${record.topic} holds ${headerOf(record, 'ce_id')}: ${why}`);
  });
}

interface Decided {
  readonly referred: number;
  readonly final: number;
}

/** A revision neither withdrawn nor superseded has one final decision, or waits for officers. */
function auditDecisions({ all }: Events, find: Find) {
  const latest = new Map<string, number>();
  const gone = new Set<string>();
  const decided = new Map<string, Decided>();
  for (const { type, data } of all) {
    if (!('applicationId' in data)) continue;
    const { applicationId } = data;
    const revision = 'revision' in data ? data.revision : 1;
    const place = `${applicationId} ${revision}`;
    const before = decided.get(place) ?? { referred: 0, final: 0 };
    switch (type) {
      case 'ApplicationReceived':
      case 'ApplicationAmended':
        latest.set(applicationId, Math.max(revision, latest.get(applicationId) ?? 0));
        break;
      case 'ApplicationWithdrawn':
        gone.add(applicationId);
        break;
      case 'LoanReferred':
        decided.set(place, { ...before, referred: before.referred + 1 });
        break;
      case 'LoanApproved':
      case 'LoanDeclined':
        decided.set(place, { ...before, final: before.final + 1 });
        break;
      default:
    }
  }
  for (const [place, { referred, final }] of decided) {
    if (referred > 1 || final > 1)
      find(`${place} was referred ${referred}, decided ${final} times`);
  }
  const standing = [...latest].filter(([applicationId]) => !gone.has(applicationId));
  const waiting: string[] = [];
  for (const [applicationId, revision] of standing) {
    const { referred = 0, final = 0 } = decided.get(`${applicationId} ${revision}`) ?? {};
    if (final === 0 && referred === 0) find(`${applicationId} ${revision} was never decided`);
    if (final === 0 && referred > 0) waiting.push(applicationId);
  }
  const superseded = [...latest.values()].reduce((sum, revision) => sum + revision - 1, 0);
  return {
    waiting,
    counts: {
      applications: latest.size,
      decided: standing.length - waiting.length,
      withdrawn: gone.size,
      superseded,
    },
  };
}

interface RailPayout {
  readonly payoutId: string;
  readonly lenderId: string;
  readonly payee: string;
  readonly amountFen: string;
  readonly railReference: string;
}

async function railBook({ worldUrl }: Audited): Promise<readonly RailPayout[]> {
  const answer = await fetch(`${worldUrl}/rail/book`);
  return ((await answer.json()) as { payouts: RailPayout[] }).payouts;
}

/** Each authorisation that stands moved its money once, to its payees; no other money moved. */
function auditPayouts(
  { all }: Events,
  book: readonly RailPayout[],
  find: Find,
): DisbursementAuthorised[] {
  const authorised = all.flatMap(({ type, data }) =>
    type === 'DisbursementAuthorised' ? [data] : [],
  );
  const once = new Set(authorised.map(({ authorisationId }) => authorisationId));
  if (once.size !== authorised.length) find('an authorisation was given twice');
  const said = new Map<string, number>();
  for (const { type, data } of all) {
    if (!('authorisationId' in data)) continue;
    const what = `${type} ${data.authorisationId}`;
    said.set(what, (said.get(what) ?? 0) + 1);
  }
  const isCancelled = (id: string) => said.has(`AuthorisationCancelled ${id}`);
  const paid = new Map(book.map((payout) => [payout.payoutId, payout]));
  if (paid.size !== book.length) find('the rail paid one payout twice');
  for (const { authorisationId, lenderId, terms } of authorised) {
    const { payees, beneficiary, amount } = terms;
    const wanted = payees.length > 0 ? payees : [{ name: beneficiary, amount }];
    for (const [at, payee] of (isCancelled(authorisationId) ? [] : wanted).entries()) {
      const payoutId = `${authorisationId}/${at + 1}`;
      const says = describe({
        lenderId,
        payee: payee.name,
        amountFen: String(fenOfMoney(payee.amount)),
      });
      const found = paid.get(payoutId);
      const did = found === undefined ? 'nothing' : describe(found);
      if (did !== says) find(`${payoutId}: authorised ${says}, the rail paid ${did}`);
      paid.delete(payoutId);
    }
    for (const type of ['LoanBooked', 'LoanDisbursed', 'AuthorisationCancelled'] as const) {
      const times = said.get(`${type} ${authorisationId}`) ?? 0;
      const isOfIt = (type === 'AuthorisationCancelled') === isCancelled(authorisationId);
      const expected = isOfIt ? 1 : 0;
      if (times !== expected) find(`${authorisationId} has ${times} of ${type}`);
    }
  }
  for (const payoutId of paid.keys()) find(`the rail paid ${payoutId}, which nobody authorised`);
  return authorised.filter(({ authorisationId }) => !isCancelled(authorisationId));
}

const describe = (payout: Pick<RailPayout, 'lenderId' | 'payee' | 'amountFen'>) =>
  `${payout.amountFen} fen of ${payout.lenderId} to ${payout.payee}`;

/** What a line took or gave last is what the topic holds last: nothing unread, nothing unsaid. */
async function auditHeads({ lastNumbers }: Events, database: Database, find: Find): Promise<void> {
  for (const line of lines) {
    const { rows } = await database.query<{ id: string; heads: Record<string, number> }>(
      `select application_id as id, heads from ${line}.applications`,
    );
    for (const { id, heads } of rows) {
      for (const [topic, head] of Object.entries(heads)) {
        const last = lastNumbers.get(`${id} ${topic}`) ?? 0;
        if (head !== last)
          find(`${line} stands at ${head} of ${id} on ${topic}, which has ${last}`);
      }
    }
    const { rows: blocked } = await database.query<{ id: string }>(
      `select application_id as id from ${line}.applications where blocked_topic is not null`,
    );
    for (const { id } of blocked) find(`${id} is blocked in ${line}`);
  }
}

/** The books balance, by entry and by lender, and say of each loan what the rail says. */
async function auditBooks(
  authorised: readonly DisbursementAuthorised[],
  book: readonly RailPayout[],
  database: Database,
  find: Find,
): Promise<number> {
  for (const by of ['entry', 'lender'] as const) {
    const { rows } = await database.query<{ name: string; debit: string; credit: string }>(
      `select ${by === 'entry' ? 'e.id' : 'e.lender_id'} as name, coalesce(sum(amount_fen) filter (where side = 'debit'), 0) as debit,
              coalesce(sum(amount_fen) filter (where side = 'credit'), 0) as credit
       from book.postings join book.entries e using (lender_id, lane, seq) group by 1`,
    );
    for (const { name, debit, credit } of rows) {
      if (debit !== credit) find(`${by} ${name} debits ${debit} and credits ${credit}`);
    }
  }
  const { rows: entries } = await database.query<{ id: string; lines: bigint; debit: string }>(
    `select e.id, count(p.place) as lines,
            coalesce(sum(p.amount_fen) filter (where p.side = 'debit'), 0) as debit
     from book.entries e left join book.postings p using (lender_id, lane, seq) group by e.id`,
  );
  const expected = new Map<string, string>();
  for (const { authorisationId, terms } of authorised) {
    expected.set(`reservation/${authorisationId}`, String(fenOfMoney(terms.amount)));
  }
  for (const { payoutId, amountFen } of book) {
    for (const movement of ['release', 'disbursement', 'payout']) {
      expected.set(`${movement}/${payoutId}`, amountFen);
    }
  }
  for (const { id, lines: postings, debit } of entries) {
    if (postings !== 2n) find(`the entry ${id} has ${postings} postings`);
    if (expected.get(id) !== debit)
      find(`the entry ${id} debits ${debit}, not ${expected.get(id)}`);
    expected.delete(id);
  }
  for (const id of expected.keys()) find(`there is no entry ${id}`);
  const { rows: payouts } = await database.query<{ id: string; status: string; rail: string }>(
    'select payout_id as id, status, rail_reference as rail from book.payouts',
  );
  const railOf = new Map(book.map(({ payoutId, railReference }) => [payoutId, railReference]));
  for (const { id, status, rail } of payouts) {
    if (status !== 'paid' || rail !== railOf.get(id)) {
      find(`the payout ${id} is ${status} as ${rail}, the rail has ${railOf.get(id)}`);
    }
  }
  const { rows: loans } = await database.query<{ id: string; status: string }>(
    `select loan_id as id, status from book.loans where status <> 'disbursed'`,
  );
  for (const { id, status } of loans) find(`the loan ${id} is ${status}`);
  return entries.length;
}

async function withDatabase<T>(
  { engines }: Audited,
  work: (database: Database) => Promise<T>,
): Promise<T> {
  const database = openDatabase({ url: engines.databaseUrl, poolMax: 4 });
  try {
    return await work(database);
  } finally {
    await database.close();
  }
}

function digestOf(record: IncomingRecord, counts: (header: string) => boolean): string {
  const hash = createHash('sha256').update(record.key ?? '');
  for (const name of Object.keys(record.headers).filter(counts).sort()) {
    hash.update(`\0${name}\0${headerOf(record, name)}`);
  }
  return hash
    .update('\0')
    .update(record.value ?? '')
    .digest('hex');
}

function headerOf({ headers }: IncomingRecord, name: string): string {
  return String(headers[name] ?? '');
}
