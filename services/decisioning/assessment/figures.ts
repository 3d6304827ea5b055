// The figures of an application: need, limits, proposal, rate, size; and the facts drawn from them.
import {
  fenOfMoney,
  fenOfYuan,
  inclusiveFlags,
  maxFen,
  ppmOf,
  sizeClassOf,
  sumFen,
  type SizeClass,
} from '@saidao/values';
import type { ApplicationContent, EnterpriseScored, PledgeRefusal } from '@saidao/schemas';
import { figureOf, noFacts, type Facts } from './facts.ts';
import {
  adverseChecks,
  adverseOf,
  bureauConsent,
  checkOf,
  enterpriseEnded,
  guaranteeState,
  isPledged,
  kycAdverse,
  kycCodeOf,
  kycState,
  notesOf,
  personsConsent,
  researchGate,
  shortLived,
  talentGate,
  unknownFacts,
  weakestOf,
} from './gates.ts';
import {
  capsOf,
  lastYearsOf,
  leastOf,
  limitsOf,
  needOf,
  talentGradeOf,
  type LastYears,
  type NamedLimit,
  type Need,
} from './limits.ts';
import { needsEntrusted, type LenderRules, type Policy, type Product } from './policy.ts';
import { lprFor, type Lpr, type LprRates } from './price.ts';
import type { Fired } from './rules.ts';
import { needsPledge, securityFen } from './security.ts';

/** What the pledge line said of this revision. */
export interface PledgeResult {
  readonly locked: readonly string[];
  readonly refused: readonly PledgeRefusal[];
}

export interface Application {
  readonly lenderId: string;
  readonly businessDate: string;
  readonly content: ApplicationContent;
  readonly score: EnterpriseScored;
  /** Null where no pledge was asked for. */
  readonly pledge: PledgeResult | null;
  /** What this lender has promised or lent the enterprise’s group in other applications. */
  readonly exposureFen: bigint;
  /** In force on the business date; null: not known. */
  readonly lpr: LprRates | null;
}

export interface Figures {
  readonly product: Product;
  readonly facts: Facts;
  readonly size: SizeClass;
  readonly years: LastYears | undefined;
  readonly need: Need;
  readonly limits: readonly NamedLimit[];
  readonly binding: string | undefined;
  /** Null: something that a limit stands on is not known, so nothing can be proposed. */
  readonly proposedFen: bigint | null;
  readonly lpr: Lpr | undefined;
  /** The whole credit line, with what is proposed; null: nobody says what loans there are. */
  readonly creditFen: bigint | null;
  readonly inclusive: string[];
  readonly entrusted: boolean;
  /** Patents that have to be pledged for what is proposed. */
  readonly pledged: readonly string[];
  readonly pledgeRequired: boolean;
}

/** All figures and facts; the caps come from the table of limits, which reads some of the facts. */
export function figuresOf(
  policy: Policy,
  product: Product,
  application: Application,
  capsFor: (facts: Facts) => readonly Fired[],
): Figures {
  const { content, businessDate, lenderId } = application;
  if (policy.lenderId !== lenderId) throw new Error(`${policy.ref} is no policy of ${lenderId}.`);
  const years = lastYearsOf(content.enterprise, businessDate, policy.rules.yearsOldMax);
  const size = sizeOf(policy, application, years);
  const known = productFacts(policy, product, application, size);
  const amounts = amountsOf(product, policy.rules, application, years, known, capsFor(known));
  const { proposedFen } = amounts;
  const lpr =
    application.lpr === null
      ? undefined
      : lprFor(application.lpr, content.request.termMonths, product.price.lprBetween);
  const payees = payeesOf(content, proposedFen, policy.rules);
  const facts: Facts = {
    ...known,
    ...amounts.facts,
    lprKnown: lpr !== undefined,
    researchGate: researchGate(product, application, years),
    payeesState: payees.state,
  };
  const creditFen = creditOf(application, proposedFen);
  const pledgeRequired = needsPledge(product, proposedFen ?? 0n, facts.relatedParty);
  return {
    product,
    facts,
    size,
    years,
    need: amounts.need,
    limits: amounts.limits,
    binding: amounts.binding,
    proposedFen,
    lpr,
    creditFen,
    inclusive: inclusiveFlags(policy.sizes, size, creditFen),
    entrusted: payees.entrusted,
    pledged: pledgeRequired && isPledged(product) ? pledgedOf(application) : [],
    pledgeRequired,
  };
}

