// Decisioning's decision: when an application is judged, what officers and applicants do with it.
import { fenOfMoney, fenOfYuan, toJson } from '@saidao/values';
import type { CloseCause, EnterpriseScored, LoanTerms, Reason } from '@saidao/schemas';
import type { Incoming } from '@saidao/worker';
import { assess, type Assessment } from './assessment/assess.ts';
import { ownOf } from './assessment/limits.ts';
import { Draft, type Decided, type Input } from './draft.ts';
import { groupName, groupOf, othersFen, patentName, patentOf } from './exposure.ts';
import type { Policies } from './policies.ts';
import type { Approval, DecisioningState, Referral } from './state.ts';
import { transitions, type InputName, type Step } from './transitions.ts';

type Event = Incoming<InputName>;

export const OFFER_TIMER = 'offer-expiry';
const APPROVERS_NEEDED = 2;
const DAY_MS = 86_400_000;

/** The shared rows that an event reads or changes. */
export function locksOf(event: Event, state: DecisioningState): string[] {
  const names = new Set<string>();
  if (state.superseded !== null) names.add(state.superseded.group);
  if (state.approval !== null) names.add(state.approval.group);
  if (state.application !== null) {
    names.add(groupName(state.lenderId, state.application.enterprise.uscc));
  }
  if (event.type === 'ApplicationReceived' || event.type === 'ApplicationAmended') {
    names.add(groupName(event.data.lenderId, event.data.content.enterprise.uscc));
  }
  for (const number of patentsOf(event, state)) names.add(patentName(number));
  return [...names];
}

function patentsOf(event: Event, state: DecisioningState): readonly string[] {
  switch (event.type) {
    case 'PledgeLocked':
      return [...state.heldPatents, ...event.data.patents];
    case 'PledgeReleased':
      return event.data.patents;
    case 'ApplicationAmended':
      return state.heldPatents;
    case 'OfferAccepted':
      return state.phase === 'expired' ? (state.approval?.terms.pledgedPatents ?? []) : [];
    default:
      return [];
  }
}

/** What the line decides with this policy. */
export function createDecide(policies: Policies) {
  return (input: Input): Decided => {
    const draft = new Draft(input, policies);
    draft.undoSuperseded();
    const cell = transitions[draft.state.phase][input.event.type];
    if ('step' in cell) take(draft, cell.step, input.event);
    else draft.ignored = cell.ignored;
    return draft.decision();
  };
}

/** The events whose step this is; the table lets no other come here. */
type Of<N extends InputName> = Extract<Event, { readonly type: N }>;

function take(draft: Draft, step: Step, event: Event): void {
  switch (step) {
    case 'take-application':
      return onApplication(draft, event as Of<'ApplicationReceived' | 'ApplicationAmended'>);
    case 'take-score':
      draft.change({ score: (event as Of<'EnterpriseScored'>).data });
      return judge(draft);
    case 'take-score-again':
      return onScoredAgain(draft, event as Of<'EnterpriseScored'>);
    case 'check-offer':
      return onScoredWhileOffered(draft, event as Of<'EnterpriseScored'>);
    case 'take-pledge-again':
      return onPledgeAgain(draft, event as Of<'PledgeLocked' | 'PledgeRefused'>);
    case 'take-release':
      return onReleasedWhileReferred(draft, event as Of<'PledgeReleased'>);
    case 'take-pledge':
      return onPledge(draft, event as Of<'PledgeLocked' | 'PledgeRefused'>);
    case 'note-pledge':
      return notePledge(draft, event as Of<'PledgeLocked'>);
    case 'note-release':
      return noteRelease(draft, event as Of<'PledgeReleased'>);
    case 'review':
      return onReview(draft, event as Of<'ReviewSubmitted'>);
    case 'accept':
      return onAccepted(draft, event as Of<'OfferAccepted'>);
    case 'accept-late':
      return onAcceptedLate(draft, event as Of<'OfferAccepted'>);
    case 'decline-offer':
      return close(draft, 'OFFER_DECLINED');
    case 'close':
      return close(draft, 'WITHDRAWN');
    case 'expire':
      return onTimer(draft, event as Of<'TimerDue'>);
    case 'request-cancellation':
      return requestCancellation(draft);
    case 'book':
    case 'disburse':
    case 'undo':
    case 'resume':
      return onLedger(draft, step, event as LedgerEvent);
  }
}

