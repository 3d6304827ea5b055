// Money: each authorisation moves its money once, and all who count it count the same.
import type { LogSeen } from '../log-seen.ts';
import type { BookEntry, BookLoan, BookPayout, RailPayout } from '../readings.ts';
import { factsOfType, type Fact, type Found, type PayeeSaid, type Story } from '../story.ts';
import { hasLostEvents } from './submissions.ts';

type MayCome = Found['mayCome'];

/** Facts of one authorisation, as everybody told them. */
export interface Authorisation {
  readonly id: string;
  readonly story: Story;
  readonly lenderId: string;
  readonly amountFen: bigint;
  readonly payees: readonly PayeeSaid[];
  readonly booked: readonly Fact[];
  readonly cancelled: readonly Fact[];
  readonly cancellationAsked: readonly Fact[];
  readonly refused: readonly Fact[];
  readonly released: readonly Fact[];
  readonly disbursed: readonly Fact[];
  readonly payouts: readonly Payout[];
}

export interface Payout {
  readonly id: string;
  readonly lenderId: string;
  readonly payee: string;
  readonly amountFen: bigint;
  readonly instructed: number;
  readonly confirmed: readonly Fact[];
  readonly rejected: readonly Fact[];
  readonly failed: readonly Fact[];
}

export function authorisationsOf(story: Story): Authorisation[] {
  const authorised = new Map<string, Fact>();
  for (const fact of factsOfType(story, 'DisbursementAuthorised')) {
    const { authorisationId = '' } = fact.says;
    if (!authorised.has(authorisationId)) authorised.set(authorisationId, fact);
  }
  return [...authorised].map(([id, { says }]) => {
    const own = (
      ...types: Parameters<typeof factsOfType> extends [Story, ...infer T] ? T : never
    ) => factsOfType(story, ...types).filter((fact) => fact.says.authorisationId === id);
    return {
      id,
      story,
      lenderId: says.lenderId,
      amountFen: says.amountFen ?? 0n,
      payees: says.payees ?? [],
      booked: own('LoanBooked'),
      cancelled: own('AuthorisationCancelled'),
      cancellationAsked: own('CancellationRequested'),
      refused: own('CancellationRefused'),
      released: own('LimitReleased'),
      disbursed: own('LoanDisbursed'),
      payouts: payoutsOf(story, own('PayoutInstructed')),
    };
  });
}

function payoutsOf(story: Story, instructed: readonly Fact[]): Payout[] {
  const results = factsOfType(story, 'PayoutConfirmed', 'PayoutRejected', 'PayoutFailed');
  return [...new Set(instructed.map(({ says }) => says.payoutId ?? ''))].map((id) => {
    const all = instructed.filter(({ says }) => says.payoutId === id);
    const { lenderId = '', payee = '', amountFen = 0n } = all[0]?.says ?? {};
    const of = (type: Fact['type']) =>
      results.filter((fact) => fact.type === type && fact.says.payoutId === id);
    return {
      ...{ id, lenderId, payee, amountFen, instructed: all.length },
      ...{ confirmed: of('PayoutConfirmed'), rejected: of('PayoutRejected') },
      failed: of('PayoutFailed'),
    };
  });
}

/** Everything that was cancelled before money could move. */
export function isCancelled({ cancelled }: Authorisation): boolean {
  return cancelled.length > 0;
}

const HOLD = 'hold this lender’s payouts (book.halts) and ask the rail';

/** Events among themselves: booked once, paid to the payees, ended once; sums agree. */
export function* payoutEvents(story: Story, seen: LogSeen): Iterable<Found> {
  if (hasLostEvents(story, seen)) return;
  const { applicationId } = story;
  for (const authorisation of authorisationsOf(story)) {
    const { id, booked, cancelled, amountFen, payouts, disbursed } = authorisation;
    const wrong = (says: string, advice = HOLD, mayCome: MayCome = 'never'): Found => ({
      ...{ rule: 'payouts', place: `authorisation ${id}`, says, advice, applicationId, mayCome },
    });
    const missing = (says: string) => wrong(says, `see saidao trace ${applicationId}`, 'later');
    if (booked.length > 1) yield wrong(`was booked ${booked.length} times`);
    if (cancelled.length > 1) yield wrong(`was cancelled ${cancelled.length} times`);
    if (booked.length === 0 && cancelled.length === 0) {
      yield missing('was neither booked nor cancelled');
    }
    if (booked.length > 0 && cancelled.length > 0 && payouts.some(isPaid)) {
      yield wrong('was cancelled, and money has moved on it');
    }
    if (cancelled.length > 0 && !isUndone(story, authorisation)) {
      yield missing('was cancelled, and its approval still stands');
    }
    const { cancellationAsked, refused } = authorisation;
    const isAnswered = refused.length + cancelled.length + disbursed.length > 0;
    if (cancellationAsked.length > 0 && !isAnswered) yield missing('waits to be cancelled');
    for (const payout of payouts) yield* payoutFaults(payout, applicationId);
    yield* payeeFaults(authorisation, wrong);
    const reservedFen = booked[0]?.says.amountFen;
    if (reservedFen !== undefined && reservedFen !== amountFen) {
      yield sum(id, `authorised ${amountFen} fen, booked ${reservedFen}`, applicationId);
    }
    yield* sumFaults(authorisation, applicationId);
  }
  yield* unasked(story);
}

