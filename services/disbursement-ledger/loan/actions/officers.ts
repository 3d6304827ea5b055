// What officers do with a loan: re-schedule it, find misuse, charge costs, write off, take and give back.
import type { LoanFact, LoanWorld } from '@saidao/loans';
import { cny, isBusinessDate, repaymentPlans, toJson, type RepaymentPlan } from '@saidao/values';
import type {
  CostsCharged,
  MisuseFound,
  RefundRequested,
  RescheduleRequested,
  ReversalRequested,
  WriteOffRequested,
} from '@saidao/schemas';
import type { Outgoing } from '@saidao/worker';
import {
  accountName,
  bookingDateOf,
  standingAt,
  standingNow,
  tierOf,
  type LoanAccount,
} from '../account.ts';
import { changeBy, loanOf, type LoanChange, type LoanRow, type LoanTold } from '../changes.ts';
import { agreementOn, isProposed, mayAct } from './four-eyes.ts';
import {
  accountIn,
  assertAmount,
  bookingOf,
  recorded,
  refuse,
  type LoanInput,
  type LoanResult,
} from '../input.ts';
import type { RefusalCause } from './refusals.ts';
import { repaymentId } from './repayments.ts';

/** Our policy: of the two officers one at least is of these. */
const seniors = ['senior-officer', 'committee'];
const committee = ['committee'];

/** What an action comes to once it takes effect. */
interface Effect {
  readonly fault: RefusalCause | undefined;
  /** Of the first of two officers only: what waits since then is as it was. */
  readonly faultAtFirst?: RefusalCause | undefined;
  /** In the order in which they are taken. */
  readonly facts: readonly LoanFact[];
  readonly told?: (change: LoanChange) => Outgoing<LoanTold>;
  readonly rows?: readonly LoanRow[];
}

type Said<T> = T & { readonly officer: string; readonly role: string | null };

/**
 * What is left of the loan is repaid otherwise from a day on that is not in the future, and was not
 * closed when the first officer asked: penalty that was borne by then is not let off by the way.
 * Certainty: our policy.
 */
export function rescheduleRequested(
  input: LoanInput,
  data: RescheduleRequested,
  world: LoanWorld,
): LoanResult {
  const account = accountIn(input, data);
  const { from: on, termMonths } = data;
  return together(input, account, data, seniors, world, {
    fault: faultOfReschedule(account, data, input.nowMs, world),
    faultAtFirst: account.closedOn !== null && on <= account.closedOn ? 'DATE_CLOSED' : undefined,
    facts: [
      {
        id: `reschedule:${input.event.id}`,
        kind: 'RESCHEDULED',
        on,
        termMonths,
        method: data.repayment as RepaymentPlan,
      },
    ],
  });
}

/** Said again for the same first day it replaces what was said before: now with its end. */
export function misuseFound(input: LoanInput, data: MisuseFound, world: LoanWorld): LoanResult {
  const account = accountIn(input, data);
  const { from: on, until } = data;
  const back = account.facts
    .filter((fact) => fact.kind === 'MISUSED' && fact.on === on && !isReversed(account, fact.id))
    .map(({ id }): LoanFact => {
      const reversedOn = bookingDateOf(account, input.nowMs);
      return { id: `reversal:${id}`, kind: 'REVERSED', on: reversedOn, reverses: id };
    });
  const isUntilWrong = until !== null && (!isBusinessDate(until) || until <= on);
  const fault = isUntilWrong ? 'DATE_INVALID' : faultOfDay(account, on, input.nowMs, world);
  const misused: LoanFact = { id: `misuse:${input.event.id}`, kind: 'MISUSED', on, until };
  return together(input, account, data, seniors, world, { fault, facts: [...back, misused] });
}

