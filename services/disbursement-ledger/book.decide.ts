// The book's decision: when an authorised loan is booked, cancelled, paid out, and counts as disbursed.
import type { Incoming } from '@saidao/worker';
import {
  approvalUndone,
  cancellationRequested,
  collateralChanged,
  pledgeConfirmed,
  pledgeRefused,
  pledgeSaid,
} from './booking/others.ts';
import { drawdownRequested } from './booking/drawdowns.ts';
import { payoutConfirmed, payoutRejected, payoutUnknown } from './booking/payouts.ts';
import { availabilityEnded } from './booking/release.ts';
import {
  authorised,
  AVAILABILITY_END,
  VERIFICATION_OVER,
  verificationOver,
} from './booking/reserve.ts';
import type { BookRules, Input, Result } from './booking/state.ts';
import { UNPAID, unpaidDue } from './booking/unpaid.ts';
import { actionRowsOf } from './loan/input.ts';
import { decideLoan } from './loan/loan.decide.ts';

export function decideBook(input: Input, rules: BookRules): Result {
  const { event } = input;
  switch (event.type) {
    case 'ApprovalUndone':
      return approvalUndone(input, event.data);
    case 'DisbursementAuthorised':
      return authorised(input, event.data, rules);
    case 'CancellationRequested':
      return cancellationRequested(input, event.data);
    case 'PledgeRegistered': {
      const { authorisationId, patents } = event.data;
      return pledgeSaid(input, authorisationId, { registered: patents }, rules);
    }
    case 'PledgeConfirmed':
      return pledgeConfirmed(input, event.data, rules);
    case 'PledgeRefused':
      return pledgeRefused(input, event.data, rules);
    case 'CollateralChanged':
      return collateralChanged(input, event.data, rules);
    case 'DrawdownRequested': {
      const decided = drawdownRequested(input, event.data, rules);
      return { ...decided, rows: [...(decided.rows ?? []), ...actionRowsOf(input, decided)] };
    }
    case 'PayoutConfirmed':
      return payoutConfirmed(input, event.data, rules);
    case 'PayoutRejected':
      return payoutRejected(input, event.data, rules);
    case 'PayoutUnknown':
      return payoutUnknown(input, event.data);
    case 'TimerDue':
      return timerDue(input, event, rules);
    default:
      return decideLoan({ ...input, event }, rules.world);
  }
}

interface Detail {
  readonly authorisationId?: unknown;
  readonly loanId?: unknown;
  readonly payouts?: unknown;
}

function timerDue(input: Input, event: Incoming<'TimerDue'>, rules: BookRules): Result {
  const { name, detail } = event.data;
  const said = (JSON.parse(detail) ?? {}) as Detail;
  switch (name) {
    case UNPAID:
      return unpaidDue(input, said);
    case AVAILABILITY_END:
      return availabilityEnded(input, said, rules);
    case VERIFICATION_OVER:
      return verificationOver(input, said);
    default:
      return decideLoan({ ...input, event }, rules.world);
  }
}
