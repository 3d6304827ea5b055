// Conditions precedent: what has to be so before the limit of a loan is reserved and paid from.
import {
  isBusinessDate,
  isSameName,
  ppmOne,
  repaymentPlans,
  sumFen,
  type Fen,
} from '@saidao/values';
import type { DisbursementAuthorised, LoanTerms, Payee } from '@saidao/schemas';
import { needsEntrusted } from '../loan/products.ts';
import { isVoid } from './release.ts';
import { findPledge, type BookRules, type BookState } from './state.ts';

/** What the conditions come to: all met; none refused, but some not said yet; or one refused. */
export type Conditions =
  | { readonly kind: 'met' }
  | { readonly kind: 'waits'; readonly ignored?: string }
  | { readonly kind: 'refused'; readonly cause: string };

/**
 * Judged anew with everything that is said of an authorisation, and once more at the moment of the
 * booking: what was fresh when it came may be stale by the time its pledge stands.
 */
export function conditionsOf(
  data: DisbursementAuthorised,
  state: BookState,
  rules: BookRules,
  nowMs: number,
): Conditions {
  const cause =
    faultOf(data) ??
    approvalFaultOf(data, state) ??
    guaranteeFaultOf(data) ??
    payeesFaultOf(data, rules) ??
    freshnessFaultOf(data, nowMs);
  if (cause !== undefined) return { kind: 'refused', cause };
  return data.terms.pledgeRequired ? pledgeOf(data, state, nowMs) : { kind: 'met' };
}

/** Our policy: a loan runs for at least a month, for 30 years at most, at no more than 100 %. */
const TERM_MONTHS_MAX = 360;

function faultOf({ terms, businessDate }: DisbursementAuthorised): string | undefined {
  const { amount, termMonths, ratePpm, repayment, payees } = terms;
  if ([amount, ...payees.map((payee) => payee.amount)].some(({ currency }) => currency !== 'CNY')) {
    return 'CURRENCY_NOT_CNY';
  }
  if (amount.minor <= 0n) return 'AMOUNT_NOT_POSITIVE';
  if (termMonths < 1 || termMonths > TERM_MONTHS_MAX) return 'TERM_OUT_OF_RANGE';
  if (ratePpm < 0 || ratePpm > ppmOne) return 'RATE_OUT_OF_RANGE';
  if (!repaymentPlans.some((plan) => plan === repayment)) return 'REPAYMENT_UNKNOWN';
  if (!isBusinessDate(businessDate)) return 'BUSINESS_DATE_INVALID';
  return undefined;
}

/** What an authorisation of before its approval was carried says nothing of is its own amount. */
function approvalFaultOf(
  { approvalId, approved, terms }: DisbursementAuthorised,
  state: BookState,
): string | undefined {
  if (state.undone.includes(approvalId)) return 'APPROVAL_UNDONE';
  if (approved !== null && approved.currency !== 'CNY') return 'CURRENCY_NOT_CNY';
  const fen = terms.amount.minor;
  return bookedFen(approvalId, state) + fen > (approved?.minor ?? fen)
    ? 'ABOVE_APPROVAL'
    : undefined;
}

/** The limits of the loans that stand on an approval, which is good for one sum. */
function bookedFen(approvalId: string, { authorisations }: BookState): Fen {
  return sumFen(
    authorisations.flatMap((one) =>
      one.status === 'booked' && one.loan.approvalId === approvalId && !isVoid(one.loan)
        ? [one.loan.principalFen]
        : [],
    ),
  );
}

/** The guarantor of the terms has to have said yes, to a share no smaller than theirs. */
function guaranteeFaultOf({ terms, guaranteed }: DisbursementAuthorised): string | undefined {
  const { guarantee } = terms;
  if (guarantee === null) return undefined;
  const isConfirmed =
    guaranteed !== null &&
    guaranteed.result === 'CLEAR' &&
    guaranteed.institution === guarantee.institution &&
    guaranteed.sharePpm >= guarantee.sharePpm;
  return isConfirmed ? undefined : 'GUARANTEE_NOT_CONFIRMED';
}

