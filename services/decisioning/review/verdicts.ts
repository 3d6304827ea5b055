// Verdicts on a referred application: a first approval, the last one by another, or a decline.
import { toJson } from '@saidao/values';
import type { Override, OverrideRate, Reason } from '@saidao/schemas';
import type { Assessment, Reasons } from '../assessment/assess.ts';
import { ownOf } from '../assessment/limits.ts';
import type { Draft } from '../draft.ts';
import { approve } from '../rounds/offers.ts';
import { assessed, decline, explained, judge, type Judged } from '../rounds/judging.ts';
import { termsUp, type DecisioningState, type Referral } from '../state.ts';
import { recorded, refuse, type Action } from './answers.ts';
import { isAboveHeadroom } from './amendments.ts';
import { claimFault, isAmong, partyFault } from './claims.ts';
import {
  isReferredForAmount,
  monthOf,
  overridesOf,
  rateName,
  rateOf,
  tierNeeded,
  withVerdict,
} from './overrides.ts';
import type { RefusalCause } from './refusals.ts';
import { mayReview, reaches, tierAbove, tierOfReferral } from './roles.ts';

type Submitted = Action<'ReviewSubmitted'>;

/** Whether this verdict may be the last one, which is counted. */
export function isLast({ data }: Submitted, { referral }: DecisioningState): boolean {
  return referral !== null && (data.verdict === 'DECLINE' || referral.approvals.length > 0);
}

export function onVerdict(draft: Draft, event: Submitted): void {
  const { referral } = draft.state;
  if (referral === null) return;
  const { officer, role, verdict } = event.data;
  if (!mayReview(role)) return refuse(draft, event, 'ROLE_NOT_ALLOWED');
  const fault = partyFault(draft.state, officer);
  if (fault !== undefined) return refuse(draft, event, fault);
  if (verdict === 'DECLINE') onDecline(draft, event, referral);
  else if (verdict === 'APPROVE') onApprove(draft, event, referral);
  else refuse(draft, event, 'UNKNOWN_VERDICT');
}

function onApprove(draft: Draft, event: Submitted, referral: Referral): void {
  const { officer, reason } = event.data;
  const [first] = referral.approvals;
  const fault = approvalFault(draft, event, referral);
  if (fault !== undefined) return refuse(draft, event, fault);
  if (sawOther(event, referral)) return refuse(draft, event, 'TERMS_CHANGED');
  // Judged again: others may have taken of the group's limit since.
  const judged = assessed(draft);
  const terms = termsUp(referral);
  if (judged === undefined || terms === null || judged.assessment.terms === null) {
    return refuse(draft, event, 'NOTHING_TO_APPROVE');
  }
  if (toJson(judged.assessment.terms) !== toJson(referral.proposed)) {
    // Two officers must approve the same; this one's view was of other terms.
    judge(draft);
    return refuse(draft, event, 'TERMS_CHANGED');
  }
  if (referral.amended !== null && isAboveHeadroom(judged, terms.amount)) {
    return refuse(draft, event, 'EXPOSURE_LIMIT');
  }
  const overrides = overridesOf(referral);
  const overrideCode = event.data.overrideCode ?? first?.overrideCode ?? null;
  const codeFault = overrideFault(draft, overrides.length > 0, overrideCode);
  if (codeFault !== undefined) return refuse(draft, event, codeFault);
  const approval = { officer, overrideCode: overrides.length > 0 ? overrideCode : null };
  if (first === undefined) {
    // The maker's work is done: whoever is to check may claim it.
    draft.change({ referral: { ...referral, approvals: [approval] }, claim: null });
    recorded(draft, event, 'APPROVED_FIRST', { reason, overrideCode: approval.overrideCode });
    return;
  }
  const tier = tierNeeded(referral);
  const override = overrideOf(approval, tier, overrides);
  const approvers = [first.officer, officer];
  approve(draft, standingOn(draft, judged, referral), { terms, tier, approvers, override });
  recorded(draft, event, 'APPROVED', {
    reason,
    overrideCode: approval.overrideCode,
    verdict: counted(draft, event, override !== null),
    decided: { tier, terms, approvers },
  });
}

/** The assessment as it was kept with the referral; where its input is newer it is kept anew. */
function standingOn(draft: Draft, judged: Judged, { basis }: Referral): Assessment {
  if (judged.assessment.basis.inputHash === basis.inputHash) return { ...judged.assessment, basis };
  const { application, assessment } = explained(draft, judged);
  draft.keepAssessment(application, assessment);
  return assessment;
}

