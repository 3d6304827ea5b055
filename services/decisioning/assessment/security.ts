// What may be lent on the security: a pledge, a guarantee, a risk pool, or a pledge and a part without.
import {
  fenOfMoney,
  fenOfYuan,
  maxFen,
  minFen,
  mulDivHalfUp,
  ppmOf,
  sumFen,
  type Fen,
} from '@saidao/values';
import type { Bundle, Guarantee, PatentFinding } from '@saidao/schemas';
import type { Application } from './figures.ts';
import { ownOf, type LastYears } from './limits.ts';
import type { PledgeRule, Product, SecurityRule } from './policy.ts';

const WHOLE_PPM = 1_000_000;

/** Null: not known; undefined: the product asks for none. */
export function securityFen(
  { security: rule }: Product,
  { score, pledge }: Application,
  years: LastYears | undefined,
  relatedParty: boolean,
): Fen | null | undefined {
  switch (rule.kind) {
    case 'none':
      return undefined;
    case 'pledge':
      return pledgeLimitFen(rule, score.bundle, pledge?.locked ?? []);
    case 'mixed': {
      const pledgedFen = pledgeLimitFen(rule, score.bundle, pledge?.locked ?? []);
      return pledgedFen === null ? null : pledgedFen + unsecuredFen(rule, relatedParty);
    }
    case 'guarantee':
      return coveredFen(fenOfYuan(rule.uncoveredMostYuan), confirmedSharePpm(score));
    case 'risk-pool':
      return pooledFen(rule, years?.revenueFen ?? null);
  }
}

/** 商业银行法 art. 40: a related party is lent nothing without security. */
function unsecuredFen(
  { unsecuredMostYuan }: Extract<SecurityRule, { kind: 'mixed' }>,
  relatedParty: boolean,
): Fen {
  return relatedParty ? 0n : fenOfYuan(unsecuredMostYuan);
}

/** Whether a loan of this amount is secured by the patents that are locked. */
export function needsPledge({ security: rule }: Product, amountFen: Fen, related: boolean) {
  if (rule.kind === 'mixed') return amountFen > unsecuredFen(rule, related);
  return rule.kind === 'pledge';
}

/** What the guarantor has said that it bears, which need not be what the applicant says. */
export function confirmedGuarantee({ guarantee }: Application['score']): Guarantee | null {
  if (guarantee?.result !== 'CLEAR') return null;
  const { institution, sharePpm } = guarantee;
  return { institution, sharePpm };
}

/** What nobody has confirmed bears nothing. */
export function confirmedSharePpm(score: Application['score']): number {
  return confirmedGuarantee(score)?.sharePpm ?? 0;
}

/** The largest loan of which the uncovered part stays within its bound; null: all is covered. */
function coveredFen(uncoveredMostFen: Fen, sharePpm: number): Fen | undefined {
  const uncoveredPpm = BigInt(WHOLE_PPM - sharePpm);
  if (uncoveredPpm <= 0n) return undefined;
  return (uncoveredMostFen * BigInt(WHOLE_PPM)) / uncoveredPpm;
}

/** By the tier that lets the most be lent; unknown revenue opens no tier that asks for it. */
function pooledFen(
  rule: Extract<SecurityRule, { kind: 'risk-pool' }>,
  revenueFen: Fen | null,
): Fen | null {
  const open = rule.tiers.filter(
    ({ revenueMostYuan }) =>
      revenueMostYuan === null || (revenueFen !== null && revenueFen <= fenOfYuan(revenueMostYuan)),
  );
  const [first, ...others] = open.map(({ share, loanMostYuan }) => {
    const loanMostFen = fenOfYuan(loanMostYuan);
    const coveredMostFen = coveredFen(fenOfYuan(rule.uncoveredMostYuan), ppmOf(share));
    return coveredMostFen === undefined ? loanMostFen : minFen(loanMostFen, coveredMostFen);
  });
  if (first === undefined) return revenueFen === null ? null : 0n;
  return maxFen(first, ...others);
}

/**
 * What may be lent on the patents that are locked for us: the lending value of the usable ones,
 * apportioned by appraisal, times the pledge rate of each kind; rounded half up once. Where one
 * has no appraisal, all count alike, at the lowest rate among them. Null: there is no value.
 */
export function pledgeLimitFen(
  rule: Pick<PledgeRule, 'rates'>,
  bundle: Bundle,
  lockedPatents: readonly string[],
): bigint | null {
  // A patent whose value another bears has no part in it, and nothing is lent on it.
  const usable = bundle.findings.filter(
    ({ number, valued }) => valued && bundle.usable.includes(number),
  );
  const locked = usable.filter(({ number }) => lockedPatents.includes(number));
  if (locked.length === 0) return 0n;
  if (bundle.lendingValue === null) return null;
  const value = fenOfMoney(bundle.lendingValue);
  // Verification's rate is the ceiling of a kind; a product may lend less.
  const rateOf = ({ kind, pledgeRatePpm }: PatentFinding) => {
    const ownPpm = ppmOf(ownOf(rule.rates, kind ?? '') ?? '0');
    return BigInt(Math.min(ownPpm, pledgeRatePpm ?? ownPpm));
  };
  const appraised = usable.map((finding) =>
    finding.appraised === null ? 0n : fenOfMoney(finding.appraised),
  );
  if (appraised.some((fen) => fen <= 0n)) {
    const rates = usable.map(rateOf);
    const lowest = rates.reduce((least, rate) => (rate < least ? rate : least));
    return mulDivHalfUp(value * BigInt(locked.length), lowest, BigInt(usable.length) * 1_000_000n);
  }
  const weighted = sumFen(
    locked.map((finding) => {
      const { appraised: money } = finding;
      return (money === null ? 0n : fenOfMoney(money)) * rateOf(finding);
    }),
  );
  return mulDivHalfUp(value, weighted, sumFen(appraised) * 1_000_000n);
}
