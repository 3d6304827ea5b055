// The decisioning line: applications, scores, pledges and officers' actions in, decisions out.
import { topics } from '@saidao/schemas';
import { defineLine } from '@saidao/worker';
import { createDecide, locksOf } from './decide.ts';
import type { Policies } from './policies.ts';
import type { DecisionStore } from './ports.ts';
import type { DecisionRow } from './rows.ts';
import { initialState, stateAt } from './state.ts';

export const decisioning = (
  policies: Policies,
  store: DecisionStore,
  observes: (rows: readonly DecisionRow[]) => void = () => undefined,
) =>
  defineLine({
    name: 'decisioning',
    consumes: [
      topics.applications,
      topics.scores,
      topics.pledges,
      topics.disbursements,
      topics.reviewActions,
    ],
    when: [
      'ApplicationReceived',
      'ApplicationAmended',
      'ApplicationWithdrawn',
      'OfferAccepted',
      'OfferDeclined',
      'EnterpriseScored',
      'PledgeLocked',
      'PledgeRefused',
      'PledgeReleased',
      'ReviewClaimed',
      'ReviewReturned',
      'ReviewReassigned',
      'ReviewAmended',
      'ReviewNoted',
      'ReviewSubmitted',
      'UndoRequested',
      'LoanBooked',
      'LoanDisbursed',
      'LimitReleased',
      'AuthorisationCancelled',
      'CancellationRefused',
      'RepaymentBooked',
      'RepaymentReversed',
      'GuaranteePaid',
      'LoanRepaid',
    ],
    initialState,
    newRevision: stateAt,
    locks: locksOf,
    decide: createDecide(policies),
    record: store.record,
    observes,
    produces: [topics.decisions],
    presents: store.presents,
  });
