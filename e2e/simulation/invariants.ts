// What must be true of a run, looked at from the outside: topics, books and the rail's own moves.
import type { IncomingRecord } from '@saidao/event-log';
import { decode, type EventOf } from '@saidao/schemas';
import type { Move } from './providers.ts';
import type { BookEntry } from './service-tables.ts';

export interface Finding {
  readonly rule: string;
  readonly message: string;
}

export interface Evidence {
  /** Of every topic, in the order of each partition. */
  readonly records: readonly IncomingRecord[];
  readonly moves: readonly Move[];
  readonly entries: readonly BookEntry[];
}

const headerOf = ({ headers }: IncomingRecord, name: string): string | undefined =>
  headers[name]?.toString();

/** What may never happen, at whatever moment it is looked. */
export function safetyFindings(evidence: Evidence): Finding[] {
  const { records } = evidence;
  return [
    ...sameNumberOtherBytes(records),
    ...order(records),
    ...deadLetters(records),
    ...causes(records),
    ...money(evidence),
    ...outcomes(records),
  ];
}

/** An event's identity stands for its bytes, however often it is appended. */
function sameNumberOtherBytes(records: readonly IncomingRecord[]): Finding[] {
  const known = new Map<string, Buffer>();
  return records.flatMap((record) => {
    // A compacted topic is written anew from the present state.
    const id = `${record.topic} ${headerOf(record, 'ce_id')}`;
    const value = record.value ?? Buffer.alloc(0);
    const before = known.get(id);
    if (before === undefined) known.set(id, value);
    if (before === undefined || before.equals(value)) return [];
    return [{ rule: 'other-bytes', message: `${id} was appended with two contents` }];
  });
}

/** Of a numbered topic each application's numbers first appear in their order, without a gap. */
function order(records: readonly IncomingRecord[]): Finding[] {
  const heads = new Map<string, number>();
  return records.flatMap((record) => {
    const number = Number(headerOf(record, 'ce_sequence') ?? 0);
    if (number === 0 || record.topic.includes('latest-')) return [];
    const stream = `${record.topic} ${record.key?.toString()}`;
    const head = heads.get(stream) ?? 0;
    if (number > head) heads.set(stream, number);
    if (number <= head + 1) return [];
    return [{ rule: 'gap', message: `${stream}: number ${number} came after ${head}` }];
  });
}

/** None of these runs sends anything that could not be read or decided. */
function deadLetters(records: readonly IncomingRecord[]): Finding[] {
  return records
    .filter(({ topic }) => topic.endsWith('.dead-letter.v1'))
    .map((record) => ({
      rule: 'dead-letter',
      message: `${record.topic}: ${Object.entries(record.headers)
        .filter(([name]) => name.includes('dead') || name.startsWith('ce_'))
        .map(([name, value]) => `${name}=${String(value)}`)
        .join(' ')}`,
    }));
}

/** What an event says that it came of is there. */
function causes(records: readonly IncomingRecord[]): Finding[] {
  const ids = new Set(records.map((record) => headerOf(record, 'ce_id')));
  return records.flatMap((record) => {
    const cause = headerOf(record, 'ce_causationid');
    if (cause === undefined || ids.has(cause)) return [];
    return [{ rule: 'cause', message: `${headerOf(record, 'ce_id')} came of ${cause}: not there` }];
  });
}

/** Each event once, in the order of its number. */
export function eventsOf(records: readonly IncomingRecord[]): readonly EventOf[] {
  const seen = new Set<string>();
  return records.flatMap((record) => {
    const id = `${record.topic} ${headerOf(record, 'ce_id')}`;
    if (record.topic.endsWith('.dead-letter.v1') || seen.has(id)) return [];
    seen.add(id);
    return [decode(record.value, record.topic)];
  });
}