const isPaid = ({ confirmed }: Payout): boolean => confirmed.length > 0;
const isOpen = ({ confirmed, rejected }: Payout): boolean =>
  confirmed.length + rejected.length === 0;

function isUndone(story: Story, { id }: Authorisation): boolean {
  const approvalId = factsOfType(story, 'DisbursementAuthorised').find(
    ({ says }) => says.authorisationId === id,
  )?.says.approvalId;
  return factsOfType(story, 'ApprovalUndone').some(({ says }) => says.approvalId === approvalId);
}

function* payoutFaults(payout: Payout, applicationId: string): Iterable<Found> {
  const { id, instructed, confirmed, rejected, failed, amountFen } = payout;
  const found = (says: string, mayCome: MayCome = 'never'): Found => ({
    ...{ rule: 'payouts', place: `payout ${id}`, says, advice: HOLD, applicationId, mayCome },
  });
  if (instructed > 1) yield found(`was instructed ${instructed} times`);
  if (confirmed.length > 1) yield found(`was confirmed ${confirmed.length} times`);
  if (rejected.length > 1) yield found(`was rejected ${rejected.length} times`);
  if (confirmed.length > 0 && rejected.length > 0) yield found('was confirmed and rejected');
  if (isOpen(payout)) yield found('was instructed, and nobody knows what became of it', 'later');
  if (rejected.length > 0 && failed.length === 0)
    yield found('was rejected, the book does not say', 'later');
  if (failed.length > 1) yield found(`failed ${failed.length} times`);
  for (const { says } of confirmed) {
    if (says.amountFen !== amountFen) {
      yield sum(id, `instructed ${amountFen} fen, confirmed ${says.amountFen}`, applicationId);
    }
  }
}

/** The payees of the terms are those who are paid first; tranches come after them. */
function* payeeFaults(
  { id, payees, booked, payouts, amountFen }: Authorisation,
  wrong: (says: string) => Found,
): Iterable<Found> {
  if (booked.length === 0) return;
  const promisedFen = payees.reduce((fen, payee) => fen + payee.amountFen, 0n);
  if (promisedFen > amountFen) yield wrong(`promises ${promisedFen} fen of ${amountFen}`);
  for (const [at, payee] of payees.entries()) {
    const payoutId = `${id}/${at + 1}`;
    const payout = payouts.find((one) => one.id === payoutId);
    const says = `${payee.amountFen} fen to ${payee.name}`;
    const is = payout === undefined ? 'nothing' : `${payout.amountFen} fen to ${payout.payee}`;
    if (is !== says) yield wrong(`promises ${says}; as ${payoutId} was instructed ${is}`);
  }
}

/** What was reserved is paid, given back, or still open; what was told as disbursed was paid. */
function* sumFaults(authorisation: Authorisation, applicationId: string): Iterable<Found> {
  const { id, booked, payouts, released, disbursed, amountFen } = authorisation;
  if (booked.length === 0) return;
  const fenOf = (facts: readonly Fact[]) =>
    facts.reduce((fen, { says }) => fen + (says.amountFen ?? 0n), 0n);
  const paidFen = payouts.filter(isPaid).reduce((fen, payout) => fen + payout.amountFen, 0n);
  const openFen = payouts.filter(isOpen).reduce((fen, payout) => fen + payout.amountFen, 0n);
  const spentFen = paidFen + openFen + fenOf(released);
  if (spentFen > amountFen) {
    yield sum(id, `reserved ${amountFen} fen, paid, open or given back ${spentFen}`, applicationId);
  }
  if (openFen > 0n || payouts.length === 0) return;
  const toldFen = disbursed.at(-1)?.says.amountFen ?? 0n;
  if (toldFen !== paidFen) {
    yield sum(id, `paid ${paidFen} fen, told ${toldFen} as disbursed`, applicationId, 'later');
  }
}

