// The ledger’s tables against events: entries, loans and payouts, each there once and no other.
import { topicName, topics } from '@saidao/schemas';
import type { LogSeen } from '../log-seen.ts';
import type { BookEntry, BookLoan, BookPayout } from '../readings.ts';
import { hasLostEvents, isCut } from '../retention.ts';
import type { Found } from '../story.ts';
import { authorisationsOf, isPaid, type Authorisation, type Payout } from './money.ts';

/** The ledger’s tables, read to the end. */
export interface BooksRead {
  readonly entries: readonly BookEntry[];
  readonly loans: readonly BookLoan[];
  readonly payouts: readonly BookPayout[];
}

/** What a row has to say, by what events say. */
interface Wanted {
  readonly applicationId: string;
  readonly lenderId: string;
  readonly fen: bigint;
  /** Any of them; empty: events do not say which. */
  readonly status: readonly string[];
  /** Of a payout that was confirmed. */
  readonly railReference?: string | undefined;
}

interface Expected {
  readonly entries: Map<string, Wanted>;
  /** By authorisation: it has one loan. */
  readonly loans: Map<string, Wanted & { readonly loanId: string }>;
  readonly payouts: Map<string, Wanted>;
}

/** Movements that each have their one event; what comes after the payment the ledger verifies. */
const movements = ['RESERVATION', 'RELEASE', 'DISBURSEMENT', 'PAYOUT'];

/** Entries balance, and rows are one for each step of the money; their amounts are the same. */
export function* bookFaults(books: BooksRead, seen: LogSeen): Iterable<Found> {
  const expected: Expected = { entries: new Map(), loans: new Map(), payouts: new Map() };
  for (const story of seen.stories.values()) {
    if (hasLostEvents(story, seen)) continue;
    for (const authorisation of authorisationsOf(story)) expectOf(authorisation, expected);
  }
  const isJudged = judgedIn(seen);
  yield* entryFaults(books.entries, expected.entries, isJudged);
  yield* loanFaults(books.loans, expected.loans, isJudged);
  yield* payoutFaults(books.payouts, expected.payouts, isJudged);
}

function expectOf(authorisation: Authorisation, expected: Expected): void {
  const { id, story, booked, released, payouts } = authorisation;
  const { applicationId, lenderId } = story;
  const whose = { applicationId, lenderId };
  const [first] = booked;
  if (first === undefined) return;
  const { amountFen: fen = 0n, loanId = '' } = first.says;
  const entry = (name: string, entryFen: bigint) =>
    void expected.entries.set(name, { ...whose, fen: entryFen, status: [] });
  entry(`reservation/${id}`, fen);
  for (const payout of payouts) {
    for (const name of entriesOf(payout)) entry(`${name}/${payout.id}`, payout.amountFen);
    const status = statusOf(payout);
    const { railReference } = payout.confirmed[0]?.says ?? {};
    expected.payouts.set(payout.id, { ...whose, fen: payout.amountFen, status, railReference });
  }
  for (const { says } of released) {
    if (says.cause === 'PAYOUT_REJECTED') continue;
    entry(`release/${says.loanId}`, says.amountFen ?? 0n);
  }
  expected.loans.set(id, { ...whose, loanId, fen, status: loanStatusOf(authorisation) });
}

function entriesOf(payout: Payout): readonly string[] {
  if (isPaid(payout)) return ['release', 'disbursement', 'payout'];
  return payout.failed.length > 0 ? ['release'] : [];
}

function statusOf(payout: Payout): readonly string[] {
  if (isPaid(payout)) return ['paid'];
  return payout.failed.length > 0 ? ['rejected'] : ['instructed', 'unknown'];
}

function loanStatusOf({ disbursed, cancelled }: Authorisation): readonly string[] {
  if (disbursed.length > 0) return ['disbursed'];
  return cancelled.length > 0 ? ['payout-failed'] : [];
}

/**
 * Whether a row that no event says is one too many: decisions are kept for good, so who has none
 * was authorised nothing; of others retention may have taken the event.
 */
function judgedIn(seen: LogSeen): (applicationId: string) => boolean {
  const isWhole = seen.lenders.every((one) => !isCut(seen, topicName(topics.decisions, one)));
  return (applicationId) => {
    const story = seen.stories.get(applicationId);
    if (story === undefined || authorisationsOf(story).length === 0) return isWhole;
    return !hasLostEvents(story, seen);
  };
}

