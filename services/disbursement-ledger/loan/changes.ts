// What comes of a change of a loan: its rows, its account, and what readers are told of it.
import type { LoanFact, LoanWorld, Standing } from '@saidao/loans';
import { cny, type BusinessDate, type Fen } from '@saidao/values';
import type { LoanScheduled } from '@saidao/schemas';
import type { Outgoing } from '@saidao/worker';
import type { Entry } from '../postings.ts';
import {
  bookingDateOf,
  lastAfter,
  releaseLimit,
  standingAt,
  standingNow,
  takeFact,
  tierOf,
  type Booking,
  type LoanAccount,
} from './account.ts';
import { positionOf, type Position } from './positions.ts';
import { isSame, toTell, type Told } from './told.ts';

export type LoanTold =
  | 'LoanScheduled'
  | 'LoanReclassified'
  | 'GuaranteeClaimed'
  | 'GuaranteeClaimWithdrawn'
  | 'LoanRepaid'
  | 'RepaymentBooked'
  | 'RepaymentReversed'
  | 'SuspenseRefunded'
  | 'LoanWrittenOff'
  | 'RecoveryBooked'
  | 'GuaranteePaid'
  | 'LoanActionRecorded';

/** A repayment as it was taken: one for its lender, source and reference. */
export interface RepaymentRow {
  readonly lenderId: string;
  readonly source: string;
  readonly reference: string;
  readonly loanId: string;
  readonly amountFen: Fen;
  readonly valueDate: BusinessDate;
  readonly bookedOn: BusinessDate;
  readonly effect: string;
  readonly payer: string | null;
}

/** A repayment that was taken back. */
export interface ReversalRow {
  readonly lenderId: string;
  readonly source: string;
  readonly reference: string;
  readonly reversedOn: BusinessDate;
}

/** What was asked of a loan, and what came of it. */
export interface ActionRow {
  readonly actionId: string;
  readonly loanId: string;
  readonly lenderId: string;
  readonly action: string;
  readonly officer: string;
  readonly status: string;
  readonly cause: string | null;
  /** As it was asked for, as JSON: a second officer has to see what the first proposed. */
  readonly content: string;
  readonly atMs: number;
}

export type LoanRow =
  | { readonly kind: 'entry'; readonly entry: Entry }
  | { readonly kind: 'position'; readonly position: Position }
  | { readonly kind: 'repayment'; readonly repayment: RepaymentRow }
  | ({ readonly kind: 'reversal' } & ReversalRow)
  | { readonly kind: 'action'; readonly action: ActionRow };

export interface LoanChange {
  readonly account: LoanAccount;
  readonly rows: readonly LoanRow[];
  readonly events: readonly Outgoing<LoanTold>[];
  readonly standing: Standing;
}

export type ScheduleCause = 'DRAWN' | 'RATE_RESET' | 'EARLY_REPAYMENT' | 'RESCHEDULED' | 'REVERSED';

/** Takes a fact and tells what changes by it: a new schedule, and that nothing is owed any more. */
export function changeBy(
  account: LoanAccount,
  fact: LoanFact,
  booking: Booking,
  world: LoanWorld,
): LoanChange {
  const { entries, ...taken } = takeFact(account, fact, booking, world);
  const { standing } = taken;
  const told = tellNow(taken.account, standing, causeOf(fact), bookedOn(account, booking));
  return {
    ...told,
    rows: [
      ...entries.map((entry): LoanRow => ({ kind: 'entry', entry })),
      { kind: 'position', position: positionOf(told.account, standing) },
    ],
    standing,
  };
}

/**
 * A payout of the loan was confirmed: it is owed from `on`. The DISBURSEMENT entry is among the
 * rows, by the id of the payout; those of the payout and of the release of the limit are not.
 */
export function loanDrawn(
  account: LoanAccount,
  drawn: { readonly payoutId: string; readonly on: BusinessDate; readonly amountFen: Fen },
  booking: Booking,
  world: LoanWorld,
): LoanChange {
  const { payoutId: id, on, amountFen } = drawn;
  return changeBy(account, { id, kind: 'DRAWN', on, amountFen }, booking, world);
}

/** A part of the limit was given back undrawn; its RELEASE entry is the caller's. */
export function loanReleased(
  account: LoanAccount,
  amountFen: Fen,
  booking: Booking,
  world: LoanWorld,
): LoanChange {
  const released = releaseLimit(account, amountFen);
  const standing = standingNow(released, world);
  const told = tellNow(released, standing, 'DRAWN', bookedOn(account, booking));
  const position = positionOf(told.account, standing);
  return { ...told, rows: [{ kind: 'position', position }], standing };
}

/** A loan that was booked, with its limit reserved: what begins its account. */
export function loanOpened(account: LoanAccount, world: LoanWorld): LoanChange {
  const standing = standingNow(account, world);
  const position = positionOf(account, standing);
  return { account, rows: [{ kind: 'position', position }], events: [], standing };
}

