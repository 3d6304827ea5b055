// One application judged by policy: facts, limits, price and reasons; approve, refer or decline.
import { cny, fenOfMoney, toJsonOnce } from '@saidao/values';
import type { DecisionBasis, LoanTerms, Reason } from '@saidao/schemas';
import { figuresBasis, findingsOf, rulesFired, toldOf, type RowFired, type Told } from './basis.ts';
import { noFacts, type Facts } from './facts.ts';
import { figuresOf, type Application, type Figures } from './figures.ts';
import { personsAgainst } from './gates.ts';
import { proRata } from './limits.ts';
import { productOf, type Policy, type Product } from './policy.ts';
import { addOnPpm } from './price.ts';
import { reasonsOf, reductionsOf } from './reasons.ts';
import { ownRow, type Digest, type Fired, type RuleTables, type TableName } from './rules.ts';
import { confirmedGuarantee } from './security.ts';

/** Who may decide an application, from the least authority up. */
export const tiers = ['policy', 'officer', 'senior-officer', 'committee'] as const;
export type Tier = (typeof tiers)[number];

/** What a referral or a decline cannot be without; the policy says how many at most. */
export type Reasons = [Reason, ...Reason[]];

type Outcome =
  /** Reasons say why less is offered than was asked. */
  | { readonly outcome: 'approve'; readonly reasons: Reason[]; readonly terms: LoanTerms }
  /** Terms that officers may offer; null: none, so that they cannot approve either. */
  | { readonly outcome: 'refer'; readonly reasons: Reasons; readonly terms: LoanTerms | null }
  | { readonly outcome: 'decline'; readonly reasons: Reasons; readonly terms: null };

/** What rules and figures come to, before anything is said of it. */
export interface Weighed {
  readonly outcome: Outcome['outcome'];
  /** Who may give the last approval: what an approval overrides has raised it by one already. */
  readonly tier: Tier;
  readonly terms: LoanTerms | null;
  readonly product: Product | undefined;
  readonly figures: Figures | undefined;
  readonly facts: Facts;
  readonly rows: readonly RowFired[];
  /** The rows among them that are the reasons. */
  readonly because: readonly Fired[];
  /** Rules that an approval by officers would override. */
  readonly overrides: readonly string[];
  readonly naturalPersons: boolean;
}

/** The outcome alone. Its reasons name no facts. */
export type Judgement = Outcome & Pick<Weighed, 'tier' | 'overrides' | 'naturalPersons'>;

export type Assessment = Outcome & {
  readonly tier: Tier;
  readonly basis: DecisionBasis;
  readonly offerValidityDays: number;
};

export interface Assessor {
  readonly policy: Policy;
  readonly tables: RuleTables;
  readonly digest: Digest;
}

/**
 * Judges an application; the same application and policy always give the same. The role of the
 * policy, champion or challenger, is only told.
 */
export function assess(
  assessor: Assessor,
  application: Application,
  policyRole: string | null = null,
): Assessment {
  const weighed = weigh(assessor, application);
  const { product, figures, facts, rows, overrides, naturalPersons, tier } = weighed;
  const told = toldOf(application, figures, facts);
  const basis: DecisionBasis = {
    ...figuresBasis(assessor.policy, application, product, figures),
    policyRole,
    inputHash: assessor.digest(inputOf(application)),
    rules: rulesFired(rows, told),
    facts: [...told].map(([name, value]) => ({ name, value })),
    findings: findingsOf(application),
    tier,
    overrides: [...overrides],
    naturalPersons,
    counterfactuals: [],
  };
  const declined = weighed.outcome === 'decline';
  const offerValidityDays = declined ? 0 : (product?.offerValidityDays ?? 0);
  return { ...outcomeOf(assessor, application, weighed, told), tier, basis, offerValidityDays };
}

/** For a comparison over many inputs, which has no use for all that an event has to tell. */
export function judge(assessor: Assessor, application: Application): Judgement {
  const weighed = weigh(assessor, application);
  const { tier, overrides, naturalPersons } = weighed;
  const outcome = outcomeOf(assessor, application, weighed, new Map());
  return { ...outcome, tier, overrides, naturalPersons };
}

/** All that is judged, as canonical JSON: hashed in the basis, and kept as evidence. */
export function inputOf(application: Application): string {
  // The state holds these two as well.
  toJsonOnce(application.content);
  toJsonOnce(application.score);
  return toJsonOnce(application);
}

