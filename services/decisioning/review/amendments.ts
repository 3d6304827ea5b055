// Other terms than policy proposes, by an officer: within what was asked and what is the product's.
import { cny, fenOfMoney, fenOfYuan, sumFen, toJson } from '@saidao/values';
import type { LoanTerms, Money } from '@saidao/schemas';
import { assess } from '../assessment/assess.ts';
import type { Application } from '../assessment/figures.ts';
import { ownOf, proRata } from '../assessment/limits.ts';
import { needsEntrusted, productOf } from '../assessment/policy.ts';
import type { Draft } from '../draft.ts';
import { assessed, explained, type Judged } from '../rounds/judging.ts';
import { termsUp } from '../state.ts';
import { recorded, refuse, type Action } from './answers.ts';
import { isAmong, isSamePerson } from './claims.ts';
import type { RefusalCause } from './refusals.ts';
import { mayReview } from './roles.ts';

type Amended = Action<'ReviewAmended'>;

/**
 * Approvals so far fall, and a claim of the amender's with them: who wrote the terms approves
 * nothing on them.
 */
export function onAmended(draft: Draft, event: Amended): void {
  const { referral, claim } = draft.state;
  if (referral === null) return;
  const { officer, reason, reasonCode } = event.data;
  const fault = amendmentFault(draft, event);
  if (fault !== undefined) return refuse(draft, event, fault);
  const judged = assessed(draft);
  if (judged === undefined || judged.assessment.terms === null || referral.proposed === null) {
    return refuse(draft, event, 'NOTHING_TO_APPROVE');
  }
  const asked = withRequest(judged.application, event.data);
  const assessment = assess(draft.assessor, asked, draft.pinned.role);
  if (assessment.terms === null) return refuse(draft, event, 'NOTHING_TO_APPROVE');
  if (isAboveHeadroom(judged, event.data.amount)) return refuse(draft, event, 'EXPOSURE_LIMIT');
  const terms = withAmount(draft, assessment.terms, asked);
  if (terms === undefined) return refuse(draft, event, 'PAYEES_NEEDED');
  if (toJson(terms) === toJson(termsUp(referral))) return refuse(draft, event, 'TERMS_UNCHANGED');
  // The rate stands on this assessment; what the loan is judged by stays the one as asked.
  const kept = explained(draft, { application: asked, assessment });
  draft.keepAssessment(kept.application, kept.assessment);
  const amenders = [...new Set([...referral.amenders, officer])];
  const amended = { terms, tier: assessment.tier, reasonCode };
  draft.change({
    referral: { ...referral, amended, amenders, approvals: [] },
    claim: claim !== null && isSamePerson(claim.officer, officer) ? null : claim,
  });
  draft.takes(fenOfMoney(terms.amount));
  recorded(draft, event, 'AMENDED', { reason, reasonCode });
}

function amendmentFault(draft: Draft, { data }: Amended): RefusalCause | undefined {
  const { application, submitters, lenderId, productId } = draft.state;
  const { policy } = draft.assessor;
  const product = productOf(policy, lenderId, productId);
  if (!mayReview(data.role)) return 'ROLE_NOT_ALLOWED';
  if (isAmong(submitters, data.officer)) return 'SUBMITTER';
  if (ownOf(policy.reasons.reasons, data.reasonCode) === undefined) return 'NO_REASON_CODE';
  if (application === null || product === undefined) return 'NOTHING_TO_APPROVE';
  // The topic lets through what the door does not: another currency is no amount of the product.
  if (data.amount.currency !== 'CNY') return 'AMOUNT_OUT_OF_BOUNDS';
  const fen = fenOfMoney(data.amount);
  const isAsked = fen <= fenOfMoney(application.request.amount);
  if (!isAsked || fen < fenOfYuan(product.amount.leastYuan)) return 'AMOUNT_OUT_OF_BOUNDS';
  const { least, most } = product.termMonths;
  return data.termMonths < least || data.termMonths > most ? 'TERM_OUT_OF_BOUNDS' : undefined;
}

/** The application as if these terms had been asked for. */
function withRequest(
  application: Application,
  { amount, termMonths }: { readonly amount: Money; readonly termMonths: number },
): Application {
  const { content } = application;
  const request = { ...content.request, amount, termMonths };
  return { ...application, content: { ...content, request } };
}

/** Policy's terms at the officer's amount; undefined: it needs payees, and there are none. */
function withAmount(draft: Draft, terms: LoanTerms, asked: Application): LoanTerms | undefined {
  const { amount, payees } = asked.content.request;
  const fen = fenOfMoney(amount);
  const needed = needsEntrusted(draft.assessor.policy.rules, fen);
  const parts = payees.map((payee) => fenOfMoney(payee.amount));
  const fitted = sumFen(parts) === fen ? parts : proRata(parts, fen);
  if ((needed && payees.length === 0) || fitted.some((part) => part <= 0n)) return undefined;
  const entrusted = terms.entrusted || needed;
  const isNew = entrusted && !terms.conditions.includes('ENTRUSTED_PAYMENT');
  return {
    ...terms,
    amount,
    entrusted,
    conditions: isNew ? [...terms.conditions, 'ENTRUSTED_PAYMENT'] : terms.conditions,
    payees: payees.map(({ name }, index) => ({ name, amount: cny(fitted[index] ?? 0n) })),
  };
}

/** What the group's limit leaves is nobody's to override. */
export function isAboveHeadroom({ assessment }: Judged, amount: Money): boolean {
  const headroom = assessment.basis.limits.find(({ name }) => name === 'exposure-headroom');
  const most = headroom?.amount ?? null;
  return most !== null && fenOfMoney(amount) > fenOfMoney(most);
}
