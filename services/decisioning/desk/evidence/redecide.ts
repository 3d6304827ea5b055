// Decides again from a row of evidence alone, and says where what was kept is not what comes of it.
import { differencesOf } from '@saidao/register';
import type { DecisionBasis, Reason } from '@saidao/schemas';
import { fenOfMoney, fromJson, toJson } from '@saidao/values';
import { assess, type Assessment, type Assessor } from '../../assessment/assess.ts';
import { counterfactualsOf } from '../../assessment/counterfactual.ts';
import type { Application } from '../../assessment/figures.ts';
import { faultsOfJudgement } from '../../assessment/proof.ts';
import type { Digest } from '../../assessment/rules.ts';
import type { Columns, KeptAssessment, KeptDecision } from './kept.ts';

/** One thing that is not as it should be; a path names the first place, where there is one. */
export interface Finding {
  readonly what: string;
  readonly path: string | null;
  readonly kept: string | null;
  readonly found: string | null;
}

/** As the line judges: with what would have to change, where policy does not approve. */
export function redecided(assessor: Assessor, application: Application, role: string): Assessment {
  const assessment = assess(assessor, application, role);
  const counterfactuals = counterfactualsOf(assessor, application, assessment);
  return { ...assessment, basis: { ...assessment.basis, counterfactuals } };
}

/** Nothing: the same policy gives the very bytes for the input, and its reasons are proved. */
export function findingsOfAssessment(assessor: Assessor, kept: KeptAssessment): Finding[] {
  const { digest } = assessor;
  const torn = [
    ...of('its input is not what its hash says', kept.inputHash, digest(kept.input)),
    ...of('its content is not what its digest says', kept.digest, digest(kept.content)),
    ...of('its policy has another digest', kept.policyDigest, assessor.policy.digest),
  ];
  try {
    const application = fromJson(kept.input) as Application;
    const again = redecided(assessor, application, kept.policyRole);
    const content = toJson(again);
    return [
      ...torn,
      ...findingsOfColumns(kept.columns, application, again),
      ...(content === kept.content ? [] : [firstDifference(kept.content, again)]),
      ...faultsOfJudgement(assessor, kept.input, kept.content).map(only),
    ];
  } catch (error) {
    // What was tampered with need not be anything that can be judged.
    return [...torn, only(`it cannot be judged: ${(error as Error).message}`)];
  }
}

function findingsOfColumns(kept: Columns, application: Application, again: Assessment): Finding[] {
  const { outcome, tier, terms, basis } = again;
  const drawn: Columns = {
    lenderId: application.lenderId,
    productId: application.content.productId,
    businessDate: application.businessDate,
    outcome,
    tier,
    amountFen: terms === null ? null : fenOfMoney(terms.amount),
    ratePpm: terms?.ratePpm ?? null,
    sizeClass: basis.sizeClass,
    regionCode: application.score.derived?.regionCode ?? null,
  };
  return differencesOf(kept, drawn).map(({ path, before, after }) => ({
    what: 'a column is not what the evidence says',
    path,
    kept: before,
    found: after,
  }));
}

function firstDifference(content: string, again: Assessment): Finding {
  const [first] = differencesOf(fromJson(content), again);
  return {
    what: 'judged again it is another',
    // The same values in other bytes have no place where they differ.
    path: first?.path ?? null,
    kept: first?.before ?? null,
    found: first?.after ?? null,
  };
}

/** What an event says of itself: reasons where it declines, and the basis that it stands on. */
export interface Said {
  readonly basis?: DecisionBasis;
  readonly reasons?: readonly Reason[];
}

/** Null: it cannot be read. */
export function saidIn({ content }: KeptDecision): Said | null {
  try {
    return fromJson(content) as Said;
  } catch {
    return null;
  }
}

/** Nothing: it is as it was written. What it stands on is told by `findingsOfBasis`. */
export function findingsOfDecision(
  digest: Digest,
  { type, content, digest: kept, reasonCodes }: KeptDecision,
  said: Said | null,
): Finding[] {
  const torn = of('its content is not what its digest says', kept, digest(content));
  if (said === null) return [...torn, only('it cannot be read')];
  const codes = (said.reasons ?? []).map(({ code }) => code);
  const isMute = type === 'LoanDeclined' && codes.length === 0;
  return [
    ...torn,
    ...of('its codes are not its reasons', reasonCodes.join(), codes.join()),
    ...(isMute ? [only('it declines without a reason')] : []),
  ];
}

/** Nothing: it is that of the assessment whose content is given; undefined: there is none. */
export function findingsOfBasis(basis: DecisionBasis, content: string | undefined): Finding[] {
  if (content === undefined) return [only('it stands on no assessment')];
  const own = (fromJson(content) as Assessment).basis;
  const [first] = differencesOf(basis, own);
  if (first === undefined) return [];
  const { path, before, after } = first;
  return [{ what: 'its basis is not its assessment', path, kept: before, found: after }];
}

function of(what: string, kept: string, found: string): Finding[] {
  return kept === found ? [] : [{ what, path: null, kept, found }];
}

function only(what: string): Finding {
  return { what, path: null, kept: null, found: null };
}
