// An application's way as stages: which events are one, when it was reached and how long it took.
import type { EventName } from '@saidao/schemas';
import type { CaseEvent } from './case-event.ts';
import type { CaseHistory } from './case-history.ts';
import { detailsOf, summaryOf } from './event-summary.ts';

export interface Stage {
  readonly name: string;
  readonly type: EventName;
  readonly id: string;
  readonly applicationId: string | null;
  /** From the log's taking of the submission. */
  readonly sinceMs: number;
  /** From the event that caused it, or else from the one before. */
  readonly stepMs: number;
  readonly summary: string;
  readonly details: readonly string[];
  readonly data: CaseEvent['data'];
}

const NAMES: Partial<Record<EventName, string>> = {
  ApplicationSubmitted: 'submitted',
  ApplicationReceived: 'received',
  ApplicationAmended: 'amended',
  ApplicationWithdrawn: 'withdrawn',
  SubmissionRejected: 'refused',
  EnterpriseChecked: 'guarantee',
  PatentsVerified: 'verified',
  PledgeLocked: 'pledge locked',
  PledgeRefused: 'pledge refused',
  PledgeRegistered: 'pledge registered',
  PledgeConfirmed: 'pledge confirmed',
  CollateralChanged: 'collateral changed',
  PledgeReleased: 'pledge released',
  EnterpriseScored: 'scored',
  ReviewClaimed: 'claim',
  ReviewReturned: 'claim returned',
  ReviewReassigned: 'reassigned',
  ReviewAmended: 'terms amended',
  ReviewSubmitted: 'review',
  ReviewRefused: 'review refused',
  UndoRequested: 'undo asked for',
  LoanApproved: 'approved',
  LoanReferred: 'referred',
  LoanDeclined: 'declined',
  OfferAccepted: 'accepted',
  OfferDeclined: 'offer declined',
  OfferExpired: 'offer expired',
  DisbursementAuthorised: 'authorised',
  CancellationRequested: 'cancelling',
  ApprovalUndone: 'approval undone',
  ApplicationClosed: 'closed',
  LoanBooked: 'booked',
  PayoutInstructed: 'payout sent',
  PayoutConfirmed: 'payout done',
  PayoutRejected: 'payout rejected',
  PayoutUnknown: 'payout unknown',
  PayoutFailed: 'payout failed',
  LoanDisbursed: 'paid',
  LimitReleased: 'limit given back',
  LoanUnpaid: 'money is late',
  LoanUnpaidCleared: 'no longer late',
  AuthorisationCancelled: 'cancelled',
  CancellationRefused: 'not cancelled',
};

/** Undefined for an event that a person need not see on the way. */
export function stageOf(history: CaseHistory, event: CaseEvent): Stage | undefined {
  const name = NAMES[event.type];
  if (name === undefined) return undefined;
  if (event.type === 'EnterpriseChecked' && event.data.guarantee === null) return undefined;
  const submittedAtMs = history.submittedAtMs ?? event.appendedAtMs;
  const before = history.causeOf(event) ?? beforeOf(history, event) ?? event;
  return {
    name,
    type: event.type,
    id: event.id,
    applicationId: 'applicationId' in event.data ? event.data.applicationId : null,
    sinceMs: Math.max(0, event.appendedAtMs - submittedAtMs),
    stepMs: Math.max(0, event.appendedAtMs - before.appendedAtMs),
    summary: summaryOf(event),
    details: detailsOf(event),
    data: event.data,
  };
}

export function stagesOf(history: CaseHistory): Stage[] {
  return history.events.flatMap((event) => stageOf(history, event) ?? []);
}

function beforeOf({ events }: CaseHistory, event: CaseEvent): CaseEvent | undefined {
  const at = events.indexOf(event);
  return at > 0 ? events[at - 1] : undefined;
}