function money({ records, moves, entries }: Evidence): Finding[] {
  const findings: Finding[] = [];
  const find = (rule: string, message: string) => findings.push({ rule, message });
  const events = eventsOf(records);
  const instructed = new Map<string, { readonly amountFen: bigint; readonly payee: string }>();
  const authorised = new Map<string, bigint>();
  const booked = new Map<string, number>();
  for (const { type, data } of events) {
    if (type === 'PayoutInstructed') {
      instructed.set(data.payoutId, { amountFen: data.amount.minor, payee: data.payee });
    }
    if (type === 'DisbursementAuthorised') {
      authorised.set(data.authorisationId, data.terms.amount.minor);
    }
    if (type === 'LoanBooked') {
      booked.set(data.authorisationId, (booked.get(data.authorisationId) ?? 0) + 1);
    }
  }
  for (const [id, times] of booked) {
    if (times > 1) find('booked-twice', `${id} was booked ${times} times`);
    if (!authorised.has(id)) find('booked-unasked', `${id} was booked and never authorised`);
  }
  const paid = new Map<string, number>();
  for (const { payoutId, amountFen, payee } of moves) {
    paid.set(payoutId, (paid.get(payoutId) ?? 0) + 1);
    const wanted = instructed.get(payoutId);
    if (wanted === undefined) find('paid-unasked', `${payoutId} was paid and never instructed`);
    else if (wanted.amountFen !== amountFen || wanted.payee !== payee) {
      find('paid-otherwise', `${payoutId} was paid otherwise than it was instructed`);
    }
  }
  for (const [id, times] of paid) {
    if (times > 1) find('paid-twice', `money moved ${times} times for ${id}`);
  }
  for (const [id, limitFen] of authorised) {
    const paidFen = moves
      .filter(({ payoutId }) => payoutId.startsWith(`${id}/`))
      .reduce((sum, { amountFen }) => sum + amountFen, 0n);
    if (paidFen > limitFen) find('paid-too-much', `${id}: ${paidFen} of ${limitFen} fen`);
  }
  const postings = entries.flatMap((entry) => entry.postings);
  const sumFen = postings.reduce(
    (sum, { side, amountFen }) => sum + (side === 'debit' ? amountFen : -amountFen),
    0n,
  );
  if (sumFen !== 0n) find('unbalanced', `debits and credits differ by ${sumFen} fen`);
  return findings;
}

const endings = new Set(['LoanDeclined', 'ApplicationClosed', 'OfferExpired', 'ApprovalUndone']);

/** One approval at most leads to an authorisation, and none does so once an end was told. */
function outcomes(records: readonly IncomingRecord[]): Finding[] {
  const findings: Finding[] = [];
  const decisions = records.filter(({ topic }) => topic.startsWith('saidao.decisions.'));
  const ended = new Map<string, string>();
  const authorised = new Map<string, string>();
  for (const { type, data } of eventsOf(decisions)) {
    const { applicationId, revision } = data as { applicationId: string; revision: number };
    const of = `${applicationId} revision ${revision}`;
    if (endings.has(type)) ended.set(of, type);
    if (type !== 'DisbursementAuthorised') continue;
    if (ended.has(of)) {
      findings.push({ rule: 'authorised-ended', message: `${of} came after ${ended.get(of)}` });
    }
    if (authorised.has(applicationId)) {
      findings.push({ rule: 'authorised-twice', message: `${applicationId} was authorised twice` });
    }
    authorised.set(applicationId, data.authorisationId);
  }
  return findings;
}

/** What has to be true once everything is quiet. */
export function quietFindings({ records, moves, entries }: Evidence): Finding[] {
  const findings: Finding[] = [];
  const events = eventsOf(records);
  const told = new Map<string, bigint>();
  for (const { type, data } of events) {
    if (type === 'PayoutConfirmed') told.set(data.payoutId, data.amount.minor);
  }
  for (const { payoutId } of moves) {
    if (!told.has(payoutId)) {
      findings.push({ rule: 'paid-untold', message: `${payoutId} was paid and is not confirmed` });
    }
  }
  const railFen = moves.reduce((sum, { amountFen }) => sum + amountFen, 0n);
  const bookedFen = entries
    .filter(({ movement }) => movement === 'PAYOUT')
    .flatMap(({ postings }) => postings)
    .reduce((sum, { side, amountFen }) => (side === 'debit' ? sum + amountFen : sum), 0n);
  if (railFen !== bookedFen) {
    const message = `the rail moved ${railFen} fen, the books say ${bookedFen}`;
    findings.push({ rule: 'books-differ', message });
  }
  findings.push(...latest(records));
  return findings;
}

/** The compacted topic says what the last decision said. */
function latest(records: readonly IncomingRecord[]): Finding[] {
  const last = new Map<string, number>();
  const shown = new Map<string, number>();
  for (const record of records) {
    const key = record.key?.toString() ?? '';
    const number = Number(headerOf(record, 'ce_sequence') ?? 0);
    if (record.topic.startsWith('saidao.decisions.')) {
      last.set(key, Math.max(number, last.get(key) ?? 0));
    }
    if (record.topic.startsWith('saidao.latest-decisions.')) shown.set(key, number);
  }
  return [...last].flatMap(([key, number]) => {
    if (shown.get(key) === number) return [];
    const message = `${key}: the last decision is ${number}, the latest shown ${shown.get(key)}`;
    return [{ rule: 'latest-differs', message }];
  });
}
