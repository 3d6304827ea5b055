// Money: each authorisation moves its money once, and all who count it count the same.
import { topicName, topics } from '@saidao/schemas';
import { messageName, type LogSeen } from '../log-seen.ts';
import { hasLostEvents, mayBeTaken } from '../retention.ts';
import { factsOfType, type Fact, type Found, type PayeeSaid, type Story } from '../story.ts';

const LOAN_ACTIONS = topicName(topics.loanActions);
const DISBURSEMENTS = topicName(topics.disbursements);
const PAYOUT_RESULTS = topicName(topics.payoutResults);

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
  /** What led to its instruction. */
  readonly cause: string;
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
      ...{ id, lenderId, payee, amountFen, instructed: all.length, cause: all[0]?.cause ?? '' },
      ...{ confirmed: of('PayoutConfirmed'), rejected: of('PayoutRejected') },
      failed: of('PayoutFailed'),
    };
  });
}

/** Everything that was cancelled before money could move. */
export function isCancelled({ cancelled }: Authorisation): boolean {
  return cancelled.length > 0;
}

export const HOLD = 'hold this lender’s payouts (book.halts) and ask the rail';

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
    if (cancelled.length > 0 && payouts.some(isPaid)) {
      yield wrong('was cancelled, and money has moved on it');
    }
    const undone = undoingOf(story, authorisation);
    if (cancelled.length > 0 && undone === undefined) {
      yield missing('was cancelled, and its approval still stands');
    }
    // From the authorisation on the ledger alone undoes: else both would be done, paid and undone.
    if (cancelled.length === 0 && undone !== undefined) {
      yield wrong('was undone, and the ledger has not cancelled it', HOLD, 'soon');
    }
    const { cancellationAsked, refused } = authorisation;
    const isAnswered = refused.length + cancelled.length + disbursed.length > 0;
    if (cancellationAsked.length > 0 && !isAnswered) yield missing('waits to be cancelled');
    for (const payout of payouts) yield* payoutFaults(payout, applicationId);
    yield* payeeFaults(authorisation, wrong);
    yield* loanFaults(authorisation, wrong);
    yield* afterCancelling(authorisation, applicationId);
    yield* drawnFaults(authorisation, seen);
    const reservedFen = booked[0]?.says.amountFen;
    if (reservedFen !== undefined && reservedFen !== amountFen) {
      yield sum(id, `authorised ${amountFen} fen, booked ${reservedFen}`, applicationId);
    }
    yield* sumFaults(authorisation, applicationId);
  }
  yield* unasked(story);
}

export const isPaid = ({ confirmed }: Payout): boolean => confirmed.length > 0;
const isOpen = ({ confirmed, rejected }: Payout): boolean =>
  confirmed.length + rejected.length === 0;

