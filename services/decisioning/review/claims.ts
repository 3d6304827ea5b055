// Who works on a referred application: claim, return, reassign, lapse.
import type { Incoming } from '@saidao/worker';
import type { Draft } from '../draft.ts';
import type { DecisioningState } from '../state.ts';
import { lapsed, recorded, refuse, type Action } from './answers.ts';
import type { RefusalCause } from './refusals.ts';
import { mayReassign, mayReview } from './roles.ts';

export const CLAIM_TIMER = 'claim-lapse';
const MINUTE_MS = 60_000;

/** Directories hand out one and the same name in large and small letters. */
export function isSamePerson(one: string, other: string): boolean {
  return one.toLowerCase() === other.toLowerCase();
}

export function isAmong(persons: readonly string[], officer: string): boolean {
  return persons.some((person) => isSamePerson(person, officer));
}

/** Whoever wrote the application or its terms may not be the one to approve them. */
export function partyFault(
  { submitters, referral }: DecisioningState,
  officer: string,
): RefusalCause | undefined {
  if (isAmong(submitters, officer)) return 'SUBMITTER';
  return isAmong(referral?.amenders ?? [], officer) ? 'AMENDER' : undefined;
}

/** Judged by the append time, as offers are. */
export function claimFault(
  { claim }: DecisioningState,
  { data: { officer }, appendedAtMs }: Action,
): RefusalCause | undefined {
  if (claim === null) return 'NOT_CLAIMED';
  if (!isSamePerson(claim.officer, officer)) return 'CLAIMED_BY_OTHER';
  return appendedAtMs > claim.untilMs ? 'CLAIM_LAPSED' : undefined;
}

export function onClaimed(draft: Draft, event: Action<'ReviewClaimed'>): void {
  const { officer, role } = event.data;
  const { claim } = draft.state;
  const isOthers = claim !== null && !isSamePerson(claim.officer, officer);
  if (!mayReview(role)) return refuse(draft, event, 'ROLE_NOT_ALLOWED');
  const fault = partyFault(draft.state, officer);
  if (fault !== undefined) return refuse(draft, event, fault);
  if (isOthers && event.appendedAtMs <= claim.untilMs) {
    return refuse(draft, event, 'CLAIMED_BY_OTHER');
  }
  give(draft, event.id, officer);
  recorded(draft, event, 'CLAIMED');
}

export function onReturned(draft: Draft, event: Action<'ReviewReturned'>): void {
  const fault = claimFault(draft.state, event);
  if (fault !== undefined) return refuse(draft, event, fault);
  draft.change({ claim: null });
  recorded(draft, event, 'RETURNED', { reason: event.data.reason });
}

export function onReassigned(draft: Draft, event: Action<'ReviewReassigned'>): void {
  const { role, to, toRole, reason } = event.data;
  if (!mayReassign(role) || !mayReview(toRole)) return refuse(draft, event, 'ROLE_NOT_ALLOWED');
  const fault = partyFault(draft.state, to);
  if (fault !== undefined) return refuse(draft, event, fault);
  give(draft, event.id, to);
  recorded(draft, event, 'REASSIGNED', { reason });
}

function give(draft: Draft, claimId: string, officer: string): void {
  const { claimMinutes } = draft.assessor.policy.rules;
  const untilMs = draft.nowMs + claimMinutes * MINUTE_MS;
  draft.change({ claim: { claimId, officer, untilMs } });
  draft.wake({ name: CLAIM_TIMER, dueAtMs: untilMs, detail: { claimId } });
}

/** A claim that was given back, passed on or made anew has another timer. */
export function onLapse(draft: Draft, { data }: Incoming<'TimerDue'>): void {
  const { claim } = draft.state;
  const detail = JSON.parse(data.detail) as { claimId?: unknown } | null;
  if (claim === null || claim.claimId !== detail?.claimId) {
    draft.ignored = 'stale-timer';
    return;
  }
  draft.change({ claim: null });
  lapsed(draft, data.timerId);
}