/** As scoring derived it, which knows the registry too; else by what the applicant declares. */
function sizeOf(
  policy: Policy,
  { score, content }: Application,
  years: LastYears | undefined,
): SizeClass {
  const derived = score.derived?.sizeClass;
  const known = sizeClasses.find((name) => name === derived);
  if (known !== undefined) return known;
  const { sector, staff, assets } = content.enterprise;
  const revenueFen = years?.revenueFen ?? null;
  const assetsFen = assets === null ? null : fenOfMoney(assets);
  return sizeClassOf(policy.sizes, { sector, staff, revenueFen, assetsFen });
}

export const sizeClasses: readonly SizeClass[] = ['micro', 'small', 'medium', 'large', 'unknown'];

/** Of what is locked, what still may be pledged by the newest findings. */
function pledgedOf({ pledge, score }: Application): string[] {
  return (pledge?.locked ?? []).filter((number) => score.bundle.usable.includes(number));
}

function amountsOf(
  product: Product,
  rules: LenderRules,
  application: Application,
  years: LastYears | undefined,
  { relatedParty }: Facts,
  rows: readonly Fired[],
) {
  const { content, exposureFen } = application;
  const askedFen = fenOfMoney(content.request.amount);
  const headroomFen = fenOfYuan(rules.exposurePerGroupYuan) - exposureFen;
  const caps = capsOf(rows);
  const band = caps.find(({ name, figure }) => name === 'need' && figure === 'fixed');
  const need = needOf(product, content.enterprise, years, band?.mostFen ?? null);
  const security = securityFen(product, application, years, relatedParty);
  const isSecured = product.security.kind !== 'none';
  const { limits, unknown } = limitsOf(caps, isSecured, (figure) => {
    switch (figure) {
      case 'asked':
        return askedFen;
      case 'need':
        return need.state === 'missing' ? null : maxFen(0n, need.fen);
      case 'security':
        return security;
      case 'product-cap':
        return fenOfYuan(product.amount.mostYuan);
      case 'exposure-headroom':
        return maxFen(0n, headroomFen);
      case 'none':
        return undefined;
      default:
        return null;
    }
  });
  const least = unknown ? undefined : leastOf(limits);
  const proposedFen = least?.fen ?? null;
  const facts = {
    needState: need.state,
    securityState:
      security === undefined ? 'none' : security === null ? 'missing' : among(security),
    exposureState: headroomFen <= 0n ? 'none' : among(headroomFen),
    proposedFen: figureOf(proposedFen ?? 0n),
    proposedReachesLeast: (proposedFen ?? 0n) >= fenOfYuan(product.amount.leastYuan),
  } satisfies Partial<Facts>;
  return { need, limits, binding: least?.name, proposedFen, facts };

  function among(fen: bigint): 'short' | 'enough' {
    return fen < askedFen ? 'short' : 'enough';
  }
}

/**
 * The whole credit line: loans known, this lender's promises, and this one; null where nobody says
 * what loans there are. Of what the applicant declares and what the bureau says the more counts.
 */
function creditOf(
  { content, exposureFen, score }: Application,
  proposedFen: bigint | null,
): bigint | null {
  const askedFen = fenOfMoney(content.request.amount);
  const capital = content.enterprise.workingCapital;
  const line = score.derived?.creditLine ?? null;
  const known = [
    ...(capital === null ? [] : [fenOfMoney(capital.existingLoans)]),
    ...(line === null ? [] : [fenOfMoney(line) - askedFen]),
  ];
  const [first, ...others] = known;
  if (first === undefined) return null;
  return maxFen(first, ...others) + exposureFen + (proposedFen ?? askedFen);
}

function payeesOf(
  { request }: ApplicationContent,
  proposedFen: bigint | null,
  rules: LenderRules,
): { state: Facts['payeesState']; entrusted: boolean } {
  const needed = proposedFen !== null && needsEntrusted(rules, proposedFen);
  if (request.payees.length === 0) return { state: needed ? 'missing' : 'none', entrusted: needed };
  const sumPayeesFen = sumFen(request.payees.map(({ amount }) => fenOfMoney(amount)));
  const fit = proposedFen === null || sumPayeesFen === proposedFen;
  return { state: fit ? 'fit' : 'unfit', entrusted: true };
}

