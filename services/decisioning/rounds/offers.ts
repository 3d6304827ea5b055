// An offer's life: given, accepted, expired, declined, undone before it was accepted.
import { fenOfMoney, fenOfYuan } from '@saidao/values';
import type { CloseCause, EnterpriseScored, LoanTerms, Override } from '@saidao/schemas';
import type { Incoming } from '@saidao/worker';
import type { Assessment, Tier } from '../assessment/assess.ts';
import { inclusiveWith } from '../assessment/basis.ts';
import type { Draft } from '../draft.ts';
import { othersFen, patentName, patentOf, placeAfter } from './exposure.ts';
import type { Approval } from '../state.ts';

export const OFFER_TIMER = 'offer-expiry';
const DAY_MS = 86_400_000;

export function approve(
  draft: Draft,
  { basis, reasons, offerValidityDays }: Assessment,
  by: {
    readonly terms: LoanTerms;
    readonly tier: Tier;
    readonly approvers: readonly string[];
    readonly override: Override | null;
  },
): void {
  const { applicationId, revision } = draft.identity;
  const { score } = draft.state;
  const { terms, tier, override } = by;
  const approval: Approval = {
    approvalId: `${applicationId}-${revision}-approval`,
    revision,
    terms,
    tier,
    expiresAtMs: draft.nowMs + offerValidityDays * DAY_MS,
    authorisationId: null,
    adverse: score === null ? [] : adverseFactsOf(score, terms.pledgedPatents),
    judgedOn: score?.businessDate ?? '',
    verifiedUntilMs: untilMsOf(score),
    guaranteed: score?.guarantee ?? null,
    inclusive: inclusiveWith(draft.assessor.policy, basis, terms.amount),
  };
  const { approvalId, expiresAtMs, inclusive } = approval;
  draft.setLive(approval, true);
  const data = {
    ...draft.identity,
    approvalId,
    terms,
    basis,
    reasons,
    approvers: [...by.approvers],
    offerExpiresAt: BigInt(expiresAtMs),
    override,
    inclusive: [...inclusive],
  };
  draft.emit(
    { type: 'LoanApproved', data },
    { status: 'APPROVED', terms, reasons, tier, offerExpiresAtMs: expiresAtMs },
  );
  draft.wake({ name: OFFER_TIMER, dueAtMs: expiresAtMs, detail: { approvalId } });
  draft.change({
    ...{ phase: 'offered', approval, referral: null, claim: null, application: null, score: null },
  });
}

/**
 * Newer facts while an offer stands, or after it expired: it falls if anything adverse has come up
 * since then, so that no acceptance on its way is honoured.
 */
export function onScoredWhileOffered(draft: Draft, event: Incoming<'EnterpriseScored'>): void {
  const { approval } = draft.state;
  if (approval === null) return;
  draft.moveTo(placeAfter(event, draft.state));
  const isNew = (code: string): boolean => !approval.adverse.includes(code);
  const found = adverseFactsOf(event.data, approval.terms.pledgedPatents).filter(isNew);
  if (found.length === 0) {
    // Looked at anew it holds for longer; a guarantor that cannot be asked again stays by its word.
    const { guarantee } = event.data;
    const verifiedUntilMs = untilMsOf(event.data);
    const isSaid = guarantee !== null && guarantee.result !== 'UNKNOWN';
    const guaranteed = isSaid ? guarantee : approval.guaranteed;
    return draft.change({ approval: { ...approval, verifiedUntilMs, guaranteed } });
  }
  draft.setLive(approval, false);
  draft.undone(approval, `FACTS_CHANGED: ${found.join(', ')}`);
  draft.change({ phase: 'undone', approval: null });
}

function untilMsOf(score: EnterpriseScored | null): number | null {
  const validUntil = score?.validUntil ?? null;
  return validUntil === null ? null : Number(validUntil);
}

/** Adverse checks of the enterprise, and adverse grounds of these patents. */
function adverseFactsOf(score: EnterpriseScored, patents: readonly string[]): string[] {
  const checks = score.checks.filter(({ result }) => result === 'ADVERSE');
  const grounds = score.bundle.findings
    .filter(({ number }) => patents.includes(number))
    .flatMap((finding) =>
      finding.grounds
        .filter(({ result }) => result === 'ADVERSE')
        .map(({ code }) => `${code} ${finding.number}`),
    );
  return [...checks.map(({ code }) => code), ...grounds].sort();
}

