// Readings in which nothing is wrong, made of a few applications; specs plant one fault each.
import { encode, lines, lockedSchemas, topicByName, topicName, topicOf } from '@saidao/schemas';
import type { EventMap, EventName, LineName } from '@saidao/schemas';
import kafkajs from 'kafkajs';
import type {
  Acknowledged,
  BookEntry,
  BookLoan,
  BookPayout,
  LogRecord,
  PutOff,
  RailPayout,
  Standing,
} from './readings.ts';
import type { Rule } from './report.ts';

export const LENDER = 'czb-hz';
export const PARTITIONS = 3;
const START_MS = Date.parse('2026-11-20T01:00:00Z');

export interface Planted {
  records: LogRecord[];
  acknowledged: Acknowledged[];
  standings: Standing[];
  lines: readonly string[];
  putOff: PutOff[];
  rail: RailPayout[];
  books: { entries: BookEntry[]; loans: BookLoan[]; payouts: BookPayout[] };
}

type Data = Readonly<Record<string, unknown>>;

export interface Said {
  /** Identity of what led to it. */
  readonly cause: string;
  readonly number?: number;
  readonly atMs?: number;
  readonly partition?: number;
  /** Over those that the record has by itself. */
  readonly headers?: Readonly<Record<string, string>>;
}

/** A log that is written to, with the broker’s offsets and times. */
export class WrittenLog {
  readonly records: LogRecord[] = [];
  readonly #numbers = new Map<string, number>();
  readonly #offsets = new Map<string, bigint>();
  nowMs = START_MS;

