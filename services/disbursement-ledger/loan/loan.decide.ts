// The decision on a loan that is booked: repayments, what officers do with it, and what days changed.
import type { LoanWorld } from '@saidao/loans';
import { accountName, type LoanAccount } from './account.ts';
import {
  costsCharged,
  misuseFound,
  refundRequested,
  rescheduleRequested,
  reversalRequested,
  writeOffRequested,
} from './actions/officers.ts';
import { tellDays } from './changes.ts';
import { actionRowsOf, type LoanInput, type LoanResult } from './input.ts';
import { repaymentName, repaymentReceived } from './actions/repayments.ts';

/** The timer by which the days line has the book line tell what a day changed. */
export const LOAN_CHANGED = 'loan-changed';

/** The rows that a decision on a loan reads and changes. */
export function loanLocks(event: LoanInput['event']): readonly string[] {
  switch (event.type) {
    case 'RepaymentReceived':
      return [accountName(event.data.loanId), repaymentName(event.data)];
    case 'RescheduleRequested':
    case 'CostsCharged':
    case 'MisuseFound':
    case 'WriteOffRequested':
    case 'ReversalRequested':
    case 'RefundRequested':
      return [accountName(event.data.loanId)];
    case 'TimerDue': {
      const loanId = loanChangedBy(event);
      return loanId === undefined ? [] : [accountName(loanId)];
    }
  }
}

/** The loan that a timer of the days line names; undefined: it is another timer. */
export function loanChangedBy(event: LoanInput['event']): string | undefined {
  if (event.type !== 'TimerDue' || event.data.name !== LOAN_CHANGED) return undefined;
  const { loanId } = (JSON.parse(event.data.detail) ?? {}) as { loanId?: unknown };
  return typeof loanId === 'string' ? loanId : undefined;
}

export function decideLoan(input: LoanInput, world: LoanWorld): LoanResult {
  const decided = decide(input, world);
  const actions = actionRowsOf(input, decided);
  return actions.length === 0
    ? decided
    : { ...decided, rows: [...(decided.rows ?? []), ...actions] };
}

function decide(input: LoanInput, world: LoanWorld): LoanResult {
  const { event } = input;
  switch (event.type) {
    case 'RepaymentReceived':
      return repaymentReceived(input, event.data, world);
    case 'RescheduleRequested':
      return rescheduleRequested(input, event.data, world);
    case 'CostsCharged':
      return costsCharged(input, event.data, world);
    case 'MisuseFound':
      return misuseFound(input, event.data, world);
    case 'WriteOffRequested':
      return writeOffRequested(input, event.data, world);
    case 'ReversalRequested':
      return reversalRequested(input, event.data, world);
    case 'RefundRequested':
      return refundRequested(input, event.data, world);
    case 'TimerDue':
      return daysChanged(input, world);
  }
}

function daysChanged(input: LoanInput, world: LoanWorld): LoanResult {
  const loanId = loanChangedBy(input.event);
  if (loanId === undefined) return { ignored: 'stale-timer' };
  const name = accountName(loanId);
  const account = input.held[name] as LoanAccount | undefined;
  if (account === undefined) return { ignored: 'stale-timer' };
  const { account: told, events } = tellDays(account, world);
  return told === account ? { ignored: 'stale-timer' } : { held: { [name]: told }, events };
}
