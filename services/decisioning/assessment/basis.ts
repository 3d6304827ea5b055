// All that a decision stood on: facts by name, findings that are not clear, limits and rules.
import {
  cny,
  fenOfMoney,
  fenOfYuan,
  formatYuan,
  inclusiveFlags,
  sumFen,
  toJson,
} from '@saidao/values';
import type { DecisionBasis, DecisionFinding, Fact, Money, RuleFired } from '@saidao/schemas';
import type { Facts } from './facts.ts';
import { sizeClasses, type Application, type Figures } from './figures.ts';
import { adverseOf, isUnknown, kycUnknown, shortLived, unknownFacts } from './gates.ts';
import type { Policy, Product } from './policy.ts';
import { gateOf, type Fired, type TableName } from './rules.ts';
import { confirmedSharePpm } from './security.ts';

/** Facts by name, each as its canonical JSON: what rules could read, and the figures behind. */
export type Told = ReadonlyMap<string, string>;

export function factsOf(told: Told, names: Iterable<string>): Fact[] {
  const facts: Fact[] = [];
  for (const name of new Set(names)) {
    const value = told.get(name);
    if (value !== undefined) facts.push({ name, value });
  }
  return facts;
}

/** Of a product that the lender does not have nothing but the request is known. */
export function toldOf(application: Application, figures: Figures | undefined, facts: Facts): Told {
  const told = new Map<string, string>();
  const tell = (some: object) => {
    for (const [name, value] of Object.entries(some)) told.set(name, toJson(value));
  };
  const { productOffered } = facts;
  tell(figures === undefined ? { productOffered } : facts);
  tell(requestFigures(application));
  if (figures !== undefined) {
    tell(amountFigures(application, figures));
    for (const { name, fen } of figures.limits) told.set(`limit.${name}`, yuanJson(fen));
  }
  for (const { code, missing, points, maxPoints } of application.score.factors) {
    const sharePpm = missing || maxPoints <= 0 ? null : Math.floor((points * 1e6) / maxPoints);
    told.set(`factor.${code}`, toJson(sharePpm));
  }
  return told;
}

const yuanOf = (fen: bigint | null): string | null => (fen === null ? null : formatYuan(fen));
const yuanJson = (fen: bigint | null): string => (fen === null ? 'null' : `"${formatYuan(fen)}"`);

/** Figures that need no product. Amounts are yuan as text, which holds every fen of them. */
function requestFigures({ content, businessDate, score, exposureFen }: Application) {
  const { request, enterprise } = content;
  return {
    productId: content.productId,
    uscc: enterprise.uscc,
    businessDate,
    asked: formatYuan(fenOfMoney(request.amount)),
    termMonths: request.termMonths,
    purpose: request.purpose,
    repayment: request.repayment,
    payees: formatYuan(sumFen(request.payees.map(({ amount }) => fenOfMoney(amount)))),
    exposure: formatYuan(exposureFen),
    coveragePpm: score.coveragePpm,
    grade: score.grade,
    consents: consentsOf(content, score),
  };
}

/** Written consents under which the bureaus were asked, about the enterprise and about persons. */
function consentsOf({ kyc }: Application['content'], { checks }: Application['score']): string[] {
  const ids = [...checks, ...(kyc ?? [])].flatMap(({ consentId }) => consentId?.split(', ') ?? []);
  return [...new Set(ids)];
}

function amountFigures(application: Application, figures: Figures) {
  const { product, need, proposedFen, creditFen, inclusive, lpr, years } = figures;
  const { content, score } = application;
  const { equityRaised } = content.enterprise;
  return {
    need: need.state === 'missing' ? null : formatYuan(need.fen),
    proposed: yuanOf(proposedFen),
    credit: yuanOf(creditFen),
    inclusive,
    lprPpm: lpr?.ratePpm ?? null,
    lprDate: lpr?.date ?? null,
    lastYear: years?.year ?? null,
    revenue: yuanOf(years?.revenueFen ?? null),
    research: yuanOf(years?.researchFen ?? null),
    equityRaised: equityRaised === null ? null : formatYuan(fenOfMoney(equityRaised)),
    guaranteeSharePpm: confirmedSharePpm(score),
    notEstablished: [...unknownFacts(product, application), ...kycUnknown(product, application)],
    adversePatents: adverseOf(product, application).map(
      ({ ground, number }) => `${ground} ${number}`,
    ),
    shortLived: shortLived(product, application),
  };
}