/** What days have changed since it was told last; the same account: all of it was told already. */
export function tellDays(
  account: LoanAccount,
  world: LoanWorld,
): Pick<LoanChange, 'account' | 'events'> {
  const { closedOn } = account;
  if (closedOn === null) return { account, events: [] };
  const standing = standingAt(account, closedOn, world);
  const last = lastAfter(account, standing, world);
  const { told } = account;
  // It was told at once, with its tier: no day of before is news of a loan that is repaid.
  if (last !== standing && last.settled && told.repaid) return { account, events: [] };
  const { schedule } = toTell(account, last, tierOf(account, last));
  const now = { ...toTell(account, standing, tierOf(account, standing)), schedule };
  if (isSame(now, told)) return { account, events: [] };
  return {
    account: { ...account, told: now },
    events: [
      ...reclassified(account, standing, now),
      ...(now.schedule === told.schedule
        ? []
        : [scheduled(account, last, causeOfDays(account), closedOn)]),
      ...(now.claimed && !told.claimed ? claimed(account, standing) : []),
      ...withdrawn(account, now, closedOn),
      ...(now.repaid && !told.repaid ? [repaid(account, closedOn)] : []),
    ],
  };
}

/**
 * What is told at once. Tiers are judged at the end of a day; but no day of a loan is closed any
 * more once it is repaid.
 */
function tellNow(
  account: LoanAccount,
  standing: Standing,
  cause: ScheduleCause,
  bookingDate: BusinessDate,
): Pick<LoanChange, 'account' | 'events'> {
  const now = toTell(account, standing, tierOf(account, standing));
  const { told } = account;
  const { schedule } = now;
  const isRepaid = now.repaid && !told.repaid;
  const next: Told = isRepaid ? now : { ...told, schedule, repaid: now.repaid };
  return {
    account: { ...account, told: next },
    events: [
      ...(schedule === told.schedule || isRepaid
        ? []
        : [scheduled(account, standing, cause, bookingDate)]),
      ...(isRepaid ? reclassified(account, standing, now) : []),
      ...(isRepaid ? withdrawn(account, now, bookingDate) : []),
      ...(isRepaid ? [repaid(account, bookingDate)] : []),
    ],
  };
}

function reclassified(account: LoanAccount, standing: Standing, now: Told): Outgoing<LoanTold>[] {
  const { told, posted } = account;
  if (now.tier === told.tier && now.nonAccrual === told.nonAccrual) return [];
  return [
    {
      type: 'LoanReclassified',
      data: {
        ...loanOf(account),
        asOf: standing.date,
        fromTier: told.tier,
        tier: now.tier,
        daysPastDue: standing.daysPastDue,
        cause: now.tier === standing.ownTier ? 'OWN' : 'DEBTOR',
        nonAccrual: now.nonAccrual,
        allowance: cny(posted.allowanceFen),
        principalBalance: cny(standing.principalFen),
      },
    },
  ];
}

function scheduled(
  account: LoanAccount,
  { instalments }: Standing,
  cause: ScheduleCause,
  asOf: BusinessDate,
): Outgoing<LoanTold> {
  const data: LoanScheduled = {
    ...loanOf(account),
    cause,
    asOf,
    instalments: instalments.map(({ number, dueOn, principalFen, interestFen }) => ({
      number,
      dueOn,
      principal: cny(principalFen),
      interest: cny(interestFen),
    })),
  };
  return { type: 'LoanScheduled', data };
}

function claimed(
  account: LoanAccount,
  { claimedFen, guaranteeClaimedOn: claimedOn }: Standing,
): Outgoing<LoanTold>[] {
  const { guarantor, guaranteeSharePpm } = account.contract;
  if (guarantor === null || claimedOn === null) return [];
  return [
    {
      type: 'GuaranteeClaimed',
      data: {
        ...loanOf(account),
        institution: guarantor,
        sharePpm: guaranteeSharePpm,
        amount: cny(claimedFen),
        claimedOn,
      },
    },
  ];
}

function withdrawn(
  account: LoanAccount,
  now: Told,
  withdrawnOn: BusinessDate,
): Outgoing<LoanTold>[] {
  const { guarantor: institution } = account.contract;
  if (institution === null || now.claimed || !account.told.claimed) return [];
  return [
    { type: 'GuaranteeClaimWithdrawn', data: { ...loanOf(account), institution, withdrawnOn } },
  ];
}

function repaid(account: LoanAccount, repaidOn: BusinessDate): Outgoing<LoanTold> {
  return { type: 'LoanRepaid', data: { ...loanOf(account), repaidOn } };
}

/** What each event about a loan begins with. */
export function loanOf({ identity, contract }: LoanAccount) {
  const { applicationId, revision, lenderId, authorisationId } = identity;
  return { applicationId, revision, lenderId, loanId: contract.loanId, authorisationId };
}

function causeOf({ kind }: LoanFact): ScheduleCause {
  if (kind === 'DRAWN' || kind === 'RESCHEDULED') return kind;
  return kind === 'REVERSED' ? 'REVERSED' : 'EARLY_REPAYMENT';
}

/** With a fixed rate nothing but what the guarantor had paid before it was asked. */
function causeOfDays({ contract }: LoanAccount): ScheduleCause {
  return contract.lpr === null ? 'EARLY_REPAYMENT' : 'RATE_RESET';
}

function bookedOn(account: LoanAccount, { nowMs }: Booking): BusinessDate {
  return bookingDateOf(account, nowMs);
}