/** What the ledger says of an authorisation that nobody gave. */
function* unasked(story: Story): Iterable<Found> {
  const { applicationId } = story;
  const given = new Set(authorisationsOf(story).map(({ id }) => id));
  const instructed = new Set(
    factsOfType(story, 'PayoutInstructed').map(({ says }) => says.payoutId),
  );
  for (const { type, says } of factsOfType(
    story,
    ...(['LoanBooked', 'PayoutInstructed', 'LoanDisbursed'] as const),
    ...(['PayoutConfirmed', 'PayoutRejected'] as const),
  )) {
    const { authorisationId, payoutId = '' } = says;
    const isAsked =
      authorisationId === undefined ? instructed.has(payoutId) : given.has(authorisationId);
    if (isAsked) continue;
    yield {
      ...{ rule: 'payouts', applicationId, advice: HOLD, mayCome: 'never' },
      place:
        authorisationId === undefined ? `payout ${payoutId}` : `authorisation ${authorisationId}`,
      says: `has ${type}, and nobody ${authorisationId === undefined ? 'instructed' : 'gave'} it`,
    };
  }
}

function sum(id: string, says: string, applicationId: string, mayCome: MayCome = 'never'): Found {
  const advice = 'see saidao ledger loan for its entries, and reconcile with the rail';
  return { rule: 'sums', place: id, says, advice, applicationId, mayCome };
}

/** The rail’s book against what was instructed: everything once, and nothing beside. */
export function* railFaults(book: Iterable<RailPayout>, seen: LogSeen): Iterable<Found> {
  const moved = new Map<string, RailPayout>();
  for (const payout of book) {
    if (moved.has(payout.payoutId)) {
      yield railFound(payout.payoutId, null, 'was paid twice by the rail', 'never');
    }
    moved.set(payout.payoutId, payout);
  }
  for (const story of seen.stories.values()) {
    const isCut = hasLostEvents(story, seen);
    for (const { payouts } of authorisationsOf(story)) {
      for (const payout of payouts) {
        const { id } = payout;
        const paid = moved.get(id);
        moved.delete(id);
        const of = (says: string, mayCome: MayCome) =>
          railFound(id, story.applicationId, says, mayCome);
        if (paid === undefined) {
          if (isPaid(payout)) yield of('was confirmed, and the rail has moved nothing', 'soon');
          continue;
        }
        const wanted = textOf(payout);
        const did = textOf(paid);
        if (did !== wanted) yield of(`was instructed as ${wanted}; the rail paid ${did}`, 'never');
        if (payout.rejected.length > 0) yield of('was rejected, and the rail has paid', 'never');
        else if (!isPaid(payout)) yield of('was paid, and nobody has told the ledger', 'later');
        const { railReference } = payout.confirmed[0]?.says ?? {};
        if (railReference !== undefined && railReference !== paid.railReference) {
          yield of(
            `was confirmed as ${railReference}, the rail has ${paid.railReference}`,
            'never',
          );
        }
      }
    }
    // Of what retention has taken nothing can be said.
    if (isCut)
      for (const id of moved.keys()) if (id.startsWith(story.applicationId)) moved.delete(id);
  }
  const isCut = seen.truncated.size > 0;
  for (const { payoutId } of isCut ? [] : moved.values()) {
    yield railFound(payoutId, null, 'was paid by the rail, and nobody authorised it', 'never');
  }
}

const textOf = ({ amountFen, lenderId, payee }: Pick<Payout, 'amountFen' | 'lenderId' | 'payee'>) =>
  `${amountFen} fen of ${lenderId} to ${payee}`;

function railFound(
  id: string,
  applicationId: string | null,
  says: string,
  mayCome: MayCome,
): Found {
  return { rule: 'payouts', place: `payout ${id}`, says, advice: HOLD, applicationId, mayCome };
}

/** The ledger’s tables, read to the end. */
export interface BooksRead {
  readonly entries: readonly BookEntry[];
  readonly loans: readonly BookLoan[];
  readonly payouts: readonly BookPayout[];
}

/** Movements that each have their one event; what comes after the payment the ledger verifies. */
const movements = ['RESERVATION', 'RELEASE', 'DISBURSEMENT', 'PAYOUT'];

