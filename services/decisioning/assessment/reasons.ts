// Coded reasons in both languages, heaviest first, with the figures behind them.
import { fenOfMoney, formatYuan } from '@saidao/values';
import type { Factor, Reason } from '@saidao/schemas';
import { ownRow, type Fired } from './rules.ts';
import type { Application, Figures } from './figures.ts';
import { factsOf, type Told } from './basis.ts';
import {
  adverseChecks,
  adverseOf,
  checkOf,
  kycAdverse,
  kycCodeOf,
  kycUnknown,
  notesOf,
  shortLived,
  unknownFacts,
  weakestOf,
} from './gates.ts';
import { ownOf } from './limits.ts';
import type { Policy } from './policy.ts';

/** Why less is offered than was asked: the limit that binds. */
const reductionCodes: Readonly<Record<string, string>> = {
  need: 'W02',
  security: 'V01',
  'score-band': 'L02',
  'product-cap': 'L03',
  'exposure-headroom': 'L01',
};

/** Codes that the code itself gives, whatever the tables say: every policy has a text for each. */
export const ownCodes = ['A01', 'M01', 'T01', ...Object.values(reductionCodes)];

export function reductionsOf({ binding }: Figures): Fired[] {
  const code = binding === undefined ? undefined : ownOf(reductionCodes, binding);
  return code === undefined ? [] : [ownRow('reduced', { code, weight: 50 })];
}

/** Figures that a reason stands on beside what its rule has read. */
const figuresOfCode: Readonly<Record<string, readonly string[]>> = {
  A01: ['coveragePpm'],
  B02: ['consents'],
  E01: ['payees', 'proposed'],
  E02: ['proposed'],
  F01: [],
  G01: ['guaranteeSharePpm'],
  K01: ['uscc'],
  L01: ['exposure', 'limit.exposure-headroom', 'asked'],
  L02: ['grade', 'limit.score-band', 'asked'],
  L03: ['limit.product-cap', 'asked'],
  M01: ['proposed', 'policyUpToFen'],
  R01: ['uscc'],
  S01: ['sizeClass'],
  S02: ['productId'],
  S03: ['purpose'],
  S05: ['purpose'],
  S04: ['termMonths', 'repayment', 'asked'],
  T02: ['research', 'revenue'],
  T08: ['equityRaised'],
  T09: ['talentGrade'],
  U01: ['notEstablished', 'businessDate'],
  V01: ['limit.security', 'asked'],
  V02: ['shortLived', 'termMonths'],
  W01: ['need'],
  W02: ['need', 'asked'],
};

interface Ground {
  readonly code: string;
  readonly weight: number;
  readonly detail: string | null | undefined;
  readonly facts: readonly string[];
}

export function reasonsOf(
  policy: Policy,
  application: Application,
  figures: Figures | undefined,
  rows: readonly Fired[],
  told: Told,
): Reason[] {
  const byCode = new Map<string, Ground[]>();
  for (const row of rows) {
    for (const ground of groundsOf(policy, application, figures, row)) {
      byCode.set(ground.code, [...(byCode.get(ground.code) ?? []), ground]);
    }
  }
  const ranked = [...byCode].map(([code, grounds]) => {
    const texts = ownOf(policy.reasons.reasons, code);
    if (texts === undefined) throw new Error(`The policy has no text for reason ${code}.`);
    const details = new Set(
      grounds.map(({ detail }) => detail ?? '').filter((text) => text !== ''),
    );
    const names = grounds.flatMap(({ facts }) => facts);
    return {
      code,
      weight: Math.max(...grounds.map(({ weight }) => weight)),
      zh: texts.zh,
      en: texts.en,
      detail: details.size === 0 ? null : [...details].join('; '),
      facts: factsOf(told, names),
    };
  });
  return ranked
    .sort((a, b) => (a.weight === b.weight ? (a.code < b.code ? -1 : 1) : b.weight - a.weight))
    .slice(0, policy.rules.reasonsMax);
}

function groundsOf(
  policy: Policy,
  application: Application,
  figures: Figures | undefined,
  { rule, reads, output }: Fired,
): Ground[] {
  const weight = Number(output['weight']);
  const code = String(output['code']);
  if (code === 'WEAKEST_FACTORS') {
    return weakestFactors(policy, application.score.factors, weight, reads);
  }
  const figuresRead = /^P\d\d$/.test(code)
    ? ['adversePatents']
    : (ownOf(figuresOfCode, code) ?? []);
  const detail = detailOf(code, rule, application, figures);
  return [{ code, weight, detail, facts: [...reads, ...figuresRead] }];
}

/** The factors that cost the score most: a score that is too low is no reason by itself. */
function weakestFactors(
  policy: Policy,
  factors: readonly Factor[],
  weight: number,
  reads: readonly string[],
): Ground[] {
  const lost = weakestOf(policy, factors);
  if (lost.length === 0) {
    const facts = [...reads, 'coveragePpm'];
    return [{ code: 'A01', weight, detail: missingFactors(factors), facts }];
  }
  return lost.map((factor, index) => {
    const expired =
      factor.code === 'QUALIFICATIONS_VALID' && (factor.value?.includes(' expired ') ?? false);
    return {
      code: expired ? 'T01' : (ownOf(policy.reasons.factors, factor.code) ?? 'M01'),
      weight: weight - index,
      detail: `${factor.code} ${factor.value}: ${factor.reason}`,
      facts: [`factor.${factor.code}`, 'grade', ...reads],
    };
  });
}

