// The intake line: submissions in, applications out; it follows decisions and loans for its view.
import { createHash } from 'node:crypto';
import { toJson } from '@saidao/values';
import { topics } from '@saidao/schemas';
import { defineLine, type Transaction } from '@saidao/worker';
import { decideWith, initialState, type StatusRow } from './decide.ts';
import type { Claims, Reading, SubmissionName } from './ports.ts';

/** SHA-256 of a submitted body, the same from either door and whoever sent it. */
export function bodyHashOf(data: object): string {
  const { submittedBy: _, ...body } = data as { readonly submittedBy?: string | null };
  return createHash('sha256').update(toJson(body)).digest('hex');
}

/** The parts of `<lender>/<channel>/<reference>`. */
function nameOf(key: string): SubmissionName {
  const [lenderId = '', channel = '', ...reference] = key.split('/');
  return { lenderId, channel, reference: reference.join('/') };
}

export interface IntakeOptions {
  readonly claims: Claims;
  /** Writes the view that GET reads. */
  readonly record: (transaction: Transaction, rows: readonly StatusRow[]) => Promise<void>;
  readonly reading: Reading;
  /** Fixes the day on which applications are judged, for samples. */
  readonly businessDate?: string | undefined;
}

export const intake = ({ claims, record, reading, businessDate }: IntakeOptions) =>
  defineLine({
    name: 'intake',
    consumes: [topics.submissions, topics.decisions, topics.disbursements],
    when: [
      'ApplicationSubmitted',
      'AmendmentSubmitted',
      'WithdrawalSubmitted',
      'OfferAcceptanceSubmitted',
      'OfferDeclineSubmitted',
      'LoanApproved',
      'LoanReferred',
      'LoanDeclined',
      'OfferExpired',
      'DisbursementAuthorised',
      'CancellationRequested',
      'ApprovalUndone',
      'ApplicationClosed',
      'LoanBooked',
      'LoanDisbursed',
      'PayoutFailed',
      'AuthorisationCancelled',
      'CancellationRefused',
    ],
    initialState,
    // Intake alone makes revisions; an event of another line never brings a newer one.
    newRevision: (state, revision) => ({ ...state, revision }),
    // By the key, which is short; a body that names another submission is refused.
    identify: (events) => claims.claim(events.map(({ key }) => nameOf(key))),
    gathers: ['TimerDue'],
    async gather(event, { state }) {
      if (event.type !== 'TimerDue' || state.early === null) return undefined;
      const { lenderId, applicationId } = event.data;
      return { decisions: await reading.ofDecisions(lenderId, applicationId) };
    },
    decide: decideWith({ businessDate, bodyHashOf }),
    record,
    produces: [topics.applications],
  });