/** What speaks against this officer's approval, before what is approved is looked at. */
function approvalFault(
  draft: Draft,
  event: Submitted,
  referral: Referral,
): RefusalCause | undefined {
  const { officer, role } = event.data;
  const approvers = referral.approvals.map((one) => one.officer);
  const isFirst = approvers.length === 0;
  if (isAmong(approvers, officer)) return 'SAME_OFFICER';
  const notHeld = isFirst ? claimFault(draft.state, event) : undefined;
  if (notHeld !== undefined) return notHeld;
  if (!isFirst && !reaches(role, tierNeeded(referral))) return 'TIER_TOO_LOW';
  // It is being asked for again: what an officer approves must be what holds.
  return isStale(draft) ? 'EVIDENCE_TOO_OLD' : undefined;
}

/** Terms may have been amended and approved again since an officer looked at them. */
function sawOther({ data: { amount, termMonths } }: Submitted, referral: Referral): boolean {
  const up = termsUp(referral);
  if (amount !== null && (up === null || toJson(amount) !== toJson(up.amount))) return true;
  return termMonths !== null && termMonths !== up?.termMonths;
}

function isStale({ state, nowMs }: Draft): boolean {
  const validUntil = state.score?.validUntil ?? null;
  return validUntil !== null && validUntil < BigInt(nowMs);
}

function overrideFault(
  draft: Draft,
  isOverride: boolean,
  code: string | null,
): RefusalCause | undefined {
  if (code === null) return isOverride ? 'OVERRIDE_CODE_NEEDED' : undefined;
  const known = ownOf(draft.assessor.policy.reasons.overrideCodes, code);
  return known === undefined ? 'OVERRIDE_CODE_UNKNOWN' : undefined;
}

function overrideOf(
  by: { readonly officer: string; readonly overrideCode: string | null },
  tier: string,
  rules: readonly string[],
): Override | null {
  const { officer, overrideCode: code } = by;
  return code === null ? null : { code, by: officer, tier, rules: [...rules] };
}

/** One officer suffices; against what policy has nothing to say it takes one of a higher tier. */
function onDecline(draft: Draft, event: Submitted, referral: Referral): void {
  const { officer, role, reason, reasonCode } = event.data;
  const notHeld = claimFault(draft.state, event);
  if (notHeld !== undefined) return refuse(draft, event, notHeld);
  const reasons = reasonsOf(draft, reasonCode, reason);
  if (reasons === undefined) return refuse(draft, event, 'NO_REASON_CODE');
  const isOverride = isReferredForAmount(referral);
  const own = tierOfReferral(referral.tier);
  const tier = isOverride ? tierAbove(own) : own;
  const codeFault = overrideFault(draft, isOverride, event.data.overrideCode);
  if (codeFault !== undefined) return refuse(draft, event, codeFault);
  if (isOverride && !reaches(role, tier)) return refuse(draft, event, 'TIER_TOO_LOW');
  const overrideCode = isOverride ? event.data.overrideCode : null;
  const override = overrideOf({ officer, overrideCode }, tier, ['by-officers']);
  const { basis } = referral;
  decline(draft, { basis, reasons, tier, decidedBy: [officer], override });
  recorded(draft, event, 'DECLINED', {
    reason,
    reasonCode,
    overrideCode,
    verdict: counted(draft, event, isOverride),
    decided: { tier, terms: null, approvers: [] },
  });
}

/** The officer's reason first; that it was one is told too, and tells nobody what for. */
function reasonsOf(draft: Draft, code: string | null, detail: string): Reasons | undefined {
  const { reasons: texts } = draft.assessor.policy.reasons;
  const given = code === null ? undefined : ownOf(texts, code);
  const manual = ownOf(texts, 'M01');
  if (code === null || code === 'M01') return undefined;
  if (given === undefined || manual === undefined) return undefined;
  const own: Reason = { code, weight: 100, ...given, detail, facts: [] };
  return [own, { code: 'M01', weight: 10, ...manual, detail: null, facts: [] }];
}

/** The lender's verdicts of this month with this one. */
function counted(
  draft: Draft,
  { appendedAtMs }: Submitted,
  isOverride: boolean,
): { readonly isOverride: boolean; readonly rate: OverrideRate } {
  const month = monthOf(appendedAtMs);
  const name = rateName(draft.state.lenderId, month);
  const row = withVerdict(draft.heldRow(name), isOverride);
  draft.hold(name, row);
  return { isOverride, rate: rateOf(month, row) };
}
