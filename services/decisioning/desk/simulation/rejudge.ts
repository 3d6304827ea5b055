// Judges a past application by a candidate, on its input as it was, beside what was decided then.
import type { EnterpriseScored } from '@saidao/schemas';
import { fenOfMoney, fromJson, toJson } from '@saidao/values';
import { assess, judge, type Assessment, type Assessor } from '../../assessment/assess.ts';
import type { Application } from '../../assessment/figures.ts';
import type { Judged, Pair } from './comparison.ts';

/** One row of what was decided, as far as it is tried again. */
export interface PastAssessment {
  readonly applicationId: string;
  readonly lenderId: string;
  readonly productId: string;
  readonly policy: string;
  readonly policyRole: string;
  readonly sizeClass: string;
  readonly regionCode: string | null;
  /** Canonical JSON of the input and of the result. */
  readonly input: string;
  readonly content: string;
}

/** What another card puts in the place of the score's own fields. */
export type OtherScore = Partial<EnterpriseScored>;

export interface Rejudged {
  readonly pair: Pair;
  /** Null: it was judged by another version then, or on another score; else whether alike. */
  readonly sameBytes: boolean | null;
}

const CITY_DIGITS = 4;

export function rejudge(
  past: PastAssessment,
  application: Application,
  assessor: Assessor,
  score: OtherScore | null,
): Rejudged {
  const decided = fromJson(past.content) as Assessment;
  // The very version that decided then has to give the very bytes.
  const again =
    score === null && decided.basis.policyDigest === assessor.policy.digest
      ? assess(assessor, application, past.policyRole)
      : null;
  const judged =
    again ?? judge(assessor, score === null ? application : rescoredBy(application, score));
  return {
    pair: {
      applicationId: past.applicationId,
      groups: {
        product: past.productId,
        lender: past.lenderId,
        size: past.sizeClass,
        region: past.regionCode?.slice(0, CITY_DIGITS) ?? 'unknown',
      },
      before: judgedOf(decided),
      after: judgedOf(judged),
    },
    sameBytes: again && bytesOf(again, decided.basis.counterfactuals) === past.content,
  };
}

export function applicationOf({ input }: PastAssessment): Application {
  return fromJson(input) as Application;
}

function rescoredBy(application: Application, score: OtherScore): Application {
  return { ...application, score: { ...application.score, ...score } };
}

/** Counterfactuals are searched for afterwards, over the same rules; they decide nothing. */
function bytesOf(
  assessment: Assessment,
  counterfactuals: Assessment['basis']['counterfactuals'],
): string {
  return toJson({ ...assessment, basis: { ...assessment.basis, counterfactuals } });
}

type Decided = Pick<Assessment, 'outcome' | 'tier' | 'terms' | 'reasons'>;

function judgedOf({ outcome, tier, terms, reasons }: Decided): Judged {
  return {
    outcome,
    tier,
    proposal: terms && { amountFen: fenOfMoney(terms.amount), ratePpm: terms.ratePpm },
    codes: reasons.map(({ code }) => code),
  };
}