/** What follows from the product, the request and the findings alone, before any amount. */
function productFacts(
  policy: Policy,
  product: Product,
  application: Application,
  size: SizeClass,
): Facts {
  const { content, score } = application;
  const { request, enterprise } = content;
  const months = product.termMonths;
  const { policyUpToYuan, officerUpToYuan, seniorOfficerUpToYuan } = product.authority;
  return {
    ...noFacts,
    productId: product.id,
    productOffered: true,
    ...purposeFacts(policy.rules, request.purpose),
    termInRange: request.termMonths >= months.least && request.termMonths <= months.most,
    repaymentOffered: product.repayments.includes(request.repayment),
    amountReachesLeast: fenOfMoney(request.amount) >= fenOfYuan(product.amount.leastYuan),
    sizeInScope: sizeInScope(product, size),
    sizeClass: size,
    usccValid: enterprise.usccValid,
    bureauConsent: bureauConsent(application),
    personsConsent: personsConsent(application),
    kycState: kycState(product, application),
    kycAdverse: kycAdverse(application).map(({ code }) => kycCodeOf(code)),
    enterpriseEnded: enterpriseEnded(application),
    adverseChecks: adverseChecks(application).map(({ code }) => checkOf(code)),
    unknownFacts: unknownFacts(product, application).length > 0,
    relatedParty: isRelated(policy.rules, application),
    adverseGrounds: [...new Set(adverseOf(product, application).map(({ ground }) => ground))],
    bundleNotes: [...new Set(notesOf(product, application).map(({ code }) => code))],
    lifeState: lifeState(product, application),
    coverageEnough: score.coveragePpm >= ppmOf(product.coverageAtLeast),
    grade: score.grade,
    gradeGate: gradeGate(policy, score, product),
    talentGate: talentGate(product, application),
    talentGrade: talentGradeOf(product, enterprise),
    needKind: product.need.kind,
    securityKind: product.security.kind,
    guaranteeState: guaranteeState(product, application),
    termMonths: request.termMonths,
    policyUpToFen: figureOf(fenOfYuan(policyUpToYuan)),
    officerUpToFen: figureOf(fenOfYuan(officerUpToYuan)),
    seniorOfficerUpToFen: figureOf(fenOfYuan(seniorOfficerUpToYuan)),
  };
}

/** One spelling of what people write: in full width or capitals, spaced as they like. */
export function spelledPurpose(text: string): string {
  return text.normalize('NFKC').replace(/\s+/g, ' ').trim().toLowerCase();
}

/** Doubtful: it names a barred purpose among other words. */
function purposeFacts({ purposesBarred }: LenderRules, purpose: string) {
  const spelled = spelledPurpose(purpose);
  const purposeBarred = purposesBarred.purposes.includes(spelled);
  const isNamed = purposesBarred.purposes.some((barred) => spelled.includes(barred));
  return { purposeBarred, purposeDoubtful: isNamed && !purposeBarred };
}

function sizeInScope({ sizes }: Product, size: SizeClass): Facts['sizeInScope'] {
  const restricted = sizeClasses.some((name) => name !== 'unknown' && !sizes.includes(name));
  if (!restricted || sizes.includes(size)) return 'yes';
  return size === 'unknown' ? 'unknown' : 'no';
}

function lifeState(product: Product, application: Application): Facts['lifeState'] {
  if (!isPledged(product)) return 'none';
  return shortLived(product, application).length > 0 ? 'short' : 'enough';
}

/** Itself or the head of its group: what its group does with the lender counts alike. */
function isRelated({ relatedParties }: LenderRules, { content, score }: Application): boolean {
  const head = score.derived?.groupHead ?? content.enterprise.uscc;
  return [content.enterprise.uscc, head].some((uscc) => relatedParties.usccs.includes(uscc));
}

/**
 * A grade that is none of the policy's is below its gate, and never far below; nor is one of which
 * nobody can say what it is low for.
 */
function gradeGate(
  policy: Policy,
  { grade, factors }: Application['score'],
  { gradeAtLeast, declineFromGrade }: Product,
): Facts['gradeGate'] {
  const { grades } = policy.rules;
  const place = grades.indexOf(grade);
  if (declineFromGrade !== null && place >= grades.indexOf(declineFromGrade) && place >= 0) {
    const weakest = weakestOf(policy, factors);
    const isReasoned = weakest.every(({ code }) => Object.hasOwn(policy.reasons.factors, code));
    return weakest.length > 0 && isReasoned ? 'far-below' : 'below';
  }
  if (gradeAtLeast === null) return 'none';
  return place >= 0 && place <= grades.indexOf(gradeAtLeast) ? 'met' : 'below';
}
