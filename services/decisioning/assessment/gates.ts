// Gates of products and findings about patents: met, unmet or missing, and never two of them.
import { addMonths, fenOfMoney, fenOfYuan, ppmOf } from '@saidao/values';
import type { BundleNote, EnterpriseCheck, PledgeRefusal } from '@saidao/schemas';
import type { Facts } from './facts.ts';
import type { Application } from './figures.ts';
import { qualifiedTalents, type LastYears } from './limits.ts';
import type { Product } from './policy.ts';

/** Grounds adverse to a pledge, by patent: the register's, and those of who holds it here. */
export function adverseOf(
  product: Product,
  { content, score, pledge }: Application,
): PledgeRefusal[] {
  if (product.security.kind !== 'pledge') return [];
  const found = new Map<string, PledgeRefusal>();
  const offered = new Set(content.patents.map(({ number }) => number));
  for (const finding of score.bundle.findings) {
    for (const { code, result, reason } of finding.grounds) {
      if (result !== 'ADVERSE' || !offered.has(finding.number)) continue;
      found.set(`${code} ${finding.number}`, { number: finding.number, ground: code, reason });
    }
  }
  for (const refusal of pledge?.refused ?? []) {
    if (isUnknown(refusal)) continue;
    found.set(`${refusal.ground} ${refusal.number}`, refusal);
  }
  return [...found.values()];
}

/** The pledge line says so where it could not find out: the reason begins with this word. */
const isUnknown = ({ reason }: PledgeRefusal) => reason.startsWith('UNKNOWN');

/** The grounds that a score stands on: whether the right stands and is the applicant's. */
const scoredGrounds = ['PL01', 'PL02', 'PL03'];

/** Patents of which a ground that counts is unknown: silence, or what cannot be told. */
export function unknownPatents(product: Product, { score, pledge }: Application): string[] {
  const counts = (code: string) =>
    product.security.kind === 'pledge' || scoredGrounds.includes(code);
  const silent = score.bundle.findings
    .filter(({ grounds }) =>
      grounds.some(({ code, result }) => result === 'UNKNOWN' && counts(code)),
    )
    .map(({ number }) => number);
  const unheard = (pledge?.refused ?? []).filter(isUnknown).map(({ number }) => number);
  return [...new Set([...silent, ...unheard])];
}

/** The checks that are always made; another one counts as OTHER where it is adverse. */
const checkCodes = ['REGISTRY', 'DISHONEST_DEBTORS', 'SERIOUS_VIOLATIONS', 'CREDIT_BUREAU'];

/** What could not be established: patents by number, checks of the enterprise by code. */
export function unknownFacts(product: Product, application: Application): string[] {
  const { checks } = application.score;
  // A check that nobody made is no clear one.
  const made = new Set([...checkCodes, ...checks.map(({ code }) => code)]);
  const unknown = [...made].filter((code) => {
    if (code === 'CREDIT_BUREAU' && bureauConsent(application) === 'missing') return false;
    const check = checks.find((one) => one.code === code);
    return check === undefined || check.result === 'UNKNOWN';
  });
  return [...unknownPatents(product, application), ...unknown];
}

export const checkOf = (code: string): string => (checkCodes.includes(code) ? code : 'OTHER');

export function adverseChecks({ score }: Application): EnterpriseCheck[] {
  return score.checks.filter(({ result }) => result === 'ADVERSE');
}

/** Without a written consent the bureau was not asked, which the applicant can mend. */
export function bureauConsent({ score }: Application): Facts['bureauConsent'] {
  const check = score.checks.find(({ code }) => code === 'CREDIT_BUREAU');
  return check !== undefined && check.consentId === null ? 'missing' : 'given';
}

/** What an officer has to know of the patents; nothing where they secure nothing. */
export function notesOf(product: Product, { score }: Application): readonly BundleNote[] {
  return product.security.kind === 'pledge' ? score.bundle.notes : [];
}

export function shortLived(
  product: Product,
  { pledge, score, businessDate, content }: Application,
): string[] {
  const rule = product.security;
  if (rule.kind !== 'pledge') return [];
  const until = addMonths(businessDate, content.request.termMonths + rule.lifeBeyondTermMonths);
  return score.bundle.findings
    .filter(({ number }) => pledge?.locked.includes(number) ?? false)
    .filter(({ expires }) => expires === null || expires < until)
    .map(({ number }) => number);
}

export function guaranteeState(
  product: Product,
  { content, score }: Application,
): Facts['guaranteeState'] {
  if (product.security.kind !== 'guarantee') return 'none';
  if (content.guarantee === null) return 'missing';
  if (score.guarantee === null || score.guarantee.result === 'UNKNOWN') return 'unknown';
  if (score.guarantee.result === 'ADVERSE') return 'refused';
  return score.guarantee.sharePpm >= ppmOf(product.security.shareAtLeast) ? 'confirmed' : 'short';
}

export function talentGate(product: Product, { content }: Application): Facts['talentGate'] {
  if (product.talent === null) return 'none';
  const talents = content.enterprise.talents;
  if (talents === null) return 'missing';
  return qualifiedTalents(product, talents).length > 0 ? 'met' : 'unmet';
}

export function researchGate(
  product: Product,
  { content }: Application,
  years: LastYears | undefined,
): Facts['researchGate'] {
  const rule = product.research;
  if (rule === null) return 'none';
  const equity = content.enterprise.equityRaised;
  const spent = years?.researchFen ?? null;
  if (years === undefined || spent === null || equity === null) return 'missing';
  // Multiplied out: no rounding at the threshold, and no revenue is no obstacle.
  if (spent * 1_000_000n < years.revenueFen * BigInt(ppmOf(rule.intensityAtLeast))) {
    return 'low-intensity';
  }
  return fenOfMoney(equity) >= fenOfYuan(rule.equityAtLeastYuan) ? 'met' : 'no-milestone';
}