/** Entries balance, and there is one for each step of the money and no other. */
export function* bookFaults(
  { entries, loans, payouts }: BooksRead,
  seen: LogSeen,
): Iterable<Found> {
  const all = [...seen.stories.values()].filter((story) => !hasLostEvents(story, seen));
  const complete = new Set(all.map(({ applicationId }) => applicationId));
  const advice = 'halt the lender (book.halts) and see saidao ledger verify';
  const expected = new Map<string, { fen: bigint; applicationId: string }>();
  const loanStatus = new Map<string, { status: string; applicationId: string }>();
  const payoutStatus = new Map<string, { status: string; applicationId: string }>();
  for (const story of all) {
    const { applicationId } = story;
    for (const authorisation of authorisationsOf(story)) {
      const { id, booked, released } = authorisation;
      if (booked.length === 0) continue;
      const expect = (entry: string, fen: bigint) =>
        void expected.set(entry, { fen, applicationId });
      expect(`reservation/${id}`, booked[0]?.says.amountFen ?? 0n);
      for (const payout of authorisation.payouts) {
        if (isPaid(payout)) {
          for (const name of ['release', 'disbursement', 'payout']) {
            expect(`${name}/${payout.id}`, payout.amountFen);
          }
        } else if (payout.failed.length > 0) expect(`release/${payout.id}`, payout.amountFen);
        const status = isPaid(payout)
          ? 'paid'
          : payout.failed.length > 0
            ? 'rejected'
            : 'instructed';
        payoutStatus.set(payout.id, { status, applicationId });
      }
      for (const { says } of released) {
        if (says.cause !== 'PAYOUT_REJECTED')
          expect(`release/${says.loanId}`, says.amountFen ?? 0n);
      }
      const isDisbursed = authorisation.disbursed.length > 0;
      const isVoid = authorisation.cancelled.length > 0;
      const status = isDisbursed ? 'disbursed' : isVoid ? 'payout-failed' : undefined;
      if (status !== undefined) loanStatus.set(id, { status, applicationId });
    }
  }
  const found = (
    place: string,
    applicationId: string | null,
    says: string,
    mayCome: MayCome = 'never',
  ): Found => ({
    ...{ rule: 'books', place, says, advice, applicationId, mayCome },
  });
  for (const entry of entries) {
    const { id, applicationId, movement, debitFen, creditFen, lenderId } = entry;
    const of = (says: string, mayCome: MayCome = 'never') =>
      found(`entry ${id}`, applicationId, says, mayCome);
    if (debitFen !== creditFen) {
      yield of(`of ${lenderId} debits ${debitFen} fen and credits ${creditFen}`);
    }
    if (!movements.includes(movement) || !complete.has(applicationId)) continue;
    if (entry.postings !== 2) yield of(`has ${entry.postings} postings, not 2`);
    const wanted = expected.get(id);
    expected.delete(id);
    // Written in one transaction before its event is published.
    if (wanted === undefined) yield of('was booked, and no event says so', 'soon');
    else if (wanted.fen !== debitFen) yield of(`debits ${debitFen} fen, not ${wanted.fen}`);
  }
  for (const [id, { fen, applicationId }] of expected) {
    yield found(`entry ${id}`, applicationId, `of ${fen} fen is missing`, 'soon');
  }
  for (const { authorisationId, status, loanId } of loans) {
    const wanted = loanStatus.get(authorisationId);
    if (wanted === undefined || wanted.status === status) continue;
    const says = `is ${status} in book.loans, ${wanted.status} by its events`;
    yield found(`loan ${loanId}`, wanted.applicationId, says, 'soon');
  }
  for (const { payoutId, status } of payouts) {
    const wanted = payoutStatus.get(payoutId);
    if (wanted === undefined || wanted.status === status) continue;
    if (wanted.status === 'instructed' && status === 'unknown') continue;
    const says = `is ${status} in book.payouts, ${wanted.status} by its events`;
    yield found(`payout ${payoutId}`, wanted.applicationId, says, 'soon');
  }
}

/** What the books have paid under which reference, against the rail’s own book. */
export function* bookedPayouts(
  payouts: readonly BookPayout[],
  book: Iterable<RailPayout>,
): Iterable<Found> {
  const references = new Map(Array.from(book, (one) => [one.payoutId, one.railReference]));
  for (const { payoutId, status, railReference } of payouts) {
    const rail = references.get(payoutId);
    const isSame = (status === 'paid') === (rail !== undefined) && (railReference ?? rail) === rail;
    if (isSame || (status !== 'paid' && status !== 'rejected')) continue;
    const says = `is ${status} as ${railReference} in the books; the rail has ${rail ?? 'nothing'}`;
    const [authorisationId = ''] = payoutId.split('/');
    yield railFound(payoutId, authorisationId.slice(0, 36), says, 'never');
  }
}