  /** Appends a numbered event as its line does (of `data` what it declares), and returns its identity. */
  say<N extends EventName>(type: N, id: string, data: Data, said: Said): string {
    const topic = topicName(topicOf(type), LENDER);
    const place = `${id} ${topic}`;
    const number = said.number ?? (this.#numbers.get(place) ?? 0) + 1;
    this.#numbers.set(place, number);
    const identity = `${id}/${topic}/${number}`;
    this.append(type, topic, id, data, said, {
      ce_id: identity,
      ce_source: `saidao/${topicOf(type).writer}`,
      ce_correlationid: `${id}-journey`,
      ce_causationid: said.cause,
      ce_sequence: String(number),
    });
    return identity;
  }

  /** Appends a message of a door, a timer or a latest decision, and returns its id. */
  send<N extends EventName>(
    type: N,
    { topic, key, id }: { readonly topic: string; readonly key: string; readonly id: string },
    data: Data,
    said: Partial<Said> & { readonly correlationId?: string } = {},
  ): string {
    this.append(
      type,
      topic,
      key,
      data,
      { cause: id, ...said },
      {
        ce_id: id,
        ce_source: 'saidao/test',
        ce_correlationid: said.correlationId ?? `${key}-journey`,
        ce_causationid: id,
      },
    );
    return id;
  }

  append(
    type: EventName,
    topic: string,
    key: string,
    data: Data,
    said: Said,
    own: Readonly<Record<string, string>>,
  ): void {
    const blank = blankOf(type) as Data;
    const given = { lenderId: LENDER, ...data };
    const whole = {
      ...blank,
      ...Object.fromEntries(Object.entries(given).filter(([name]) => name in blank)),
    };
    const value = encode(type, whole as unknown as EventMap[typeof type], topic);
    const headers = { ce_type: type, ce_lenderid: LENDER, ...own, ...said.headers };
    this.nowMs += 10;
    this.raw({ topic, key, value, headers, ...said });
  }

  raw(record: {
    readonly topic: string;
    readonly key: string;
    readonly value: Buffer | null;
    readonly headers: Readonly<Record<string, string>>;
    readonly atMs?: number;
    readonly partition?: number;
  }): void {
    const { topic, key, value, headers } = record;
    const partition = record.partition ?? partitionOf(key);
    const at = `${topic}/${partition}`;
    const offset = this.#offsets.get(at) ?? 0n;
    this.#offsets.set(at, offset + 1n);
    this.records.push({
      ...{ topic, partition, offset, timestampMs: record.atMs ?? this.nowMs },
      ...{ key: Buffer.from(key), value },
      headers: Object.fromEntries(
        Object.entries(headers).map(([name, text]) => [name, Buffer.from(text)]),
      ),
    });
  }
}

const choose = kafkajs.Partitioners.DefaultPartitioner();
const partitionMetadata = Array.from({ length: PARTITIONS }, (_, partitionId) => ({
  ...{ partitionErrorCode: 0, partitionId, leader: 0, replicas: [], isr: [] },
}));

function partitionOf(key: string): number {
  return choose({ topic: '', partitionMetadata, message: { key, value: null } });
}

export const idOf = (place: number): string =>
  `01900000-0000-7000-8000-${String(place).padStart(12, '0')}`;

export const cny = (fen: bigint) => ({ minor: fen, currency: 'CNY' });

/** Paid to two payees on a pledge, declined, waiting for officers, withdrawn. */
export const paidId = idOf(1);
export const declinedId = idOf(2);
export const referredId = idOf(3);
export const withdrawnId = idOf(4);
export const authorisationId = `${paidId}-1`;
const MOTORS_FEN = 1_200_000n;
const CHIPS_FEN = 800_000n;
const payees = [
  { name: 'motors', amount: cny(MOTORS_FEN) },
  { name: 'chips', amount: cny(CHIPS_FEN) },
];
export const terms = {
  ...(blankOf('DisbursementAuthorised') as unknown as { terms: object }).terms,
  ...{ amount: cny(MOTORS_FEN + CHIPS_FEN), payees, beneficiary: 'borrower', repayment: 'BULLET' },
};
const approvalId = `${authorisationId}-approval`;

export const submissionOf = (id: string) => ({
  topic: 'saidao.submissions.v1',
  key: `${LENDER}/portal/${id}`,
  id: `submission-of-${id}`,
});

/** Submitted, taken in, verified and scored; returns what the decision follows from. */
function begin(log: WrittenLog, id: string): string {
  const channel = { channel: 'portal', reference: id };
  const own = { applicationId: id, revision: 1 };
  const submitted = log.send('ApplicationSubmitted', submissionOf(id), channel, {
    correlationId: `${id}-journey`,
  });
  const received = log.say('ApplicationReceived', id, { ...own, ...channel }, { cause: submitted });
  log.say('EnterpriseChecked', id, own, { cause: received });
  const verified = log.say('PatentsVerified', id, own, { cause: received });
  return log.say('EnterpriseScored', id, own, { cause: verified });
}

function tellLatest(log: WrittenLog, id: string, number: number, status: string): void {
  const topic = `saidao.latest-decisions.${LENDER}.v1`;
  const data = { applicationId: id, revision: 1, status, sequence: BigInt(number) };
  log.send('LatestDecision', { topic, key: id, id: `${id}/${topic}/${number}` }, data);
}

/** A whole world in which all is well; each call makes a new one. */
export function soundReadings(): Planted & { readonly log: WrittenLog } {
  const log = new WrittenLog();
  const own = { applicationId: paidId, revision: 1, authorisationId };
  const scored = begin(log, paidId);
  const [verified] = [`${paidId}/saidao.patent-findings.v1/2`];
  log.say('PledgeLocked', paidId, { ...own, patents: ['p1'] }, { cause: verified ?? '' });
  log.say('LoanApproved', paidId, { ...own, approvalId, terms }, { cause: scored });
  tellLatest(log, paidId, 1, 'APPROVED');
  const accepting = log.send(
    'OfferAcceptanceSubmitted',
    { ...submissionOf(paidId), id: `acceptance-of-${paidId}` },
    { channel: 'portal', reference: paidId },
  );
  const accepted = log.say('OfferAccepted', paidId, own, { cause: accepting });
  const authorised = log.say(
    'DisbursementAuthorised',
    paidId,
    { ...own, approvalId, terms },
    { cause: accepted },
  );
  tellLatest(log, paidId, 2, 'AUTHORISED');
  const loanId = `${paidId}-L1`;
  const principal = cny(MOTORS_FEN + CHIPS_FEN);
  log.say('LoanBooked', paidId, { ...own, loanId, principal }, { cause: authorised });
  const rail: RailPayout[] = [];
  const entries: BookEntry[] = [entry(`reservation/${authorisationId}`, MOTORS_FEN + CHIPS_FEN)];
  const payouts: BookPayout[] = [];
  for (const [at, { name: payee, amount }] of payees.entries()) {
    const payoutId = `${authorisationId}/${at + 1}`;
    const instruction = { ...own, loanId, payoutId, payee, amount };
    log.say('PayoutInstructed', paidId, instruction, { cause: authorised });
    const railReference = `R${at + 1}`;
    const amountFen = amount.minor;
    rail.push({ payoutId, lenderId: LENDER, payee, amountFen, railReference });
    payouts.push({ payoutId, status: 'paid', amountFen, railReference });
    for (const name of ['release', 'disbursement', 'payout']) {
      entries.push(entry(`${name}/${payoutId}`, amountFen));
    }
  }
  const results = payees.map(({ amount }, at) =>
    log.say(
      'PayoutConfirmed',
      paidId,
      {
        ...own,
        loanId,
        payoutId: `${authorisationId}/${at + 1}`,
        amount,
        railReference: `R${at + 1}`,
      },
      { cause: `${paidId}/saidao.disbursements.v1/${at + 2}` },
    ),
  );
  const cause = results.at(-1) ?? '';
  log.say('LoanDisbursed', paidId, { ...own, loanId, amount: principal }, { cause });

  log.say(
    'LoanDeclined',
    declinedId,
    { applicationId: declinedId, revision: 1 },
    {
      cause: begin(log, declinedId),
    },
  );
  tellLatest(log, declinedId, 1, 'DECLINED');

  log.say(
    'LoanReferred',
    referredId,
    { applicationId: referredId, revision: 1 },
    {
      cause: begin(log, referredId),
    },
  );
  const review = {
    topic: 'saidao.review-actions.v1',
    key: referredId,
    id: `note-on-${referredId}`,
  };
  const of = { applicationId: referredId, revision: 1, officer: 'officer-a' };
  const noted = log.send('ReviewNoted', review, of);
  log.say(
    'ReviewRecorded',
    referredId,
    { ...of, actionId: noted, action: 'NOTED' },
    { cause: noted },
  );
  tellLatest(log, referredId, 2, 'REFERRED');

  begin(log, withdrawnId);
  const gone = { applicationId: withdrawnId, revision: 1 };
  const withdrawing = log.send(
    'WithdrawalSubmitted',
    { ...submissionOf(withdrawnId), id: `withdrawal-of-${withdrawnId}` },
    { channel: 'portal', reference: withdrawnId },
  );
  const withdrawn = log.say('ApplicationWithdrawn', withdrawnId, gone, { cause: withdrawing });
  log.say('ApplicationClosed', withdrawnId, { ...gone, cause: 'WITHDRAWN' }, { cause: withdrawn });
  tellLatest(log, withdrawnId, 1, 'WITHDRAWN');

  const loan = { loanId, authorisationId, status: 'disbursed', principalFen: principal.minor };
  const { records } = log;
  return {
    ...{ log, records, rail, putOff: [], standings: standingsOf(records), lines },
    acknowledged: [paidId, declinedId].map((id) => ({
      ...{ lenderId: LENDER, channel: 'portal', reference: id, applicationId: id },
      messageId: submissionOf(id).id,
    })),
    books: { entries, loans: [loan], payouts },
  };
}

export function entry(id: string, fen: bigint): BookEntry {
  return {
    ...{ id, movement: id.slice(0, id.indexOf('/')).toUpperCase(), eventId: '', postings: 2 },
    ...{ lenderId: LENDER, applicationId: paidId, debitFen: fen, creditFen: fen },
  };
}

/** As lines stand that have taken and given all of it. */
export function standingsOf(records: readonly LogRecord[]): Standing[] {
  const found = new Map<string, { standing: Standing; heads: Record<string, number> }>();
  for (const { topic, key, headers } of records) {
    const known = topicByName(topic);
    if (known?.numbered !== true) continue;
    const applicationId = String(key);
    const number = Number(String(headers['ce_sequence']));
    for (const line of lines.filter((one) => isOf(one, known))) {
      const name = `${line} ${applicationId}`;
      const heads = found.get(name)?.heads ?? {};
      heads[topic] = Math.max(heads[topic] ?? 0, number);
      const standing = { line, applicationId, heads, blockedTopic: null, changedAtMs: START_MS };
      found.set(name, { standing, heads });
    }
  }
  return Array.from(found.values(), ({ standing }) => standing);
}

const isOf = (
  line: LineName,
  topic: { readonly writer: string; readonly readers: readonly string[] },
) => topic.writer === line || topic.readers.includes(line);

/** An event’s data with nothing in it, by its schema. */
export function blankOf(type: EventName): unknown {
  const newest = lockedSchemas
    .filter(({ subject, reads }) => reads && subject.endsWith(`.${type}`))
    .toSorted((one, other) => other.version - one.version)[0];
  if (newest === undefined) throw new Error(`${type} has no schema`);
  const named = new Map<string, unknown>();
  nameAll(newest.schema, named);
  return blankOfSchema(newest.schema, named);
}

/** A type is spelled out where it is met first, which may be where nothing is. */
function nameAll(schema: unknown, named: Map<string, unknown>): void {
  if (typeof schema !== 'object' || schema === null) return;
  const { name, type } = schema as { readonly name?: unknown; readonly type?: unknown };
  if (typeof name === 'string' && typeof type === 'string') {
    named.set(name, schema).set(name.split('.').at(-1) ?? '', schema);
  }
  for (const part of Object.values(schema)) nameAll(part, named);
}

function blankOfSchema(schema: unknown, named: Map<string, unknown>): unknown {
  if (Array.isArray(schema))
    return schema.includes('null') ? null : blankOfSchema(schema[0], named);
  if (typeof schema === 'string') {
    const known = named.get(schema) ?? named.get(schema.split('.').at(-1) ?? '');
    if (known !== undefined) return blankOfSchema(known, named);
    const blanks = { string: '', int: 0, long: 0n, boolean: false, bytes: Buffer.alloc(0) };
    return blanks[schema as keyof typeof blanks];
  }
  const { type, symbols, fields } = schema as {
    readonly type: unknown;
    readonly symbols?: readonly string[];
    readonly fields?: readonly { readonly name: string; readonly type: unknown }[];
  };
  if (type === 'array') return [];
  if (type === 'enum') return symbols?.[0];
  if (type !== 'record') return blankOfSchema(type, named);
  return Object.fromEntries(
    (fields ?? []).map((field) => [field.name, blankOfSchema(field.type, named)]),
  );
}

export type World = ReturnType<typeof soundReadings>;

/** What is planted, the rule that finds it, and what it says. */
export type Fault = readonly [
  what: string,
  rule: Rule,
  plant: (world: World) => void,
  says: RegExp,
];

export const options = { lenders: [LENDER], partitions: PARTITIONS };
