// What the applicant and the officers of a case do next, and when the case has come to its end.
import type { CaseEvent } from './case-event.ts';
import type { CaseHistory } from './case-history.ts';
import type { Sample } from './samples.ts';

export type Step = Sample['script'][number];

export type Outcome =
  | 'paid'
  | 'approved'
  | 'referred'
  | 'declined'
  | 'refused'
  | 'withdrawn'
  | 'offer-declined'
  | 'offer-expired'
  | 'undone'
  | 'cancelled'
  | 'payout-failed';

/** The first step of the script that has not been done, if its time has come. */
export function dueStep(script: readonly Step[], history: CaseHistory): Step | undefined {
  const next = script.find((step) => !isDone(step, history));
  return next !== undefined && isTimeFor(next, history) ? next : undefined;
}

/** Where the case ended; undefined while something is still to come. */
export function outcomeOf(script: readonly Step[], history: CaseHistory): Outcome | undefined {
  const last = history.events.findLast((event) => isDecisive(event, history));
  if (last === undefined) return undefined;
  const left = script.filter((step) => !isDone(step, history));
  switch (last.type) {
    case 'LoanDisbursed':
      return 'paid';
    case 'LoanDeclined':
      return 'declined';
    case 'SubmissionRejected':
      return 'refused';
    case 'OfferExpired':
      return 'offer-expired';
    case 'ApprovalUndone':
      return 'undone';
    case 'AuthorisationCancelled':
      return 'cancelled';
    case 'PayoutFailed':
      return 'payout-failed';
    case 'ApplicationClosed':
      return last.data.cause === 'OFFER_DECLINED' ? 'offer-declined' : 'withdrawn';
    case 'LoanReferred':
      return script.some(isReview) || left.some(isWithdrawal) ? undefined : 'referred';
    case 'LoanApproved':
      return left.length > 0 || script.some(isAnswer) ? undefined : 'approved';
    default:
      return undefined;
  }
}

/**
 * Where the case stands although its script hoped for more: officers have said all they have to say
 * and nothing came of it.
 */
export function standingOf(script: readonly Step[], history: CaseHistory): Outcome | undefined {
  const last = history.events.findLast(isDecision);
  const reviewed = script.filter(isReview).every((step) => isDone(step, history));
  return last?.type === 'LoanReferred' && reviewed ? 'referred' : undefined;
}

function isDone(step: Step, history: CaseHistory): boolean {
  const has = (type: CaseEvent['type']) => history.events.some((event) => event.type === type);
  switch (step.does) {
    case 'approve':
    case 'decline': {
      const verdict = step.does === 'approve' ? 'APPROVE' : 'DECLINE';
      return (
        has('LoanApproved') ||
        history
          .all('ReviewSubmitted')
          .some(({ data }) => data.officer === step.actor && data.verdict === verdict)
      );
    }
    case 'accept':
      return has('OfferAccepted') || has('OfferAcceptanceSubmitted');
    case 'decline-offer':
      return has('OfferDeclined') || has('OfferDeclineSubmitted');
    case 'withdraw':
      return has('ApplicationWithdrawn') || has('WithdrawalSubmitted');
  }
}

function isTimeFor(step: Step, history: CaseHistory): boolean {
  const last = history.events.findLast(isDecision);
  switch (step.does) {
    case 'approve':
    case 'decline':
      return last?.type === 'LoanReferred';
    case 'accept':
    case 'decline-offer':
      return last?.type === 'LoanApproved';
    case 'withdraw':
      return history.first('ApplicationReceived') !== undefined;
  }
}

function isDecision({ type }: CaseEvent): boolean {
  return type === 'LoanReferred' || type === 'LoanApproved' || type === 'LoanDeclined';
}

function isDecisive(event: CaseEvent, history: CaseHistory): boolean {
  switch (event.type) {
    case 'LoanDisbursed':
    case 'OfferExpired':
    case 'ApprovalUndone':
    case 'AuthorisationCancelled':
    case 'PayoutFailed':
    case 'ApplicationClosed':
      return true;
    case 'SubmissionRejected':
      // Of a case that was taken in, one more submission was refused: that ends nothing.
      return history.first('ApplicationReceived') === undefined;
    default:
      return isDecision(event);
  }
}

const isReview = ({ does }: Step) => does === 'approve' || does === 'decline';
const isAnswer = ({ does }: Step) => does === 'accept' || does === 'decline-offer';
const isWithdrawal = ({ does }: Step) => does === 'withdraw';
