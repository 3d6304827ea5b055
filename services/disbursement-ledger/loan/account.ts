// A loan's account: its contract, what happened on it, and what of both stands in the books.
import {
  standingOn,
  type LoanContract,
  type LoanFact,
  type LoanWorld,
  type Standing,
} from '@saidao/loans';
import {
  addDays,
  businessDateOf,
  fiveTiers,
  maxFen,
  toJson,
  type BusinessDate,
  type Fen,
  type FiveTier,
} from '@saidao/values';
import { entryId, reversalOf, type Entry } from '../postings.ts';
import {
  draftsOfMoney,
  moneyBetween,
  movementsBetween,
  withoutMoney,
  type Draft,
  type Money,
} from './movements.ts';
import { nothingPosted, targetOf, type Posted } from './posted.ts';
import { toldNothing, type Told } from './told.ts';

/** Whose loan it is, and by what it is counted. */
export interface LoanIdentity {
  readonly lenderId: string;
  readonly applicationId: string;
  readonly authorisationId: string;
  readonly revision: number;
  /** Of the application: its entries are in this chain of the lender. */
  readonly lane: number;
  readonly debtorUscc: string;
  readonly productId: string | null;
  /** Bases of inclusive lending that it counts for, as `nfra_1000w`. */
  readonly inclusive: readonly string[];
}

/** What one officer asked for, and another has not yet. */
export interface Proposal {
  /** Action and content: the same of both officers. */
  readonly content: string;
  readonly officer: string;
  readonly role: string | null;
  readonly actionId: string;
  readonly atMs: number;
}

/** How a repayment was booked, so that exactly that can be taken back. */
export interface Receipt {
  readonly on: BusinessDate;
  readonly money: Money;
}

/** The content of the shared row `loan/<loanId>`. */
export interface LoanAccount {
  readonly contract: LoanContract;
  readonly identity: LoanIdentity;
  readonly facts: readonly LoanFact[];
  /** Of the limit: neither drawn nor released. */
  readonly reservedFen: Fen;
  readonly posted: Posted;
  /** By the id of the repayment. */
  readonly receipts: Readonly<Record<string, Receipt>>;
  /** The last day that was closed; null: none yet. */
  readonly closedOn: BusinessDate | null;
  /** What the debtor's other loans asked for at least on that day. */
  readonly debtorTier: FiveTier;
  readonly proposals: readonly Proposal[];
  readonly told: Told;
  /** So many of the facts are named by entries; left out: none, by an older release. */
  readonly named?: number;
}

/** The name of the shared row of a loan, for `locks` of a line. */
export function accountName(loanId: string): string {
  return `loan/${loanId}`;
}

/** A loan that is booked: its limit is reserved, nothing is drawn. */
export function openAccount(contract: LoanContract, identity: LoanIdentity): LoanAccount {
  return {
    contract,
    identity,
    facts: [],
    reservedFen: contract.limitFen,
    posted: nothingPosted,
    receipts: {},
    closedOn: null,
    debtorTier: 'normal',
    proposals: [],
    told: toldNothing,
    named: 0,
  };
}

/** Of which event, and when, something is booked. */
export interface Booking {
  readonly eventId: string;
  readonly nowMs: number;
}

export interface Taken {
  readonly account: LoanAccount;
  /** In the order in which they are to be booked; each balanced. */
  readonly entries: readonly Entry[];
  /** At the end of the last day in the books: closed, or with something that happened on it. */
  readonly standing: Standing;
}

/** The first day that is open: today, unless it is closed already or the loan begins later. */
export function bookingDateOf({ closedOn, contract }: LoanAccount, nowMs: number): BusinessDate {
  const open = closedOn === null ? contract.bookedOn : addDays(closedOn, 1);
  return later(businessDateOf(nowMs), open);
}

/**
 * Takes a fact and posts what it changes, back to its value date. One that is known already changes
 * nothing. A drawing takes its amount off what is reserved; the entries of its payout and of the
 * release of its limit are the caller's.
 */
export function takeFact(
  account: LoanAccount,
  fact: LoanFact,
  booking: Booking,
  world: LoanWorld,
): Taken {
  if (account.facts.some(({ id }) => id === fact.id)) {
    return { account, entries: [], standing: standingNow(account, world) };
  }
  const { loanId } = account.contract;
  const bookingDate = bookingDateOf(account, booking.nowMs);
  const subject = fact.kind === 'DRAWN' ? fact.id : `${loanId}/${fact.id}`;
  const at = { ...booking, on: fact.on, bookingDate, subject };
  return naming(postFact(account, fact, at, world));
}