/** What undid its approval, after or before it was authorised. */
function undoingOf(story: Story, { id }: Authorisation): Fact | undefined {
  const approvalId = factsOfType(story, 'DisbursementAuthorised').find(
    ({ says }) => says.authorisationId === id,
  )?.says.approvalId;
  return factsOfType(story, 'ApprovalUndone').find(({ says }) => says.approvalId === approvalId);
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

/** All that is said of it is said of its own loan. */
function* loanFaults(
  { id, story, booked, payouts }: Authorisation,
  wrong: (says: string) => Found,
): Iterable<Found> {
  const loanId = booked[0]?.says.loanId;
  if (loanId === undefined) return;
  const own = new Set(payouts.map((payout) => payout.id));
  for (const { topic, type, says } of story.facts) {
    if (topic !== DISBURSEMENTS && topic !== PAYOUT_RESULTS) continue;
    const isOwn = says.authorisationId === id || own.has(says.payoutId ?? '');
    if (!isOwn || (says.loanId ?? loanId) === loanId) continue;
    yield wrong(`has ${type} of ${says.loanId}; its loan is ${loanId}`);
  }
}

/** The ledger has one topic: what it says after the cancellation it has said knowing of it. */
function* afterCancelling(
  { id, story, cancelled }: Authorisation,
  applicationId: string,
): Iterable<Found> {
  const [first] = cancelled;
  if (first === undefined) return;
  for (const { number, says } of factsOfType(story, 'PayoutInstructed')) {
    if (says.authorisationId !== id || number < first.number) continue;
    yield {
      ...{ rule: 'payouts', place: `payout ${says.payoutId}`, advice: HOLD, applicationId },
      ...{ says: `was instructed after ${id} was cancelled`, mayCome: 'never' },
    };
  }
}

/** The payees of the terms are those who are paid first; tranches come after them. */
function* payeeFaults(
  { id, payees, booked, payouts, amountFen }: Authorisation,
  wrong: (says: string, advice?: string, mayCome?: MayCome) => Found,
): Iterable<Found> {
  if (booked.length === 0) return;
  const promisedFen = payees.reduce((fen, payee) => fen + payee.amountFen, 0n);
  if (promisedFen > amountFen) yield wrong(`promises ${promisedFen} fen of ${amountFen}`);
  for (const [at, payee] of payees.entries()) {
    const payoutId = `${id}/${at + 1}`;
    const payout = payouts.find((one) => one.id === payoutId);
    const says = `${payee.amountFen} fen to ${payee.name}`;
    const is = payout === undefined ? 'nothing' : `${payout.amountFen} fen to ${payout.payee}`;
    // Said with the booking, but appended behind it: half of an append may be there alone.
    const mayCome = payout === undefined ? 'soon' : 'never';
    if (is === says) continue;
    yield wrong(`promises ${says}; as ${payoutId} was instructed ${is}`, HOLD, mayCome);
  }
}

/** What is paid beyond the payees was asked for by a drawdown, each once and as much as it said. */
function* drawnFaults(
  { id, story, payees, payouts }: Authorisation,
  seen: LogSeen,
): Iterable<Found> {
  const { applicationId } = story;
  const first = new Set(payees.map((_, at) => `${id}/${at + 1}`));
  const drawn = Map.groupBy(
    payouts.filter((one) => !first.has(one.id)),
    ({ cause }) => cause,
  );
  for (const [cause, those] of drawn) {
    const ids = those.map((one) => one.id).join(', ');
    const asked = seen.messages.get(messageName(LOAN_ACTIONS, applicationId, cause));
    if (asked === undefined && mayBeTaken(seen, LOAN_ACTIONS, applicationId, 0)) continue;
    if (asked?.type !== 'DrawdownRequested') {
      const says = `were instructed by ${cause}, which asks for no drawdown`;
      const of = { rule: 'payouts', advice: HOLD, applicationId, mayCome: 'never' } as const;
      yield { ...of, place: `payout ${ids}`, says };
      continue;
    }
    const fen = those.reduce((sumFen, { amountFen }) => sumFen + amountFen, 0n);
    if (fen === asked.amountFen) continue;
    yield sum(
      ids,
      `${asked.id} asked for ${asked.amountFen} fen, instructed ${fen}`,
      applicationId,
    );
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

/** What moves money is one application’s: what two share is paid once and counted twice. */
export function* sharedMoney(seen: LogSeen): Iterable<Found> {
  const holders = new Map<string, string>();
  for (const story of seen.stories.values()) {
    const { applicationId } = story;
    for (const { id, booked, payouts } of authorisationsOf(story)) {
      const loans = new Set(booked.map(({ says }) => `loan ${says.loanId}`));
      const names = [`authorisation ${id}`, ...loans, ...payouts.map((one) => `payout ${one.id}`)];
      for (const place of names) {
        const holder = holders.get(place) ?? applicationId;
        holders.set(place, holder);
        if (holder === applicationId) continue;
        const says = `is that of ${holder} and of ${applicationId}`;
        yield { rule: 'payouts', place, says, advice: HOLD, applicationId, mayCome: 'never' };
      }
    }
  }
}

function sum(id: string, says: string, applicationId: string, mayCome: MayCome = 'never'): Found {
  const advice = 'see saidao ledger loan for its entries, and reconcile with the rail';
  return { rule: 'sums', place: id, says, advice, applicationId, mayCome };
}