/** Only what is lost: it has stopped accruing, so that its principal alone is in the books. */
export function writeOffRequested(
  input: LoanInput,
  data: WriteOffRequested,
  world: LoanWorld,
): LoanResult {
  const account = accountIn(input, data);
  const on = bookingDateOf(account, input.nowMs);
  const standing = standingNow(account, world);
  const isLost = tierOf(account, standing) === 'loss';
  return together(input, account, data, committee, world, {
    fault: faultOfDay(account, on, input.nowMs, world) ?? (isLost ? undefined : 'NOT_LOST'),
    facts: [{ id: 'write-off', kind: 'WRITTEN_OFF', on }],
    told: ({ standing: { writtenOffFen } }) => ({
      type: 'LoanWrittenOff',
      data: { ...loanOf(account), amount: cny(writtenOffFen), writtenOffOn: on },
    }),
  });
}

/** A repayment is taken back by entries that name its own; from then on it never was. */
export function reversalRequested(
  input: LoanInput,
  data: ReversalRequested,
  world: LoanWorld,
): LoanResult {
  const account = accountIn(input, data);
  const { source, reference, reason } = data;
  const id = repaymentId(source, reference);
  const repaid = account.facts.find((fact) => fact.id === id && fact.kind === 'REPAID');
  const on = bookingDateOf(account, input.nowMs);
  if (repaid?.kind !== 'REPAID') return refuse(input, account, data.officer, 'NOT_BOOKED');
  const { amountFen } = repaid;
  return together(input, account, data, seniors, world, {
    fault: isReversed(account, id) ? 'REVERSED_ALREADY' : undefined,
    facts: [{ id: `reversal:${id}`, kind: 'REVERSED', on, reverses: id }],
    told: ({ standing: { principalFen } }) => ({
      type: 'RepaymentReversed',
      data: {
        ...loanOf(account),
        source,
        reference,
        amount: cny(amountFen),
        principalBalance: cny(principalFen),
        undrawn: cny(account.reservedFen),
        reversedOn: on,
        reason,
      },
    }),
    rows: [
      { kind: 'reversal', lenderId: account.identity.lenderId, source, reference, reversedOn: on },
    ],
  });
}

/**
 * Money that nothing is owed for goes back to the deposit that whoever had paid it has with the
 * lender, to dispose of it: no rail pays. No more than was there before the day, once all is taken
 * that falls due on it.
 */
export function refundRequested(
  input: LoanInput,
  data: RefundRequested,
  world: LoanWorld,
): LoanResult {
  const account = accountIn(input, data);
  const { amount, reason, toGuarantor } = data;
  assertAmount(amount);
  const on = bookingDateOf(account, input.nowMs);
  const { minor: amountFen } = amount;
  const fact: LoanFact = {
    id: `refund:${input.event.id}`,
    kind: 'REFUNDED',
    on,
    amountFen,
    toGuarantor,
  };
  const refundedFen = (facts: readonly LoanFact[]) =>
    standingAt({ ...account, facts }, on, world).refundedFen;
  const { facts } = account;
  const isThere = refundedFen([...facts, fact]) === refundedFen(facts) + amountFen;
  return together(input, account, data, seniors, world, {
    fault: isThere ? undefined : 'BEYOND_SUSPENSE',
    facts: [fact],
    told: ({ standing }) => ({
      type: 'SuspenseRefunded',
      data: {
        ...loanOf(account),
        ...{ amount, toGuarantor, refundedOn: on, reason },
        left: cny(toGuarantor ? standing.guaranteeHeldFen : standing.suspenseFen),
      },
    }),
  });
}

/** One officer is enough: behind it is a paper of a third party. */
export function costsCharged(input: LoanInput, data: CostsCharged, world: LoanWorld): LoanResult {
  const account = accountIn(input, data);
  const { amount, valueDate: on, officer, role } = data;
  assertAmount(amount);
  if (!mayAct(role)) return refuse(input, account, officer, 'ROLE_NOT_ALLOWED');
  const fault = faultOfDay(account, on, input.nowMs, world);
  if (fault !== undefined) return refuse(input, account, officer, fault);
  const id = `costs:${input.event.id}`;
  const facts: LoanFact[] = [{ id, kind: 'COSTS', on, amountFen: amount.minor }];
  return takeEffect(input, account, officer, world, { fault, facts });
}