function postFact(account: LoanAccount, fact: LoanFact, at: At, world: LoanWorld): Taken {
  const after = { ...account, facts: [...account.facts, fact] };
  switch (fact.kind) {
    case 'DRAWN':
      return post(releaseLimit(after, fact.amountFen), at, world);
    case 'REPAID':
      return receive(account, after, fact.id, at, world);
    case 'REVERSED':
      return takeBack(after, fact.reverses, at, world);
    case 'RESCHEDULED':
    case 'COSTS':
    case 'MISUSED':
    case 'REFUNDED':
    case 'WRITTEN_OFF':
      return post(after, at, world);
  }
}

/**
 * The facts that no entry names yet are named by the first of these: what a loan owes can be told
 * from the entries alone. One that nothing is posted for waits for the loan's next entry.
 */
function naming(taken: Taken): Taken {
  const { account, entries } = taken;
  const { facts, named = 0 } = account;
  const [first, ...others] = entries;
  if (first === undefined || named === facts.length) return taken;
  const evidence = toJson({ facts: facts.slice(named) });
  return {
    ...taken,
    account: { ...account, named: facts.length },
    entries: [{ ...first, evidence }, ...others],
  };
}

/** A part of the limit is no longer reserved; the entry of its release is the caller's. */
export function releaseLimit(account: LoanAccount, amountFen: Fen): LoanAccount {
  return { ...account, reservedFen: maxFen(account.reservedFen - amountFen, 0n) };
}

export interface DayClosing extends Booking {
  readonly date: BusinessDate;
  /** The open day that it is booked on: later than `date` where the period is closed already. */
  readonly bookingDate: BusinessDate;
  /** What the debtor's other loans ask for at least. */
  readonly debtorTier: FiveTier;
}

/**
 * Closes a day of a loan: accrues the night after it, classifies, provides, asks the guarantor
 * where it is due. Days want `closeLoanDay`, which says besides what has changed. A day that is
 * closed already changes nothing. The caller closes each day in its turn. Answers the standing
 * of the day; what happened later is posted already and says nothing of it. `standing` may be
 * given where the caller has it: the account's own of that day.
 */
export function closeDay(
  account: LoanAccount,
  closing: DayClosing,
  world: LoanWorld,
  standing: Standing = standingAt(account, closing.date, world),
): Taken {
  const { date, debtorTier } = closing;
  if (account.closedOn !== null && date <= account.closedOn) {
    return { account, entries: [], standing };
  }
  const { loanId } = account.contract;
  const at = { ...closing, on: date, subject: `${loanId}/${date}` };
  const closed: LoanAccount = { ...account, closedOn: date, debtorTier };
  return naming({ ...post(closed, at, world, standing), standing });
}

/** The last day that is in the books: closed, or with something that happened on it. */
export function postedThrough({ facts, closedOn, contract }: LoanAccount): BusinessDate {
  return facts.reduce((last, { on }) => later(last, on), closedOn ?? contract.bookedOn);
}

export function standingAt(account: LoanAccount, date: BusinessDate, world: LoanWorld): Standing {
  return standingOn(account.contract, account.facts, date, world);
}

/** The account as it is in the books. */
export function standingNow(account: LoanAccount, world: LoanWorld): Standing {
  return standingAt(account, postedThrough(account), world);
}

/** The same where its standing of an earlier day, or of that one, is known. */
export function lastAfter(account: LoanAccount, known: Standing, world: LoanWorld): Standing {
  const through = postedThrough(account);
  return through <= known.date ? known : standingAt(account, through, world);
}

/** What should stand in the books by its facts, and where it stands at the end of the last day. */
export function reckoned(
  account: LoanAccount,
  world: LoanWorld,
): { readonly target: Posted; readonly standing: Standing } {
  return targetNow(account, postedThrough(account), world);
}

/** The worse of its own and what the debtor's other loans ask for; normal where nothing is owed. */
export function tierOf(
  { debtorTier }: LoanAccount,
  { ownTier, settled }: Pick<Standing, 'ownTier' | 'settled'>,
): FiveTier {
  if (settled) return 'normal';
  return fiveTiers.indexOf(debtorTier) > fiveTiers.indexOf(ownTier) ? debtorTier : ownTier;
}

