// From the authorisation on the outcome is the ledger's: booked, paid, repaid, or cancelled.
import { fenOfMoney } from '@saidao/values';
import type { Incoming } from '@saidao/worker';
import type { Draft } from '../draft.ts';
import { undoRefused } from '../review/answers.ts';
import { close } from './offers.ts';

export type LedgerName =
  | 'LoanBooked'
  | 'LoanDisbursed'
  | 'LimitReleased'
  | 'AuthorisationCancelled'
  | 'CancellationRefused'
  | 'RepaymentBooked'
  | 'RepaymentReversed'
  | 'GuaranteePaid'
  | 'LoanRepaid';

/** The applicant withdraws after the authorisation, or an officer wants it undone. */
export function requestCancellation(
  draft: Draft,
  cause: 'WITHDRAWN' | 'UNDONE',
  requestedBy: string[] = [],
): void {
  const { approval, phase } = draft.state;
  if (approval === null || approval.authorisationId === null) return;
  const { authorisationId, terms, tier } = approval;
  draft.emit(
    {
      type: 'CancellationRequested',
      data: { ...draft.identity, authorisationId, cause, requestedBy },
    },
    { status: 'CANCELLING', terms, tier },
  );
  const before = phase === 'booked' ? 'booked' : 'authorised';
  draft.change({ phase: 'cancelling', cancelling: before, withdrawn: cause === 'WITHDRAWN' });
}

/** What was asked of the ledger has had its answer. */
const noneAsked = { cancelling: null, withdrawn: false, undoing: null } as const;

export function onLedger(draft: Draft, event: Incoming<LedgerName>): void {
  const { approval, phase, cancelling, withdrawn, undoing } = draft.state;
  if (approval === null || approval.authorisationId !== event.data.authorisationId) {
    draft.ignored = 'other-authorisation';
    return;
  }
  const isTooLate = ['LoanDisbursed', 'CancellationRefused', 'LoanRepaid'].includes(event.type);
  if (phase === 'cancelling' && isTooLate) undoRefused(draft, event.id, approval);
  switch (event.type) {
    case 'LoanBooked':
      draft.takes(fenOfMoney(event.data.principal));
      draft.change(phase === 'cancelling' ? { cancelling: 'booked' } : { phase: 'booked' });
      return;
    case 'LoanDisbursed':
      draft.change({ phase: 'disbursed', ...noneAsked });
      return;
    case 'LimitReleased': {
      // What will not be drawn is free for others.
      const leftFen = (draft.state.takenFen ?? 0n) - fenOfMoney(event.data.amount);
      draft.takes(leftFen > 0n ? leftFen : 0n);
      return;
    }
    case 'CancellationRefused':
      draft.change({ phase: cancelling ?? 'booked', ...noneAsked });
      return;
    case 'RepaymentBooked':
    case 'RepaymentReversed':
    case 'GuaranteePaid': {
      const { principalBalance, undrawn } = event.data;
      draft.takes(fenOfMoney(principalBalance) + (undrawn === null ? 0n : fenOfMoney(undrawn)));
      return;
    }
    case 'LoanRepaid':
      draft.setLive(approval, false);
      draft.change({ phase: 'repaid', ...noneAsked });
      return;
    case 'AuthorisationCancelled': {
      const { cause } = event.data;
      const isOfficers = undoing !== null && cause === 'UNDONE';
      draft.setLive(approval, false);
      draft.undone(approval, cause, {
        undoneBy: isOfficers ? [undoing.by] : [],
        reasonCode: isOfficers ? undoing.reasonCode : null,
      });
      draft.change({ phase: 'undone', approval: null, cancelling: null, undoing: null });
      if (withdrawn) close(draft, 'WITHDRAWN');
    }
  }
}
