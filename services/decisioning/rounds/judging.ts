// When an application is judged, and judged again: approved, declined or referred to officers.
import { fenOfMoney, toJson } from '@saidao/values';
import type { DecisionBasis, DecisionSubject, Override } from '@saidao/schemas';
import type { Incoming } from '@saidao/worker';
import { assess, type Assessment, type Reasons, type Tier } from '../assessment/assess.ts';
import { counterfactualsOf } from '../assessment/counterfactual.ts';
import type { Application } from '../assessment/figures.ts';
import type { Draft } from '../draft.ts';
import { othersFen, placeAfter } from './exposure.ts';
import { tierNeeded } from '../review/overrides.ts';
import type { Referral } from '../state.ts';
import { approve } from './offers.ts';

/** An input with what policy says of it. */
export interface Judged {
  readonly application: Application;
  readonly assessment: Assessment;
}

type Received = Incoming<'ApplicationReceived'> | Incoming<'ApplicationAmended'>;

export function onApplication(draft: Draft, event: Received): void {
  const { content, lenderId, businessDate, submittedBy } = event.data;
  const { productId } = content;
  // A release that bears the older revision never reaches us.
  if (event.type === 'ApplicationAmended' && draft.state.heldRevision < draft.state.revision) {
    for (const number of draft.state.heldPatents) draft.setHolder(number, false);
    draft.change({ heldPatents: [] });
  }
  draft.moveTo(placeAfter(event, draft.state));
  const known = draft.state.submitters;
  const submitters =
    submittedBy === null || known.includes(submittedBy) ? known : [...known, submittedBy];
  const about = subjectOf(event, draft.state.about);
  draft.change({ application: content, lenderId, productId, submitters, about });
  if (draft.state.policy === null) {
    const { applicationId } = draft.input;
    draft.change({ policy: draft.policies.pin({ lenderId, applicationId, businessDate }) });
  }
  judge(draft);
}

/** Size and region follow with the score. */
function subjectOf({ data }: Received, before: DecisionSubject | null): DecisionSubject {
  const { enterprise, request, productId } = data.content;
  return {
    productId,
    enterprise: enterprise.name,
    uscc: enterprise.uscc,
    regionCode: null,
    sizeClass: null,
    channel: data.channel,
    reference: data.reference,
    asked: request.amount,
    termMonths: request.termMonths,
    purpose: request.purpose,
    receivedOn: before?.receivedOn ?? data.businessDate,
  };
}

export function onScored(draft: Draft, event: Incoming<'EnterpriseScored'>): void {
  takeScore(draft, event);
  judge(draft);
}

/** The facts were asked for again while officers look. */
export function onScoredAgain(draft: Draft, event: Incoming<'EnterpriseScored'>): void {
  takeScore(draft, event);
  judgeAgain(draft);
}

function takeScore(draft: Draft, event: Incoming<'EnterpriseScored'>): void {
  draft.moveTo(placeAfter(event, draft.state));
  const lenderId = draft.state.lenderId === '' ? event.data.lenderId : draft.state.lenderId;
  draft.change({ score: event.data, lenderId });
}

/**
 * Where officers would be told and asked to approve the very same they go on where they are; else
 * the application is judged anew, and they begin again: nobody's approval counts for other terms.
 */
export function judgeAgain(draft: Draft): void {
  const { referral } = draft.state;
  const judged = assessed(draft);
  if (judged === undefined) return;
  const { basis, reasons, terms, tier, outcome } = judged.assessment;
  const isSame =
    referral !== null &&
    outcome === 'refer' &&
    saidOf({ basis, reasons, tier, proposed: terms }) === saidOf(referral);
  if (!isSame) conclude(draft, judged);
}

/** All that an officer is told and asked; what it was computed from may be newer. */
function saidOf(said: Pick<Referral, 'basis' | 'reasons' | 'tier' | 'proposed'>): string {
  const { basis, reasons, tier, proposed } = said;
  const { overrides, findings, naturalPersons, grade, sizeClass } = basis;
  const rules = basis.rules.map(({ table, rule, output }) => ({ table, rule, output }));
  return toJson({
    ...{ reasons, tier, proposed, overrides, findings, naturalPersons, grade, sizeClass, rules },
  });
}

/** Judges the application as soon as application, score and, where asked for, pledge are there. */
export function judge(draft: Draft): void {
  const judged = assessed(draft);
  if (judged !== undefined) conclude(draft, judged);
}

export function assessed(draft: Draft): Judged | undefined {
  const { application: content, score, pledge, lenderId } = draft.state;
  if (content === null || score === null) return undefined;
  if (score.pledgeRequested && pledge === null) return undefined;
  // The facts are those of the score's day, and so is the rate.
  const { businessDate } = score;
  const application: Application = {
    lenderId,
    businessDate,
    content,
    score,
    pledge,
    exposureFen: othersFen(draft.groupRow, draft.input.applicationId),
    lpr: draft.policies.lprOn(businessDate),
  };
  return { application, assessment: assess(draft.assessor, application, draft.pinned.role) };
}

/** With what would have to change, where policy does not approve: so it is told and kept. */
export function explained(draft: Draft, { application, assessment }: Judged): Judged {
  if (assessment.outcome === 'approve') return { application, assessment };
  const counterfactuals = counterfactualsOf(draft.assessor, application, assessment);
  const basis = { ...assessment.basis, counterfactuals };
  return { application, assessment: { ...assessment, basis } };
}

function conclude(draft: Draft, judged: Judged): void {
  const { application, assessment } = explained(draft, judged);
  const { basis, tier } = assessment;
  const regionCode = application.score.derived?.regionCode ?? null;
  const { about } = draft.state;
  draft.change({ about: about && { ...about, regionCode, sizeClass: basis.sizeClass } });
  draft.keepAssessment(application, assessment);
  if (assessment.outcome === 'approve') {
    const { terms } = assessment;
    approve(draft, assessment, { terms, tier, approvers: [], override: null });
  } else if (assessment.outcome === 'decline') {
    const { reasons } = assessment;
    decline(draft, { basis, reasons, tier, decidedBy: [], override: null });
  } else {
    refer(draft, assessment);
  }
}

/** A claim stays: whoever looks at it goes on looking. */
function refer(draft: Draft, { basis, reasons, terms, tier }: Assessment): void {
  const referral: Referral = {
    basis,
    reasons,
    tier,
    atMs: draft.nowMs,
    proposed: terms,
    amended: null,
    amenders: draft.state.referral?.amenders ?? [],
    approvals: [],
  };
  draft.takes(terms === null ? null : fenOfMoney(terms.amount));
  draft.change({ phase: 'referred', referral });
  draft.emit(
    { type: 'LoanReferred', data: { ...draft.identity, basis, reasons } },
    { status: 'REFERRED', reasons, tier: tierNeeded(referral) },
  );
}

export function decline(
  draft: Draft,
  said: {
    readonly basis: DecisionBasis;
    readonly reasons: Reasons;
    readonly tier: Tier;
    readonly decidedBy: string[];
    readonly override: Override | null;
  },
): void {
  const { basis, reasons, tier, decidedBy, override } = said;
  draft.takes(null);
  draft.emit(
    {
      type: 'LoanDeclined',
      data: { ...draft.identity, basis, reasons, decidedBy, override },
    },
    { status: 'DECLINED', reasons, tier },
  );
  draft.change({
    ...{ phase: 'declined', referral: null, claim: null, application: null, score: null },
  });
}