/** Of every part that is paid, not of the first alone: it stands on what was verified. */
export function freshnessFaultOf(
  { verifiedUntil }: DisbursementAuthorised,
  nowMs: number,
): string | undefined {
  if (verifiedUntil === null || nowMs <= Number(verifiedUntil)) return undefined;
  return 'VERIFICATION_STALE';
}

/**
 * Source: 流动资金贷款管理办法 (2024) as domain rules s. 6 give it: a large payment to a known payee
 * is an entrusted one, above an amount whose operator (> or >=) differs between banks, so that the
 * product gives both. Certainty: the amount of 2024 is known, not confirmed.
 */
function payeesFaultOf(
  { lenderId, about, terms }: DisbursementAuthorised,
  { products }: BookRules,
): string | undefined {
  const product = products.of(lenderId, about?.productId ?? null);
  if (!terms.entrusted && needsEntrusted(product, terms.amount.minor)) {
    return 'ENTRUSTED_PAYMENT_REQUIRED';
  }
  const payees = payeesOf(terms);
  const fault = payeeFaultOf(terms, payees);
  if (fault !== undefined) return fault;
  const sum = sumFen(payees.map(({ amount }) => amount.minor));
  return sum > terms.amount.minor ? 'PAYEES_ABOVE_AMOUNT' : undefined;
}

/** Whom the terms pay at once: the named payees, or the borrower, who may name a first part. */
export function payeesOf({ entrusted, payees, beneficiary, amount }: LoanTerms): readonly Payee[] {
  if (entrusted || payees.length > 0) return payees;
  return [{ name: beneficiary, amount }];
}

/** Why these may not be paid under the terms; undefined if they may. */
export function payeeFaultOf(terms: LoanTerms, payees: readonly Payee[]): string | undefined {
  if (payees.length === 0) return 'NO_PAYEE';
  if (payees.some(({ amount }) => amount.currency !== 'CNY')) return 'CURRENCY_NOT_CNY';
  if (payees.some(({ amount }) => amount.minor <= 0n)) return 'PAYEE_AMOUNT_NOT_POSITIVE';
  const isBorrower = ({ name }: Payee) => isSameName(name, terms.beneficiary);
  if (!terms.entrusted) return payees.every(isBorrower) ? undefined : 'PAYEE_NOT_BORROWER';
  // Money that goes to the borrower is not entrusted to anybody.
  return payees.some(isBorrower) ? 'PAYEE_IS_BORROWER' : undefined;
}

/** A later draw goes to those whom the terms name, and to nobody else. */
export function isNamed({ payees }: LoanTerms, name: string): boolean {
  return payees.some((payee) => isSameName(payee.name, name));
}

/**
 * Every patent of the terms has to be registered, with nothing that stands against it lately: the
 * approval stands on the whole bundle. The pledge line itself renews a confirmation that is over.
 */
function pledgeOf(
  { authorisationId, terms }: DisbursementAuthorised,
  state: BookState,
  nowMs: number,
): Conditions {
  const said = findPledge(state, authorisationId);
  if (said === undefined) return { kind: 'waits' };
  const { registered, confirmed, refused } = said;
  if (refused !== null) return { kind: 'refused', cause: refused };
  if (registered === null) return { kind: 'waits' };
  const missing = terms.pledgedPatents.filter((number) => !registered.includes(number));
  if (missing.length > 0) {
    return { kind: 'refused', cause: `PLEDGE_INCOMPLETE: ${missing.join(', ')}` };
  }
  if (!terms.pledgedPatents.every((number) => confirmed?.patents.includes(number))) {
    return { kind: 'waits' };
  }
  if (confirmed === null || nowMs > confirmed.untilMs) {
    return { kind: 'waits', ignored: 'confirmation-over' };
  }
  return { kind: 'met' };
}

export function leftOf(limitFen: Fen, payees: readonly Payee[]): Fen {
  return limitFen - sumFen(payees.map(({ amount }) => amount.minor));
}