function onApplication(
  draft: Draft,
  { type, data }: Of<'ApplicationReceived' | 'ApplicationAmended'>,
): void {
  const { content, lenderId, businessDate } = data;
  // A release that bears the older revision never reaches us.
  if (type === 'ApplicationAmended' && draft.state.heldRevision < draft.state.revision) {
    for (const number of draft.state.heldPatents) draft.setHolder(number, false);
    draft.change({ heldPatents: [] });
  }
  draft.change({ application: content, lenderId, businessDate, productId: content.productId });
  if (draft.state.policy === null) {
    const { applicationId } = draft.input;
    draft.change({ policy: draft.policies.pin({ lenderId, applicationId, businessDate }) });
  }
  judge(draft);
}

/** The facts were asked for again, or the collateral has changed. */
function onScoredAgain(draft: Draft, { data }: Of<'EnterpriseScored'>): void {
  draft.change({ score: data });
  judgeAgain(draft);
}

/**
 * Where officers would be told and asked to approve the very same they go on where they are; else
 * the application is judged anew, and they begin again: nobody's approval counts for other terms.
 */
function judgeAgain(draft: Draft): void {
  const { referral } = draft.state;
  const assessment = assessed(draft);
  if (assessment === undefined) return;
  const { basis, reasons, terms, outcome } = assessment;
  if (referral === null || outcome !== 'refer' || saidOf(assessment) !== saidOf(referral)) {
    return judge(draft);
  }
  draft.change({ referral: { ...referral, basis, reasons, terms } });
}

/** All that an officer is told; what it was computed from may be newer. */
function saidOf({ basis, reasons, terms }: Pick<Referral, 'basis' | 'reasons' | 'terms'>): string {
  return toJson({ basis: { ...basis, inputHash: '' }, reasons, terms });
}