type Judged = (applicationId: string) => boolean;

function* entryFaults(
  entries: readonly BookEntry[],
  expected: Expected['entries'],
  isJudged: Judged,
): Iterable<Found> {
  for (const entry of entries) {
    const { id, applicationId, movement, debitFen, creditFen, lenderId } = entry;
    const of = (says: string, mayCome: Found['mayCome'] = 'never') =>
      found(`entry ${id}`, applicationId, says, mayCome);
    if (debitFen !== creditFen) {
      yield of(`of ${lenderId} debits ${debitFen} fen and credits ${creditFen}`);
    }
    if (!movements.includes(movement)) continue;
    const wanted = expected.get(id);
    expected.delete(id);
    if (wanted === undefined) {
      // Written in one transaction before its event is published.
      if (isJudged(applicationId)) yield of('was booked, and no event says so', 'soon');
      continue;
    }
    if (entry.postings !== 2) yield of(`has ${entry.postings} postings, not 2`);
    if (wanted.fen !== debitFen) yield of(`debits ${debitFen} fen, not ${wanted.fen}`);
    const [is, should] = [whoseOf(entry), whoseOf(wanted)];
    if (is !== should) yield of(`is of ${is}, not of ${should}`);
  }
  for (const [id, { fen, applicationId }] of expected) {
    yield found(`entry ${id}`, applicationId, `of ${fen} fen is missing`);
  }
}

const whoseOf = ({ applicationId, lenderId }: Pick<Wanted, 'applicationId' | 'lenderId'>) =>
  `${applicationId} of ${lenderId}`;

function* loanFaults(
  loans: readonly BookLoan[],
  expected: Expected['loans'],
  isJudged: Judged,
): Iterable<Found> {
  for (const { authorisationId, loanId, status, principalFen } of loans) {
    const wanted = expected.get(authorisationId);
    const applicationId = authorisationId.slice(0, ID_LENGTH);
    if (wanted?.loanId !== loanId) {
      const says = `of authorisation ${authorisationId} is in book.loans, and no event says so`;
      if (isJudged(applicationId)) yield found(`loan ${loanId}`, applicationId, says);
      continue;
    }
    expected.delete(authorisationId);
    yield* differences(`loan ${loanId}`, 'book.loans', { status, fen: principalFen }, wanted);
  }
  for (const { loanId, applicationId } of expected.values()) {
    yield found(`loan ${loanId}`, applicationId, 'is missing in book.loans');
  }
}

function* payoutFaults(
  payouts: readonly BookPayout[],
  expected: Expected['payouts'],
  isJudged: Judged,
): Iterable<Found> {
  for (const { payoutId, status, amountFen: fen, railReference } of payouts) {
    const wanted = expected.get(payoutId);
    const applicationId = payoutId.slice(0, ID_LENGTH);
    if (wanted !== undefined) {
      expected.delete(payoutId);
      yield* differences(`payout ${payoutId}`, 'book.payouts', { status, fen }, wanted);
      if (status === 'paid' && (wanted.railReference ?? railReference) !== railReference) {
        const says = `is paid as ${railReference} in book.payouts, as ${wanted.railReference} by its events`;
        yield found(`payout ${payoutId}`, applicationId, says);
      }
    } else if (isJudged(applicationId)) {
      const says = 'is in book.payouts, and no event says so';
      yield found(`payout ${payoutId}`, applicationId, says);
    }
  }
  for (const [payoutId, { applicationId }] of expected) {
    yield found(`payout ${payoutId}`, applicationId, 'is missing in book.payouts');
  }
}

/** Of an application’s id, with which those of its authorisations and payouts begin. */
const ID_LENGTH = 36;

function* differences(
  place: string,
  table: string,
  is: { readonly status: string; readonly fen: bigint },
  { applicationId, status, fen }: Wanted,
): Iterable<Found> {
  if (status.length > 0 && !status.includes(is.status)) {
    const says = `is ${is.status} in ${table}, ${status[0]} by its events`;
    yield found(place, applicationId, says);
  }
  if (is.fen !== fen) {
    yield found(place, applicationId, `is of ${is.fen} fen in ${table}, of ${fen} by its events`);
  }
}

function found(
  place: string,
  applicationId: string,
  says: string,
  mayCome: Found['mayCome'] = 'soon',
): Found {
  const advice = 'halt the lender (book.halts) and see saidao ledger verify';
  return { rule: 'books', place, says, advice, applicationId, mayCome };
}