function missingFactors(factors: readonly Factor[]): string {
  return factors
    .filter(({ missing }) => missing)
    .map(({ code, reason }) => `${code}: ${reason}`)
    .join('; ');
}

/** The figures behind a reason. */
function detailOf(
  code: string,
  rule: string,
  application: Application,
  figures: Figures | undefined,
): string | null {
  if (figures === undefined) {
    return `${application.lenderId} has no ${application.content.productId}`;
  }
  return ruleDetail(rule, application, figures) ?? codeDetail(code, application, figures);
}

const missingOf: Readonly<Record<string, string>> = {
  'guarantee-missing': 'guarantee',
  'security-missing': 'value of the patents',
  'talent-missing': 'talents',
  'research-missing': 'research spending, revenue or equity raised',
  'size-unknown': 'staff, revenue or a known sector',
};

const checksOfRule: Readonly<Record<string, readonly string[]>> = {
  'enterprise-ended': ['REGISTRY'],
  'list-hit': ['DISHONEST_DEBTORS', 'SERIOUS_VIOLATIONS'],
  'registry-adverse': ['REGISTRY', 'OTHER'],
  'bureau-adverse': ['CREDIT_BUREAU'],
};

const notesOfRule: Readonly<Record<string, readonly string[]>> = {
  'value-noted': [
    'INTERNAL_VALUE_UNKNOWN',
    'APPRAISAL_MISSING',
    'APPRAISAL_UNCONFIRMED',
    'APPRAISAL_OUT_OF_DATE',
  ],
  'right-noted': [
    'GROUND_WAIVED',
    'SAME_DAY_PAIR',
    'INVALIDATED_IN_PART',
    'EXCLUSIVE_LICENCE',
    'COLLATERAL_CHANGED',
  ],
};

function ruleDetail(rule: string, application: Application, figures: Figures): string | undefined {
  const { content, score, businessDate } = application;
  const missing = ownOf(missingOf, rule);
  if (missing !== undefined) return `missing: ${missing}`;
  switch (rule) {
    case 'need-missing':
      return figures.need.state === 'missing' ? `missing: ${figures.need.what}` : undefined;
    case 'coverage-low':
      return missingFactors(score.factors);
    case 'facts-unknown':
      return `not established: ${unknownFacts(figures.product, application).join(', ')}`;
    case 'kyc-unknown':
      return `not established: ${kycUnknown(figures.product, application).join(', ')}`;
    case 'list-hit':
    case 'enterprise-ended':
    case 'registry-adverse':
    case 'bureau-adverse':
      return adverseChecks(application)
        .filter(({ code }) => checksOfRule[rule]?.includes(checkOf(code)))
        .map(({ code, reason }) => `${code}: ${reason}`)
        .join('; ');
    case 'value-noted':
    case 'right-noted':
      return notesOf(figures.product, application)
        .filter(({ code }) => notesOfRule[rule]?.includes(code))
        .map(({ en, patents }) => `${en} (${patents.join(', ')})`)
        .join('; ');
    case 'lpr-unknown':
      return `no loan prime rate is known for ${businessDate}`;
    case 'guarantee-unknown':
    case 'guarantee-refused':
    case 'guarantee-short':
      return content.guarantee?.institution;
    case 'life-short':
      return shortLived(figures.product, application).join(', ');
    case 'by-officer':
    case 'by-officer-raised':
    case 'by-senior-officer':
    case 'by-committee':
      return `above the automatic ${formatYuan(BigInt(figures.facts.policyUpToFen))}`;
    default:
      return kycDetail(rule, application);
  }
}

/** Rows about who the applicant is are called after the check. */
function kycDetail(rule: string, application: Application): string | undefined {
  if (!rule.startsWith('kyc-')) return undefined;
  const code = rule.slice('kyc-'.length).toUpperCase().replaceAll('-', '_');
  const found = kycAdverse(application).filter((finding) => kycCodeOf(finding.code) === code);
  return found.length === 0 ? undefined : found.map(({ reason }) => reason).join('; ');
}

function codeDetail(code: string, application: Application, figures: Figures): string | null {
  const { content, score } = application;
  const { request, enterprise } = content;
  const asked = formatYuan(fenOfMoney(request.amount));
  const limit = (name: string) => {
    const fen = figures.limits.find((one) => one.name === name)?.fen;
    return `${fen == null ? 'unknown' : formatYuan(fen)} of ${asked} asked`;
  };
  if (/^P\d\d$/.test(code)) {
    return adverseOf(figures.product, application)
      .filter(({ ground }) => ground === `PL${code.slice(1)}`)
      .map(({ number }) => number)
      .join(', ');
  }
  switch (code) {
    case 'K01':
    case 'R01':
      return enterprise.uscc;
    case 'V01':
      return `can lend ${limit('security')}`;
    case 'W01':
    case 'W02':
      return `need ${limit('need')}`;
    case 'L01':
      return `headroom ${limit('exposure-headroom')}`;
    case 'L02':
      return `grade ${score.grade}: ${limit('score-band')}`;
    case 'L03':
      return `most ${limit('product-cap')}`;
    case 'S01':
      return figures.size;
    case 'S03':
    case 'S05':
      return request.purpose;
    case 'S04':
      return `${request.termMonths} months, ${request.repayment}, ${asked}`;
    default:
      return null;
  }
}