function together(
  input: LoanInput,
  account: LoanAccount,
  data: Said<{ readonly loanId: string }>,
  deciding: readonly string[],
  world: LoanWorld,
  effect: Effect,
): LoanResult {
  const { officer, role, ...said } = data;
  const { id: actionId, type } = input.event;
  const content = contentOf(type, said);
  const asked = { officer, role, actionId, content, nowMs: input.nowMs };
  const fault = effect.fault ?? (isProposed(account, asked) ? undefined : effect.faultAtFirst);
  if (fault !== undefined) return refuse(input, account, officer, fault);
  const agreement = agreementOn(account, asked, deciding);
  if (agreement.kind === 'refused') return refuse(input, account, officer, agreement.cause);
  const next = { ...account, proposals: agreement.proposals };
  if (agreement.kind === 'agreed') return takeEffect(input, next, officer, world, effect);
  return {
    held: { [accountName(data.loanId)]: next },
    events: [recorded(input, account, officer, 'PROPOSED')],
  };
}

function takeEffect(
  input: LoanInput,
  account: LoanAccount,
  officer: string,
  world: LoanWorld,
  { facts, told, rows = [] }: Effect,
): LoanResult {
  let next = account;
  const taken: LoanChange[] = [];
  for (const fact of facts) {
    const change = changeBy(next, fact, bookingOf(input), world);
    next = change.account;
    taken.push(change);
  }
  const last = taken.at(-1);
  return {
    held: { [accountName(account.contract.loanId)]: next },
    events: [
      recorded(input, account, officer, 'TAKEN'),
      ...(told === undefined || last === undefined ? [] : [told(last)]),
      ...taken.flatMap(({ events }) => events),
    ],
    rows: [...taken.flatMap((change) => change.rows), ...rows],
  };
}

/** The reason is each officer's own: two that give it in other words ask for the same. */
function contentOf(action: string, said: Readonly<Record<string, unknown>>): string {
  return toJson({ ...said, reason: undefined, action });
}

function faultOfReschedule(
  account: LoanAccount,
  { from, termMonths, repayment }: RescheduleRequested,
  nowMs: number,
  world: LoanWorld,
): RefusalCause | undefined {
  if (termMonths < 1 || termMonths > TERM_MONTHS_MAX) return 'TERM_OUT_OF_RANGE';
  if (!repaymentPlans.some((plan) => plan === repayment)) return 'PLAN_UNKNOWN';
  return faultOfDay(account, from, nowMs, world);
}

/** Our policy, as for a loan that is booked: 30 years at most. */
const TERM_MONTHS_MAX = 360;

/** Of whatever counts from a day: something has to be owed, and nothing happens in the future. */
function faultOfDay(
  account: LoanAccount,
  on: string,
  nowMs: number,
  world: LoanWorld,
): RefusalCause | undefined {
  if (!isBusinessDate(on)) return 'DATE_INVALID';
  if (on < account.contract.bookedOn) return 'DATE_BEFORE_BOOKING';
  if (on > bookingDateOf(account, nowMs)) return 'DATE_IN_FUTURE';
  if (!account.facts.some((fact) => fact.kind === 'DRAWN' && fact.on <= on)) return 'NOTHING_DRAWN';
  const { writtenOffOn, settled } = standingNow(account, world);
  if (writtenOffOn !== null) return 'WRITTEN_OFF';
  return settled ? 'LOAN_SETTLED' : undefined;
}

function isReversed({ facts }: LoanAccount, id: string): boolean {
  return facts.some((fact) => fact.kind === 'REVERSED' && fact.reverses === id);
}