/** Newer facts while an offer stands: it falls if anything adverse has come up since then. */
function onScoredWhileOffered(draft: Draft, { data }: Of<'EnterpriseScored'>): void {
  const { approval } = draft.state;
  if (approval === null) return;
  const isNew = (code: string): boolean => !approval.adverse.includes(code);
  const found = adverseFactsOf(data, approval.terms.pledgedPatents).filter(isNew);
  if (found.length === 0) return;
  draft.setLive(approval, false);
  draft.undone(approval, `FACTS_CHANGED: ${found.join(', ')}`);
  draft.change({ phase: 'undone', approval: null });
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

/** Locked or refused again after newer findings. */
function onPledgeAgain(draft: Draft, event: Of<'PledgeLocked' | 'PledgeRefused'>): void {
  takePledge(draft, event);
  judgeAgain(draft);
}

/** Let go while officers look: what is not locked cannot be approved on; a new lock may follow. */
function onReleasedWhileReferred(draft: Draft, event: Of<'PledgeReleased'>): void {
  noteRelease(draft, event);
  const { pledge } = draft.state;
  if (pledge === null) return;
  const locked = pledge.locked.filter((number) => !event.data.patents.includes(number));
  draft.change({ pledge: { ...pledge, locked } });
}

function onPledge(draft: Draft, event: Of<'PledgeLocked' | 'PledgeRefused'>): void {
  takePledge(draft, event);
  judge(draft);
}

function takePledge(draft: Draft, event: Of<'PledgeLocked' | 'PledgeRefused'>): void {
  if (event.type === 'PledgeLocked') notePledge(draft, event);
  const locked = event.type === 'PledgeLocked' ? event.data.patents : [];
  draft.change({ pledge: { locked, refused: event.data.refused } });
}

function notePledge(draft: Draft, { data }: Of<'PledgeLocked'>): void {
  for (const number of draft.state.heldPatents) {
    if (!data.patents.includes(number)) draft.setHolder(number, false);
  }
  for (const number of data.patents) draft.setHolder(number, true);
  draft.change({ heldPatents: data.patents, heldRevision: draft.state.revision });
}

function noteRelease(draft: Draft, { data }: Of<'PledgeReleased'>): void {
  for (const number of data.patents) draft.setHolder(number, false);
  const left = draft.state.heldPatents.filter((number) => !data.patents.includes(number));
  draft.change({ heldPatents: left });
}

/** Judges the application as soon as application, score and, where asked for, pledge are there. */
function judge(draft: Draft): void {
  const assessment = assessed(draft);
  if (assessment === undefined) return;
  const { basis, reasons, terms } = assessment;
  const data = { ...draft.identity, basis, reasons, about: null };
  if (assessment.outcome === 'approve' && terms !== null) {
    approve(draft, assessment, terms, []);
  } else if (assessment.outcome === 'decline') {
    draft.emit(
      { type: 'LoanDeclined', data: { ...data, decidedBy: [], override: null } },
      { status: 'DECLINED', reasons },
    );
    draft.change({ phase: 'declined', application: null, score: null });
  } else {
    draft.emit({ type: 'LoanReferred', data }, { status: 'REFERRED', reasons });
    const referral = { basis, reasons, terms, atMs: draft.nowMs, approvers: [] };
    draft.change({ phase: 'referred', referral });
  }
}

function assessed(draft: Draft): Assessment | undefined {
  const { application, score, pledge, lenderId, businessDate } = draft.state;
  if (application === null || score === null) return undefined;
  if (score.pledgeRequested && pledge === null) return undefined;
  const group = groupName(lenderId, application.enterprise.uscc);
  return assess(draft.assessor, {
    lenderId,
    businessDate,
    content: application,
    score,
    pledge,
    exposureFen: othersFen(groupOf(draft.heldRow(group)), draft.input.applicationId),
    lpr: draft.policies.lprOn(businessDate),
  });
}

function approve(
  draft: Draft,
  { basis, reasons, offerValidityDays }: Assessment,
  terms: LoanTerms,
  approvers: readonly string[],
): void {
  const { applicationId, revision, lenderId } = draft.identity;
  const { score } = draft.state;
  const approval: Approval = {
    approvalId: `${applicationId}-${revision}-approval`,
    revision,
    terms,
    expiresAtMs: draft.nowMs + offerValidityDays * DAY_MS,
    authorisationId: null,
    adverse: score === null ? [] : adverseFactsOf(score, terms.pledgedPatents),
    group: groupName(lenderId, terms.beneficiaryUscc),
  };
  const { approvalId, expiresAtMs } = approval;
  draft.setLive(approval, true);
  draft.emit(
    {
      type: 'LoanApproved',
      data: {
        ...draft.identity,
        approvalId,
        terms,
        basis,
        reasons,
        approvers: [...approvers],
        offerExpiresAt: BigInt(expiresAtMs),
        about: null,
        override: null,
      },
    },
    { status: 'APPROVED', terms, reasons },
  );
  draft.wake({ name: OFFER_TIMER, dueAtMs: expiresAtMs, detail: { approvalId } });
  draft.change({ phase: 'offered', approval, referral: null, application: null, score: null });
}

/** One verdict; nothing comes of it where the reason why is named. */
function onReview(draft: Draft, event: Of<'ReviewSubmitted'>): void {
  const { state } = draft;
  const { officer, verdict, reason, reasonCode } = event.data;
  const { referral } = state;
  if (referral === null || event.lenderId !== state.lenderId) {
    draft.ignored = 'other-lender';
  } else if (event.data.revision !== state.revision) {
    // It was said of the content before an amendment.
    draft.ignored = 'other-revision';
  } else if (verdict === 'DECLINE') {
    declineByOfficer(draft, officer, reason, reasonCode);
  } else if (verdict !== 'APPROVE') {
    draft.ignored = 'unknown-verdict';
  } else if (isStale(draft)) {
    // It is being asked for again: what an officer approves must be what holds.
    draft.ignored = 'evidence-too-old';
  } else if (referral.approvers.includes(officer)) {
    draft.ignored = 'same-officer';
  } else {
    // Judged again: others may have taken of the enterprise's limit since.
    const assessment = assessed(draft);
    const terms = assessment?.terms ?? null;
    if (assessment === undefined || terms === null) {
      draft.ignored = 'nothing-to-approve';
      return;
    }
    if (toJson(terms) !== toJson(referral.terms)) {
      // Two officers must approve the same; this one's view was of other terms.
      judge(draft);
      return;
    }
    const approvers = [...referral.approvers, officer];
    draft.evidence('ReviewCounted', { ...draft.identity, officer, verdict, reason });
    draft.change({ referral: { ...referral, approvers } });
    if (approvers.length >= APPROVERS_NEEDED) approve(draft, assessment, terms, approvers);
  }
}

function isStale({ state, nowMs }: Draft): boolean {
  const validUntil = state.score?.validUntil ?? null;
  return validUntil !== null && validUntil < BigInt(Math.floor(nowMs));
}

function declineByOfficer(
  draft: Draft,
  officer: string,
  reason: string,
  reasonCode: string | null,
): void {
  const { reasons: texts } = draft.assessor.policy.reasons;
  const { referral } = draft.state;
  const given = reasonCode === null ? undefined : ownOf(texts, reasonCode);
  const manual = ownOf(texts, 'M01');
  if (referral === null || reasonCode === null || given === undefined || manual === undefined) {
    draft.ignored = 'no-reason-code';
    return;
  }
  const reasons: Reason[] = [
    { code: reasonCode, weight: 100, ...given, detail: reason, facts: [] },
  ];
  if (reasonCode !== 'M01')
    reasons.push({ code: 'M01', weight: 10, ...manual, detail: null, facts: [] });
  const { basis } = referral;
  draft.emit(
    {
      type: 'LoanDeclined',
      data: {
        ...draft.identity,
        basis,
        reasons,
        decidedBy: [officer],
        about: null,
        override: null,
      },
    },
    { status: 'DECLINED', reasons },
  );
  draft.change({ phase: 'declined', referral: null, application: null, score: null });
}

/** Judged by the append time: in time, the loan may be paid; too late, the offer has expired. */
function onAccepted(draft: Draft, { data }: Of<'OfferAccepted'>): void {
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
function onAcceptedLate(draft: Draft, { data }: Of<'OfferAccepted'>): void {
  const { approval } = draft.state;
  if (approval === null) return;
  const { applicationId } = draft.input;
  const patents = approval.terms.pledgedPatents;
  const isTaken = (number: string) =>
    patentOf(draft.heldRow(patentName(number))).holders.some((id) => id !== applicationId);
  let cause: string | undefined;
  if (data.acceptedAt > BigInt(approval.expiresAtMs)) cause = 'ACCEPTED_TOO_LATE';
  else if (patents.some(isTaken)) cause = 'PLEDGE_TAKEN';
  else if (fenOfMoney(approval.terms.amount) > headroomFen(draft, approval)) cause = 'LIMIT_TAKEN';
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

function headroomFen(draft: Draft, { group }: Approval): bigint {
  const { rules } = draft.assessor.policy;
  const othersTaken = othersFen(groupOf(draft.heldRow(group)), draft.input.applicationId);
  return fenOfYuan(rules.exposurePerGroupYuan) - othersTaken;
}

function authorise(draft: Draft, approval: Approval, acceptedOn: string): void {
  const { applicationId, revision } = draft.identity;
  const { approvalId, terms } = approval;
  const authorisationId = `${applicationId}-${revision}`;
  // The loan begins when it is accepted, and never before the day on which it was judged.
  const { businessDate: judgedOn } = draft.state;
  const businessDate = acceptedOn > judgedOn ? acceptedOn : judgedOn;
  const data = { ...draft.identity, authorisationId, approvalId, terms, businessDate, about: null };
  draft.emit({ type: 'DisbursementAuthorised', data }, { status: 'AUTHORISED', terms });
  draft.change({ phase: 'authorised', approval: { ...approval, authorisationId } });
}

function onTimer(draft: Draft, { data }: Of<'TimerDue'>): void {
  const { approval } = draft.state;
  const detail = JSON.parse(data.detail) as { approvalId?: unknown } | null;
  if (data.name !== OFFER_TIMER || approval?.approvalId !== detail?.approvalId) {
    draft.ignored = 'stale-timer';
  } else if (approval !== null) {
    expire(draft, approval);
  }
}

function expire(draft: Draft, approval: Approval): void {
  draft.setLive(approval, false);
  const { approvalId, terms } = approval;
  const data = { ...draft.identity, approvalId, terms, about: null };
  draft.emit({ type: 'OfferExpired', data }, { status: 'EXPIRED', terms: approval.terms });
  draft.change({ phase: 'expired' });
}

/** Before authorisation an application ends here, with whatever offer stands. */
function close(draft: Draft, cause: CloseCause): void {
  const { approval, phase } = draft.state;
  if (approval !== null && phase === 'offered') draft.setLive(approval, false);
  draft.emit(
    { type: 'ApplicationClosed', data: { ...draft.identity, cause, about: null } },
    { status: cause },
  );
  draft.change({
    phase: 'closed',
    approval: null,
    referral: null,
    application: null,
    score: null,
    pledge: null,
  });
}

function requestCancellation(draft: Draft): void {
  const { approval, phase } = draft.state;
  if (approval === null || approval.authorisationId === null) return;
  const { authorisationId, terms } = approval;
  draft.emit(
    {
      type: 'CancellationRequested',
      data: {
        ...draft.identity,
        authorisationId,
        cause: 'WITHDRAWN',
        about: null,
        requestedBy: [],
      },
    },
    { status: 'CANCELLING', terms },
  );
  const before = phase === 'booked' ? 'booked' : 'authorised';
  draft.change({ phase: 'cancelling', cancelling: before, withdrawn: true });
}

type LedgerEvent = Of<
  'LoanBooked' | 'LoanDisbursed' | 'AuthorisationCancelled' | 'CancellationRefused'
>;

/** From the authorisation on the outcome is the ledger's. */
function onLedger(
  draft: Draft,
  step: 'book' | 'disburse' | 'undo' | 'resume',
  event: LedgerEvent,
): void {
  const { approval, phase, cancelling, withdrawn } = draft.state;
  if (approval === null || approval.authorisationId !== event.data.authorisationId) {
    draft.ignored = 'other-authorisation';
    return;
  }
  switch (step) {
    case 'book':
      draft.change(phase === 'cancelling' ? { cancelling: 'booked' } : { phase: 'booked' });
      return;
    case 'disburse':
      draft.change({ phase: 'disbursed', cancelling: null });
      return;
    case 'resume':
      draft.change({ phase: cancelling ?? 'booked', cancelling: null, withdrawn: false });
      return;
    case 'undo':
      draft.setLive(approval, false);
      draft.undone(approval, (event as Of<'AuthorisationCancelled'>).data.cause);
      draft.change({ phase: 'undone', approval: null, cancelling: null });
      if (withdrawn) close(draft, 'WITHDRAWN');
  }
}