/** For a search over many inputs, which asks for no reasons. */
export function weigh({ policy, tables }: Assessor, application: Application): Weighed {
  const product = productOf(policy, application.lenderId, application.content.productId);
  const rows: RowFired[] = [];
  const evaluate = (table: TableName, facts: Facts): readonly Fired[] => {
    const fired = tables.evaluate(table, facts);
    for (const row of fired) rows.push({ table, row });
    return fired;
  };
  const figures =
    product === undefined
      ? undefined
      : figuresOf(policy, product, application, (facts) => evaluate('limits', facts));
  const facts = figures?.facts ?? noFacts;
  const naturalPersons = figures !== undefined && personsAgainst(policy, figures, application);
  const knockedOut = evaluate('knock-outs', facts);
  const common = { product, figures, rows, naturalPersons };
  if (figures === undefined || (knockedOut.length > 0 && !naturalPersons)) {
    const because = knockedOut;
    const nobody = { tier: 'policy', terms: null, overrides: [] } as const;
    return { ...common, ...nobody, outcome: 'decline', facts, because };
  }
  // Where data of natural persons stand against it, no rule declines without a person.
  const referred = [...knockedOut, ...evaluate('referrals', facts)];
  const overrides = referred.filter(isOverridden).map(({ rule }) => rule);
  const weighed = { ...facts, standing: standingOf(referred, overrides) };
  const authority = evaluate('authority', weighed);
  const bps = evaluate('pricing', facts).map(({ output }) => Number(output['addOnBp']));
  const terms = knockedOut.length > 0 ? null : termsOf(figures, application, bps);
  const tier = tierOf(authority);
  const sums = { ...common, facts: weighed, terms, overrides };
  if (referred.length === 0 && tier === 'policy' && terms !== null) {
    return { ...sums, outcome: 'approve', tier, because: reductionsOf(figures) };
  }
  const because = [...referred, ...authority.filter(({ output }) => output['code'] !== '')];
  return {
    ...sums,
    outcome: 'refer',
    tier: tier === 'policy' ? 'officer' : tier,
    because: because.length > 0 ? because : [byHand],
  };
}

function outcomeOf(
  { policy }: Assessor,
  application: Application,
  { outcome, terms, figures, because }: Weighed,
  told: Told,
): Outcome {
  const reasons = reasonsOf(policy, application, figures, because, told);
  if (outcome === 'approve' && terms !== null) return { outcome, reasons, terms };
  if (outcome === 'decline') return { outcome, reasons: someOf(reasons), terms: null };
  return { outcome: 'refer', reasons: someOf(reasons), terms };
}

/** Where no rule says why policy cannot approve it by itself. */
const byHand: Fired = ownRow('by-hand', { code: 'M01', weight: 1 });

const isOverridden = ({ output }: Fired): boolean => output['override'] === 'yes';

function standingOf(referred: readonly Fired[], overrides: readonly string[]): Facts['standing'] {
  if (overrides.length > 0) return 'overridden';
  return referred.length > 0 ? 'referred' : 'clear';
}

/** A table that names nobody leaves it to those who may decide everything. */
function tierOf([authority]: readonly Fired[]): Tier {
  return tiers.find((tier) => tier === authority?.output['tier']) ?? 'committee';
}

/** Refuses by its type what no table that is whole can bring about. */
function someOf(reasons: readonly Reason[]): Reasons {
  const [first, ...others] = reasons;
  if (first === undefined) throw new Error('What is not approved has to have a reason.');
  return [first, ...others];
}

/** The terms that policy would offer; null where nothing can be. */
function termsOf(
  figures: Figures,
  application: Application,
  bps: readonly number[],
): LoanTerms | null {
  const { product, proposedFen, lpr, entrusted, facts, pledgeRequired, pledged } = figures;
  const { request, enterprise } = application.content;
  if (proposedFen === null || proposedFen <= 0n || lpr === undefined) return null;
  if (!facts.proposedReachesLeast || facts.payeesState === 'missing') return null;
  const addOn = addOnPpm(product.price, bps);
  const payeesFen = request.payees.map(({ amount }) => fenOfMoney(amount));
  const fitted = facts.payeesState === 'unfit' ? proRata(payeesFen, proposedFen) : payeesFen;
  // A payee whose part comes to nothing cannot be paid: the applicant has to amend.
  if (fitted.some((fen) => fen <= 0n)) return null;
  const guarantee = confirmedGuarantee(application.score);
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
    pledgeRequired,
    pledgedPatents: [...pledged],
    guarantee,
    conditions: [
      ...(pledgeRequired ? ['PLEDGE_REGISTERED'] : []),
      ...(guarantee === null ? [] : ['GUARANTEE_CONFIRMED']),
      ...(entrusted ? ['ENTRUSTED_PAYMENT'] : []),
    ],
  };
}