interface At extends Booking {
  /** The value date. */
  readonly on: BusinessDate;
  readonly bookingDate: BusinessDate;
  readonly subject: string;
}

/** Posts what is lacking. */
function post(account: LoanAccount, at: At, world: LoanWorld, known?: Standing): Taken {
  const { target, standing } = targetNow(account, postedThrough(account), world, known);
  const drafts = movementsBetween(account.contract, account.posted, target);
  const entries = drafts.map((draft) => entryOf(account, draft, at));
  return { account: { ...account, posted: target }, entries, standing };
}

/**
 * What time alone has changed by its day is posted first, so that the entries of the repayment say
 * what it was taken for.
 */
function receive(
  before: LoanAccount,
  after: LoanAccount,
  id: string,
  at: At,
  world: LoanWorld,
): Taken {
  const through = postedThrough(after);
  const until = targetNow(before, through, world).target;
  const { target, standing } = targetNow(after, through, world);
  const receipt: Receipt = { on: at.on, money: moneyBetween(until, target) };
  const timeOnly = { ...at, subject: `${at.subject}/until` };
  return {
    account: {
      ...after,
      posted: target,
      receipts: { ...after.receipts, [id]: receipt },
    },
    entries: [
      ...movementsBetween(before.contract, before.posted, until).map((draft) =>
        entryOf(before, draft, timeOnly),
      ),
      ...movementsBetween(before.contract, until, target).map((draft) =>
        entryOf(before, draft, at),
      ),
    ],
    standing,
  };
}

/** The repayment's own entries mirrored, then what is lacking without it. */
function takeBack(after: LoanAccount, id: string, at: At, world: LoanWorld): Taken {
  const receipt = after.receipts[id];
  const reversals = after.facts.filter((fact) => fact.kind === 'REVERSED' && fact.reverses === id);
  // Misuse that turned out otherwise has no money to be taken back, nor has what was taken before.
  if (receipt === undefined || reversals.length > 1) return post(after, at, world);
  const { loanId } = after.contract;
  const booked = { ...at, on: receipt.on, subject: `${loanId}/${id}` };
  const mirrored = draftsOfMoney(receipt.money).map((draft) =>
    reversalOf(entryOf(after, draft, booked), { ...bookedBy(at), bookingDate: at.bookingDate }),
  );
  const posted = withoutMoney(after.posted, receipt.money);
  const rest = post({ ...after, posted }, at, world);
  return { ...rest, entries: [...mirrored, ...rest.entries] };
}

/**
 * Money as of `through`. Interest only as of the last day that is closed, or of the night before
 * the last thing that happened: what of a day falls due is accrued by then.
 */
function targetNow(
  account: LoanAccount,
  through: BusinessDate,
  world: LoanWorld,
  known?: Standing,
): { readonly target: Posted; readonly standing: Standing } {
  const { contract, closedOn, facts } = account;
  const at = (date: BusinessDate) =>
    known?.date === date ? known : standingAt(account, date, world);
  const standing = at(through);
  const accruedOn = closedOn === through ? through : addDays(through, -1);
  // Before the first drawing nothing is earned: that of a payout needs one standing, not two.
  const hasBegun = accruedOn >= contract.bookedOn && facts.some(({ on }) => on <= accruedOn);
  const accrued = accruedOn === through ? standing : hasBegun ? at(accruedOn) : undefined;
  const { settled } = standing;
  const tier = tierOf(account, { ownTier: accrued?.ownTier ?? 'normal', settled });
  return { target: targetOf(contract, standing, accrued, tier), standing };
}

function entryOf({ contract, identity }: LoanAccount, draft: Draft, at: At): Entry {
  const { lenderId, applicationId, lane } = identity;
  return {
    id: entryId(draft.movement, at.subject),
    movement: draft.movement,
    lenderId,
    applicationId,
    loanId: contract.loanId,
    lane,
    valueDate: at.on,
    bookingDate: at.bookingDate,
    ...bookedBy(at),
    reverses: null,
    postings: draft.postings,
  };
}

function bookedBy({ eventId, nowMs }: Booking): Pick<Entry, 'eventId' | 'bookedAtMs'> {
  return { eventId, bookedAtMs: nowMs };
}

const later = (one: BusinessDate, other: BusinessDate): BusinessDate => (one > other ? one : other);
