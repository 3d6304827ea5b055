// An approval undone before money is paid: an offer at once, an authorisation by the ledger.
import type { Draft } from '../draft.ts';
import { requestCancellation } from '../rounds/ledger.ts';
import { ownOf } from '../assessment/limits.ts';
import { recorded, refuse, type Action } from './answers.ts';
import type { RefusalCause } from './refusals.ts';
import { mayUndo } from './roles.ts';

type Asked = Action<'UndoRequested'>;

export function onUndoOffer(draft: Draft, event: Asked): void {
  const { approval } = draft.state;
  const { officer, reason, reasonCode } = event.data;
  const fault = faultOf(draft, event);
  if (fault !== undefined) return refuse(draft, event, fault);
  if (approval === null) return;
  const { tier, terms } = approval;
  draft.setLive(approval, false);
  draft.undone(approval, 'UNDONE', { undoneBy: [officer], reasonCode });
  draft.change({ phase: 'undone', approval: null });
  const decided = { tier, terms, approvers: [] };
  recorded(draft, event, 'UNDO_REQUESTED', { reason, reasonCode, decided });
}

/** It may have been booked or paid by now: the ledger says which, and only one of them happens. */
export function onUndoAuthorised(draft: Draft, event: Asked): void {
  const { approval } = draft.state;
  const { officer, reason, reasonCode } = event.data;
  const fault = faultOf(draft, event);
  if (fault !== undefined) return refuse(draft, event, fault);
  if (approval === null) return;
  const { tier, terms } = approval;
  requestCancellation(draft, 'UNDONE', [officer]);
  draft.change({ undoing: { by: officer, reasonCode } });
  const decided = { tier, terms, approvers: [] };
  recorded(draft, event, 'UNDO_REQUESTED', { reason, reasonCode, decided });
}

function faultOf(draft: Draft, { data }: Asked): RefusalCause | undefined {
  if (!mayUndo(data.role)) return 'ROLE_NOT_ALLOWED';
  const known = ownOf(draft.assessor.policy.reasons.reasons, data.reasonCode);
  return known === undefined ? 'NO_REASON_CODE' : undefined;
}