/** Definitions that the whole credit line meets with this amount, where policy proposes another. */
export function inclusiveWith(
  policy: Policy,
  { facts, proposedLimit, sizeClass }: DecisionBasis,
  amount: Money,
): string[] {
  const credit = facts.find(({ name }) => name === 'credit')?.value ?? 'null';
  if (credit === 'null' || proposedLimit === null) return [];
  const othersFen = fenOfYuan(JSON.parse(credit) as string) - fenOfMoney(proposedLimit);
  const size = sizeClasses.find((name) => name === sizeClass) ?? 'unknown';
  return inclusiveFlags(policy.sizes, size, othersFen + fenOfMoney(amount));
}

/** A rule that fired, of whichever table. */
export interface RowFired {
  readonly table: TableName;
  readonly row: Fired;
}

/** In the order of the gates; within one as the tables are asked. */
export function rulesFired(rows: readonly RowFired[], told: Told): RuleFired[] {
  return rows
    .map(({ table, row }) => ({ table, row, gate: gateOf(table, row) }))
    .sort((a, b) => a.gate - b.gate)
    .map(({ table, row }) => ({
      table,
      rule: row.rule,
      output: row.said,
      inputs: factsOf(told, row.reads),
    }));
}

/** Every check, ground and confirmation that is not clear, whether or not it counted. */
export function findingsOf({ content, score, pledge }: Application): DecisionFinding[] {
  const { uscc } = content.enterprise;
  const found: DecisionFinding[] = [];
  for (const { code, result, reason, naturalPersons } of content.kyc ?? []) {
    if (result !== 'CLEAR') found.push({ subject: uscc, code, result, reason, naturalPersons });
  }
  const add = (subject: string, code: string, result: DecisionFinding['result'], reason: string) =>
    result === 'CLEAR' || found.push({ subject, code, result, reason, naturalPersons: false });
  for (const { code, result, reason } of score.checks) add(uscc, code, result, reason);
  for (const { number, grounds } of score.bundle.findings) {
    for (const { code, result, reason } of grounds) add(number, code, result, reason);
  }
  for (const refusal of pledge?.refused ?? []) {
    const result = isUnknown(refusal) ? 'UNKNOWN' : 'ADVERSE';
    add(refusal.number, refusal.ground, result, refusal.reason);
  }
  if (score.guarantee !== null) {
    add(uscc, 'GUARANTEE', score.guarantee.result, score.guarantee.institution);
  }
  return found;
}

/** What the event says of figures and score, before outcome and rules. */
export function figuresBasis(
  policy: Policy,
  application: Application,
  product: Product | undefined,
  figures: Figures | undefined,
) {
  const { score } = application;
  const money = (fen: bigint | null) => (fen === null ? null : cny(fen));
  return {
    policyId: policy.lenderId,
    policyVersion: policy.version,
    policyDigest: policy.digest,
    productVersion: product?.version ?? null,
    businessDate: application.businessDate,
    scoreCard: `${score.cardId}@${score.cardVersion}`,
    scorePoints: score.points,
    scoreDigest: score.cardDigest,
    scoreInputHash: score.inputHash,
    grade: score.grade,
    coveragePpm: score.coveragePpm,
    sizeClass: figures?.size ?? 'unknown',
    inclusive: figures?.inclusive ?? [],
    need: figures === undefined || figures.need.state === 'missing' ? null : cny(figures.need.fen),
    limits: (figures?.limits ?? []).map(({ name, fen }) => ({
      name,
      amount: money(fen),
      binding: name === figures?.binding,
    })),
    proposedLimit: money(figures?.proposedFen ?? null),
    exposure: cny(application.exposureFen),
  } satisfies Partial<DecisionBasis>;
}
