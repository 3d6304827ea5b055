// One application judged by policy: facts, limits, price and reasons; approve, refer or decline.
import { cny, fenOfMoney, toJson } from '@saidao/values';
import type { DecisionBasis, LoanTerms, Reason, RuleFired } from '@saidao/schemas';
import type { Digest, Fired, RuleTables, TableName } from './rules.ts';
import { noFacts, type Facts } from './facts.ts';
import { figuresOf, type Application, type Figures } from './figures.ts';
import { proRata } from './limits.ts';
import { productOf, type Policy, type Product } from './policy.ts';
import { addOnPpm } from './price.ts';
import { reasonsOf, reductionsOf } from './reasons.ts';

/** Who may decide an application, from the least authority up. */
export const tiers = ['policy', 'officer', 'senior-officer', 'committee'] as const;
export type Tier = (typeof tiers)[number];

export interface Assessment {
  readonly outcome: 'approve' | 'refer' | 'decline';
  /** Who may give the last approval. */
  readonly tier: Tier;
  readonly basis: DecisionBasis;
  readonly reasons: Reason[];
  /** The terms that can be offered; null: none, so that officers cannot approve either. */
  readonly terms: LoanTerms | null;
  readonly offerValidityDays: number;
}

export interface Assessor {
  readonly policy: Policy;
  readonly tables: RuleTables;
  readonly digest: Digest;
}

/** Judges an application; the same application and policy always give the same. */
export function assess(assessor: Assessor, application: Application): Assessment {
  const { policy } = assessor;
  const product = productOf(policy, application.lenderId, application.content.productId);
  const fired: RuleFired[] = [];
  const evaluate = (table: TableName, facts: Facts): readonly Fired[] => {
    const rows = assessor.tables.evaluate(table, facts);
    for (const { rule, output, inputs } of rows) {
      fired.push({ table, rule, output: toJson(output), inputs: [...inputs] });
    }
    return rows;
  };
  const figures = product === undefined ? undefined : figuresOf(policy, product, application);
  const facts = figures?.facts ?? noFacts;
  const knockedOut = evaluate('knock-outs', facts);
  if (figures === undefined || knockedOut.length > 0) {
    return {
      outcome: 'decline',
      tier: 'policy',
      basis: basisOf(assessor, application, product, figures, fired),
      reasons: reasonsOf(policy, application, figures, knockedOut),
      terms: null,
      offerValidityDays: 0,
    };
  }
  const referred = evaluate('referrals', facts);
  const [authority] = evaluate('authority', facts);
  const bps = evaluate('pricing', facts).map(({ output }) => Number(output['addOnBp']));
  const terms = termsOf(figures, application, bps);
  const byPolicy = authority?.output['authority'] === 'policy';
  const standing = byPolicy || authority === undefined ? referred : [...referred, authority];
  const approve = referred.length === 0 && byPolicy && terms !== null;
  return {
    outcome: approve ? 'approve' : 'refer',
    tier: approve ? 'policy' : 'officer',
    basis: basisOf(assessor, application, product, figures, fired),
    reasons: reasonsOf(policy, application, figures, approve ? reductionsOf(figures) : standing),
    terms,
    offerValidityDays: figures.product.offerValidityDays,
  };
}

/** The terms that policy would offer; null where nothing can be. */
function termsOf(
  figures: Figures,
  application: Application,
  bps: readonly number[],
): LoanTerms | null {
  const { product, proposedFen, lpr, entrusted, facts } = figures;
  const { request, enterprise, guarantee } = application.content;
  if (proposedFen === null || proposedFen <= 0n || lpr === undefined) return null;
  if (!facts.proposedReachesLeast || facts.payeesState === 'missing') return null;
  const addOn = addOnPpm(product.price, bps);
  const payeesFen = request.payees.map(({ amount }) => fenOfMoney(amount));
  const fitted = facts.payeesState === 'unfit' ? proRata(payeesFen, proposedFen) : payeesFen;
  // A payee whose part comes to nothing cannot be paid: the applicant has to amend.
  if (fitted.some((fen) => fen <= 0n)) return null;
  return {
    amount: cny(proposedFen),
    termMonths: request.termMonths,
    ratePpm: lpr.ratePpm + addOn,
    lprPpm: lpr.ratePpm,
    lprDate: lpr.date,
    addOnPpm: addOn,
    repayment: request.repayment,
    purpose: request.purpose,
    payees: request.payees.map(({ name }, index) => ({ name, amount: cny(fitted[index] ?? 0n) })),
    beneficiary: enterprise.name,
    beneficiaryUscc: enterprise.uscc,
    entrusted,
    pledgeRequired: product.security.kind === 'pledge',
    pledgedPatents: [...figures.pledged],
    guarantee: application.score.guarantee?.result === 'CLEAR' ? guarantee : null,
    conditions: [],
  };
}

function basisOf(
  { policy, digest }: Assessor,
  application: Application,
  product: Product | undefined,
  figures: Figures | undefined,
  rules: RuleFired[],
): DecisionBasis {
  const { score } = application;
  return {
    policyId: policy.lenderId,
    policyVersion: policy.version,
    policyDigest: policy.digest,
    inputHash: digest(toJson(application)),
    scoreCard: `${score.cardId}@${score.cardVersion}`,
    scorePoints: score.points,
    grade: score.grade,
    coveragePpm: score.coveragePpm,
    sizeClass: figures?.size ?? 'unknown',
    inclusive: figures?.inclusive ?? [],
    need: figures === undefined || figures.need.state === 'missing' ? null : cny(figures.need.fen),
    limits: (figures?.limits ?? []).map(({ name: limit, fen }) => ({
      name: limit,
      amount: fen === null ? null : cny(fen),
      binding: limit === figures?.binding,
    })),
    proposedLimit:
      figures === undefined || figures.proposedFen === null ? null : cny(figures.proposedFen),
    rules,
    policyRole: null,
    productVersion: product?.version ?? null,
    businessDate: application.businessDate,
    scoreDigest: score.cardDigest,
    scoreInputHash: score.inputHash,
    facts: [],
    findings: [],
    exposure: cny(application.exposureFen),
    tier: null,
    overrides: [],
    naturalPersons: false,
    counterfactuals: [],
  };
}
