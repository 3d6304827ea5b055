// Which loan accounts an event of the booking reads and changes: the names of their shared rows.
import { accountName } from '../loan/account.ts';
import { loanLocks } from '../loan/loan.decide.ts';
import { AVAILABILITY_END } from './reserve.ts';
import {
  findAuthorisation,
  findLoan,
  nextLoanId,
  payoutIn,
  type BookState,
  type Input,
} from './state.ts';

export function bookLocks(event: Input['event'], state: BookState): readonly string[] {
  switch (event.type) {
    case 'DisbursementAuthorised':
      return [accountName(nextLoanId(state, event.data.applicationId))];
    case 'PledgeRegistered':
    case 'PledgeConfirmed': {
      const { applicationId, authorisationId } = event.data;
      const waits = findAuthorisation(state, authorisationId)?.status === 'waiting';
      return waits ? [accountName(nextLoanId(state, applicationId))] : [];
    }
    case 'CollateralChanged': {
      const found = findAuthorisation(state, event.data.authorisationId ?? '');
      return found?.status === 'booked' ? [accountName(found.loan.loanId)] : [];
    }
    case 'PayoutConfirmed':
    case 'PayoutRejected': {
      const found = payoutIn(state, event.data.payoutId);
      return found === undefined ? [] : [accountName(found.booked.loan.loanId)];
    }
    case 'TimerDue': {
      if (event.data.name !== AVAILABILITY_END) return loanLocks(event);
      const { loanId } = (JSON.parse(event.data.detail) ?? {}) as { loanId?: unknown };
      return typeof loanId === 'string' ? [accountName(loanId)] : [];
    }
    case 'DrawdownRequested': {
      const found = findLoan(state, event.data.loanId);
      return found === undefined ? [] : [accountName(found.loan.loanId)];
    }
    case 'ApprovalUndone':
    case 'CancellationRequested':
    case 'PledgeRefused':
    case 'PayoutUnknown':
      return [];
    default:
      return loanLocks(event);
  }
}
