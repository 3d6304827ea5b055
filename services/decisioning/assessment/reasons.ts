// Coded reasons in both languages, heaviest first, with the figures behind them.
import { fenOfMoney, formatYuan } from '@saidao/values';
import type { Factor, Reason } from '@saidao/schemas';
import type { Fired } from './rules.ts';
import type { Application, Figures } from './figures.ts';
import { adverseChecks, adverseOf, checkOf, notesOf, shortLived, unknownFacts } from './gates.ts';
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

export function reductionsOf({ binding }: Figures): Fired[] {
  const code = binding === undefined ? undefined : ownOf(reductionCodes, binding);
  return code === undefined ? [] : [{ rule: 'reduced', inputs: [], output: { code, weight: 50 } }];
}

export function reasonsOf(
  policy: Policy,
  application: Application,
  figures: Figures | undefined,
  rows: readonly Fired[],
): Reason[] {
  const byCode = new Map<string, Reason>();
  for (const { rule, output } of rows) {
    const weight = Number(output['weight']);
    const code = String(output['code']);
    const found =
      code === 'WEAKEST_FACTORS'
        ? weakestFactors(policy, application.score.factors, weight)
        : [{ code, weight, detail: detailOf(code, rule, application, figures) }];
    for (const one of found) {
      const texts = ownOf(policy.reasons.reasons, one.code);
      if (texts === undefined) throw new Error(`The policy has no text for reason ${one.code}.`);
      const before = byCode.get(one.code);
      const details = [before?.detail, one.detail].filter((text) => text != null && text !== '');
      byCode.set(one.code, {
        code: one.code,
        weight: Math.max(one.weight, before?.weight ?? 0),
        ...texts,
        detail: details.length === 0 ? null : [...new Set(details)].join('; '),
        facts: [],
      });
    }
  }
  const ranked = [...byCode.values()].sort((a, b) =>
    a.weight === b.weight ? (a.code < b.code ? -1 : 1) : b.weight - a.weight,
  );
  return ranked.slice(0, policy.rules.reasonsMax);
}

/** The factors that cost the score most: a score that is too low is no reason by itself. */
function weakestFactors(policy: Policy, factors: readonly Factor[], weight: number) {
  const lost = factors
    .filter(({ missing, points, maxPoints }) => !missing && points < maxPoints)
    .sort((a, b) => b.maxPoints - b.points - (a.maxPoints - a.points))
    .slice(0, policy.rules.reasonsMax - 1);
  const found = lost.map((factor, index) => {
    const expired =
      factor.code === 'QUALIFICATIONS_VALID' && (factor.value?.includes(' expired ') ?? false);
    const code = expired ? 'T01' : (ownOf(policy.reasons.factors, factor.code) ?? 'M01');
    return {
      code,
      weight: weight - index,
      detail: `${factor.code} ${factor.value}: ${factor.reason}`,
    };
  });
  return found.length > 0 ? found : [{ code: 'A01', weight, detail: missingFactors(factors) }];
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
    case 'list-hit':
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
    case 'by-officers':
      return `above the automatic ${formatYuan(BigInt(figures.facts.automaticUpToFen))}`;
    default:
      return undefined;
  }
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
      return request.purpose;
    case 'S04':
      return `${request.termMonths} months, ${request.repayment}, ${asked}`;
    default:
      return null;
  }
}
