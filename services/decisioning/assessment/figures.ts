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
  adverseOf,
  guaranteeState,
  researchGate,
  shortLived,
  talentGate,
  adverseChecks,
  checkOf,
  bureauConsent,
  notesOf,
  unknownFacts,
} from './gates.ts';
import {
  lastYearsOf,
  leastOf,
  needOf,
  ownOf,
  pledgeLimitFen,
  type LastYears,
  type NamedLimit,
  type Need,
} from './limits.ts';
import type { LenderRules, Policy, Product } from './policy.ts';
import { lprFor, type Lpr, type LprRates } from './price.ts';

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
  /** What this lender has promised or lent the enterprise in other applications. */
  readonly exposureFen: bigint;
  /** In force on the business date; null: not known. */
  readonly lpr: LprRates | null;
}

export interface Figures {
  readonly product: Product;
  readonly facts: Facts;
  readonly size: SizeClass;
  readonly need: Need;
  readonly limits: readonly NamedLimit[];
  readonly binding: string | undefined;
  /** Null: the need or the value of the patents is not known, so nothing can be proposed. */
  readonly proposedFen: bigint | null;
  readonly lpr: Lpr | undefined;
  readonly inclusive: string[];
  readonly entrusted: boolean;
  readonly pledged: readonly string[];
}

export function figuresOf(policy: Policy, product: Product, application: Application): Figures {
  const { content, businessDate, lenderId } = application;
  if (policy.lenderId !== lenderId) throw new Error(`${policy.ref} is no policy of ${lenderId}.`);
  const years = lastYearsOf(content.enterprise, businessDate, policy.rules.yearsOldMax);
  const amounts = amountsOf(product, policy.rules, application, years);
  const { proposedFen } = amounts;
  const size = sizeOf(policy, application, years);
  const lpr =
    application.lpr === null
      ? undefined
      : lprFor(application.lpr, content.request.termMonths, product.price.lprBetween);
  const payees = payeesOf(content, proposedFen, fenOfYuan(policy.rules.entrustedPaymentAboveYuan));
  const facts: Facts = {
    ...productFacts(policy, product, application, size),
    ...amounts.facts,
    unknownFacts: unknownFacts(product, application).length > 0,
    adverseGrounds: adverseOf(product, application).map(({ ground }) => ground),
    adverseChecks: adverseChecks(application).map(({ code }) => checkOf(code)),
    bureauConsent: bureauConsent(application),
    bundleNotes: notesOf(product, application).map(({ code }) => code),
    lprKnown: lpr !== undefined,
    lifeState: shortLived(product, application).length > 0 ? 'short' : 'enough',
    guaranteeState: guaranteeState(product, application),
    talentGate: talentGate(product, application),
    researchGate: researchGate(product, application, years),
    payeesState: payees.state,
  };
  return {
    product,
    facts,
    size,
    need: amounts.need,
    limits: amounts.limits,
    binding: amounts.binding,
    proposedFen,
    lpr,
    inclusive: inclusiveFlags(policy.sizes, size, creditOf(application, proposedFen)),
    entrusted: payees.entrusted,
    pledged: product.security.kind === 'pledge' ? pledgedOf(application) : [],
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

const sizeClasses: readonly SizeClass[] = ['micro', 'small', 'medium', 'large', 'unknown'];

/** Of what is locked, what still may be pledged by the newest findings. */
function pledgedOf({ pledge, score }: Application): string[] {
  return (pledge?.locked ?? []).filter((number) => score.bundle.usable.includes(number));
}

function amountsOf(
  product: Product,
  rules: LenderRules,
  { content, score, pledge, exposureFen }: Application,
  years: LastYears | undefined,
) {
  const askedFen = fenOfMoney(content.request.amount);
  const need = needOf(product, content.enterprise, years);
  const headroomFen = fenOfYuan(rules.exposurePerGroupYuan) - exposureFen;
  const rule = product.security;
  const securityFen =
    rule.kind === 'pledge' ? pledgeLimitFen(rule, score.bundle, pledge?.locked ?? []) : null;
  const bands = product.scoreBandsYuan;
  const limits: NamedLimit[] = [
    { name: 'asked', fen: askedFen },
    { name: 'need', fen: need.state === 'missing' ? null : maxFen(0n, need.fen) },
    { name: 'security', fen: securityFen },
    { name: 'score-band', fen: bands && fenOfYuan(ownOf(bands, score.grade) ?? '0') },
    { name: 'product-cap', fen: fenOfYuan(product.amount.mostYuan) },
    { name: 'exposure-headroom', fen: maxFen(0n, headroomFen) },
  ];
  const unknown = need.state === 'missing' || (rule.kind === 'pledge' && securityFen === null);
  const least = unknown ? undefined : leastOf(limits);
  const proposedFen = least?.fen ?? null;
  const facts = {
    needState: need.state,
    securityState:
      rule.kind !== 'pledge' ? 'none' : securityFen === null ? 'missing' : among(securityFen),
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
  entrustedAboveFen: bigint,
): { state: Facts['payeesState']; entrusted: boolean } {
  const above = proposedFen !== null && proposedFen > entrustedAboveFen;
  if (request.payees.length === 0) return { state: above ? 'missing' : 'none', entrusted: above };
  const sumPayeesFen = sumFen(request.payees.map(({ amount }) => fenOfMoney(amount)));
  const fit = proposedFen === null || sumPayeesFen === proposedFen;
  return { state: fit ? 'fit' : 'unfit', entrusted: true };
}

/** What follows from the product, the request and the score alone. */
function productFacts(
  policy: Policy,
  product: Product,
  { content, score }: Application,
  size: SizeClass,
): Facts {
  const { request } = content;
  const months = product.termMonths;
  const restricted = ['micro', 'small', 'medium', 'large'].some(
    (name) => !product.sizes.includes(name),
  );
  const inScope = !restricted || product.sizes.includes(size);
  return {
    ...noFacts,
    productOffered: true,
    purposeBarred: policy.rules.purposesBarred.purposes.includes(
      request.purpose.trim().toLowerCase(),
    ),
    termInRange: request.termMonths >= months.least && request.termMonths <= months.most,
    repaymentOffered: product.repayments.includes(request.repayment),
    amountReachesLeast: fenOfMoney(request.amount) >= fenOfYuan(product.amount.leastYuan),
    sizeInScope: inScope ? 'yes' : size === 'unknown' ? 'unknown' : 'no',
    sizeClass: size,
    usccValid: content.enterprise.usccValid,
    coverageEnough: score.coveragePpm >= ppmOf(product.coverageAtLeast),
    grade: score.grade,
    gradeGate: gradeGate(policy.rules.grades, score.grade, product.gradeAtLeast),
    securityKind: product.security.kind,
    termMonths: request.termMonths,
    automaticUpToFen: figureOf(fenOfYuan(product.automaticUpToYuan)),
  };
}

function gradeGate(
  grades: readonly string[],
  grade: string,
  atLeast: string | null,
): Facts['gradeGate'] {
  if (atLeast === null) return 'none';
  const place = grades.indexOf(grade);
  return place >= 0 && place <= grades.indexOf(atLeast) ? 'met' : 'below';
}
