// What others say of an authorisation: its pledge, its collateral, its approval, its cancellation.
import type {
  ApprovalUndone,
  CancellationRequested,
  CollateralChanged,
  PledgeConfirmed,
  PledgeRefused,
} from '@saidao/schemas';
import { isVoid, releaseUndrawn } from './release.ts';
import { cancel, judge } from './reserve.ts';
import {
  findAuthorisation,
  findPledge,
  identityOf,
  withPledge,
  type BookRules,
  type Input,
  type PledgeSaid,
  type Result,
} from './state.ts';

const unsaid = { registered: null, confirmed: null, refused: null };

export function pledgeSaid(
  input: Input,
  authorisationId: string,
  said: Partial<PledgeSaid>,
  rules: BookRules,
): Result {
  const found = findAuthorisation(input.state, authorisationId);
  if (found?.status === 'cancelled') return { ignored: 'authorisation-cancelled' };
  if (found?.status === 'booked') return { ignored: 'loan-booked' };
  const before = findPledge(input.state, authorisationId) ?? { ...unsaid, authorisationId };
  if (before.refused !== null) return { ignored: 'repeat' };
  const state = withPledge(input.state, { ...before, ...said });
  return found === undefined ? { state } : judge({ ...input, state }, found.authorised, rules);
}

export function pledgeConfirmed(input: Input, data: PledgeConfirmed, rules: BookRules): Result {
  const { authorisationId, patents, validUntil } = data;
  const confirmed = { patents, untilMs: Number(validUntil) };
  return pledgeSaid(input, authorisationId, { confirmed }, rules);
}

export function pledgeRefused(
  input: Input,
  { stage, authorisationId, refused }: PledgeRefused,
  rules: BookRules,
): Result {
  if (stage !== 'REGISTRATION') return { ignored: 'not-about-a-disbursement' };
  if (authorisationId === null) {
    throw new Error('A refused registration has to name the authorisation that waits for it.');
  }
  const cause = causeOf('PLEDGE_REFUSED', refused);
  return pledgeSaid(input, authorisationId, { refused: cause }, rules);
}

/**
 * Before the loan is booked it stops it. What was instructed with the booking goes on; what was not
 * drawn by then is drawn no more.
 */
export function collateralChanged(
  input: Input,
  { authorisationId, changes }: CollateralChanged,
  rules: BookRules,
): Result {
  if (authorisationId === null) return { ignored: 'not-about-a-disbursement' };
  const adverse = changes.filter(({ result }) => result === 'ADVERSE');
  if (adverse.length === 0) return { ignored: 'nothing-adverse' };
  const cause = causeOf('COLLATERAL_CHANGED', adverse);
  const found = findAuthorisation(input.state, authorisationId);
  if (found?.status === 'booked') {
    return found.loan.undrawnFen === 0n
      ? { ignored: 'loan-booked' }
      : releaseUndrawn(input, found, cause, rules);
  }
  return pledgeSaid(input, authorisationId, { refused: cause }, rules);
}

/** Once the loan is booked its payouts are under way, and an unknown one cannot be called back. */
export function cancellationRequested(input: Input, data: CancellationRequested): Result {
  const { authorisationId, cause } = data;
  const found = findAuthorisation(input.state, authorisationId);
  switch (found?.status) {
    case 'waiting':
      return cancel(input, found, cause);
    // The authorisation itself was discarded as a dead letter; it is not paid if it comes later.
    case undefined:
      return cancel(input, data, cause);
    case 'cancelled':
      return { ignored: 'repeat' };
    case 'booked': {
      // Of a loan on which nothing was paid it was told already.
      if (isVoid(found.loan)) return { ignored: 'repeat' };
      const refused = { ...identityOf(input, found), authorisationId, cause: 'LOAN_BOOKED' };
      return { events: [{ type: 'CancellationRefused', data: refused }] };
    }
  }
}

/** An approval that is undone carries no payment: what waits on it is cancelled. */
export function approvalUndone(input: Input, { approvalId }: ApprovalUndone): Result {
  const before = input.state.undone;
  if (before.includes(approvalId)) return { ignored: 'repeat' };
  const state = { ...input.state, undone: [...before, approvalId] };
  const waiting = state.authorisations.find(
    (one) => one.status === 'waiting' && one.authorised.approvalId === approvalId,
  );
  return waiting === undefined
    ? { state }
    : cancel({ ...input, state }, waiting, 'APPROVAL_UNDONE');
}

const CAUSE_LENGTH_MAX = 500;

function causeOf(
  code: 'PLEDGE_REFUSED' | 'COLLATERAL_CHANGED',
  grounds: readonly { readonly number: string; readonly ground: string }[],
): string {
  if (grounds.length === 0) return code;
  const named = grounds.map(({ number, ground }) => `${ground} ${number}`).join(', ');
  return `${code}: ${named}`.slice(0, CAUSE_LENGTH_MAX);
}