/** Judged by the append time: in time, the loan may be paid; too late, the offer has expired. */
export function onAccepted(draft: Draft, { data }: Incoming<'OfferAccepted'>): void {
  const { approval } = draft.state;
  if (approval === null) return;
  if (data.acceptedAt > BigInt(approval.expiresAtMs)) expire(draft, approval);
  else authorise(draft, approval, data.businessDate);
}

/**
 * Appended in time but read after the offer expired: honoured if nothing has taken its patents or
 * its limit since, else refused. The refusal is an ApprovalUndone with its cause, so that intake
 * opens again and the applicant is told why.
 */
export function onAcceptedLate(draft: Draft, { data }: Incoming<'OfferAccepted'>): void {
  const { approval } = draft.state;
  if (approval === null) return;
  const { applicationId } = draft.input;
  const patents = approval.terms.pledgedPatents;
  const isTaken = (number: string) =>
    patentOf(draft.heldRow(patentName(number))).holders.some((id) => id !== applicationId);
  let cause: string | undefined;
  if (data.acceptedAt > BigInt(approval.expiresAtMs)) cause = 'ACCEPTED_TOO_LATE';
  else if (patents.some(isTaken)) cause = 'PLEDGE_TAKEN';
  else if (fenOfMoney(approval.terms.amount) > headroomFen(draft)) cause = 'LIMIT_TAKEN';
  if (cause !== undefined) {
    draft.undone(approval, cause);
    draft.change({ phase: 'undone', approval: null });
    return;
  }
  for (const number of patents) draft.setHolder(number, true);
  draft.change({ heldPatents: patents, heldRevision: draft.state.revision });
  draft.setLive(approval, true);
  authorise(draft, approval, data.businessDate);
}

function headroomFen(draft: Draft): bigint {
  const { exposurePerGroupYuan } = draft.assessor.policy.rules;
  return fenOfYuan(exposurePerGroupYuan) - othersFen(draft.groupRow, draft.input.applicationId);
}

function authorise(draft: Draft, approval: Approval, acceptedOn: string): void {
  const { applicationId, revision } = draft.identity;
  const { approvalId, terms, tier, judgedOn, verifiedUntilMs, guaranteed, inclusive } = approval;
  const authorisationId = `${applicationId}-${revision}`;
  // The loan begins when it is accepted, and never before the day on which it was judged.
  const businessDate = acceptedOn > judgedOn ? acceptedOn : judgedOn;
  const data = {
    ...draft.identity,
    ...{ authorisationId, approvalId, terms, businessDate, approved: terms.amount },
    verifiedUntil: verifiedUntilMs === null ? null : BigInt(verifiedUntilMs),
    guaranteed,
    inclusive: [...inclusive],
  };
  draft.emit({ type: 'DisbursementAuthorised', data }, { status: 'AUTHORISED', terms, tier });
  draft.change({ phase: 'authorised', approval: { ...approval, authorisationId } });
}

export function onOfferTimer(draft: Draft, { data }: Incoming<'TimerDue'>): void {
  const { approval } = draft.state;
  const detail = JSON.parse(data.detail) as { approvalId?: unknown } | null;
  if (approval === null || approval.approvalId !== detail?.approvalId) {
    draft.ignored = 'stale-timer';
  } else {
    expire(draft, approval);
  }
}

function expire(draft: Draft, approval: Approval): void {
  draft.setLive(approval, false);
  const { approvalId, terms, tier } = approval;
  const data = { ...draft.identity, approvalId, terms };
  draft.emit({ type: 'OfferExpired', data }, { status: 'EXPIRED', terms, tier });
  draft.change({ phase: 'expired' });
}

/** Before authorisation an application ends here, with whatever offer or referral stands. */
export function close(draft: Draft, cause: CloseCause): void {
  const { approval, phase } = draft.state;
  if (approval !== null && phase === 'offered') draft.setLive(approval, false);
  draft.takes(null);
  draft.emit({ type: 'ApplicationClosed', data: { ...draft.identity, cause } }, { status: cause });
  draft.change({
    ...{ phase: 'closed', approval: null, referral: null, claim: null },
    ...{ application: null, score: null, pledge: null },
  });
}
