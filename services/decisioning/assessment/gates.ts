// Gates and the findings behind them: met, unmet, unknown or missing, and never two of them.
import { addMonths, fenOfMoney, fenOfYuan, ppmOf } from '@saidao/values';
import type {
  BundleNote,
  EnterpriseCheck,
  Factor,
  Finding,
  KycFinding,
  PledgeRefusal,
} from '@saidao/schemas';
import type { Facts } from './facts.ts';
import type { Application, Figures } from './figures.ts';
import { qualifiedTalents, type LastYears } from './limits.ts';
import type { Policy, Product } from './policy.ts';
import { confirmedSharePpm } from './security.ts';

/** Whether patents may secure it. */
export const isPledged = ({ security }: Product): boolean =>
  security.kind === 'pledge' || security.kind === 'mixed';

/** Grounds adverse to a pledge, by patent: the register's, and those of who holds it here. */
export function adverseOf(
  product: Product,
  { content, score, pledge }: Application,
): PledgeRefusal[] {
  if (!isPledged(product)) return [];
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
export const isUnknown = ({ reason }: PledgeRefusal) => reason.startsWith('UNKNOWN');

/** The grounds that a score stands on: whether the right stands and is the applicant's. */
const scoredGrounds = ['PL01', 'PL02', 'PL03'];

/** Patents of which a ground that counts is unknown: silence, or what cannot be told. */
export function unknownPatents(product: Product, { score, pledge }: Application): string[] {
  const counts = (code: string) => isPledged(product) || scoredGrounds.includes(code);
  const silent = score.bundle.findings
    .filter(({ grounds }) =>
      grounds.some(({ code, result }) => result === 'UNKNOWN' && counts(code)),
    )
    .map(({ number }) => number);
  const unheard = (pledge?.refused ?? []).filter(isUnknown).map(({ number }) => number);
  return [...new Set([...silent, ...unheard])];
}

/** Only grounds against a pledge can be waived: of a check that says so nothing is established. */
const isEstablished = (result: Finding): boolean => result === 'CLEAR' || result === 'ADVERSE';

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
    return check === undefined || !isEstablished(check.result);
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

/** Ways in which the registry says that an enterprise is no more. */
const endedStatuses = ['revoked', 'deregistered'];

export function enterpriseEnded(application: Application): boolean {
  return adverseChecks(application).some(
    ({ code, status }) => code === 'REGISTRY' && endedStatuses.includes(status ?? ''),
  );
}

/** Who the applicant is and who acts for it; a check that nobody made is no clear one. */
const kycCodes = [
  'LICENCE',
  'LEGAL_REPRESENTATIVE',
  'BENEFICIAL_OWNERS',
  'AUTHORITY_TO_SIGN',
  'PERSONS_LISTS',
  'PERSONS_BUREAU',
];

export function kycAdverse({ content }: Application): KycFinding[] {
  return (content.kyc ?? []).filter(({ result }) => result === 'ADVERSE');
}

export const kycCodeOf = (code: string): string =>
  [...kycCodes, 'TALENTS'].includes(code) ? code : 'OTHER';

/** Checks of who the applicant is that could not be made, by code. */
export function kycUnknown(product: Product, application: Application): string[] {
  const { kyc, enterprise } = application.content;
  if (kyc === null) return [];
  // Recognition of talents matters to what is lent on it; else they only bring no points.
  const talentsMatter = product.talent !== null && (enterprise.talents ?? []).length > 0;
  const wanted = talentsMatter ? [...kycCodes, 'TALENTS'] : kycCodes;
  const made = new Set([...wanted, ...kyc.map(({ code }) => code)]);
  return [...made].filter((code) => {
    if (code === 'TALENTS' && !talentsMatter) return false;
    if (code === 'PERSONS_BUREAU' && personsConsent(application) === 'missing') return false;
    const findings = kyc.filter((one) => one.code === code);
    return findings.length === 0 || findings.some(({ result }) => !isEstablished(result));
  });
}

/** Adverse does not hide what is unknown: both are told, and the less certain names the state. */
export function kycState(product: Product, application: Application): Facts['kycState'] {
  if (application.content.kyc === null) return 'missing';
  if (kycUnknown(product, application).length > 0) return 'unknown';
  return kycAdverse(application).length > 0 ? 'adverse' : 'clear';
}

/** Without their written consent the bureau was not asked about persons. */
export function personsConsent({ content }: Application): Facts['personsConsent'] {
  const unasked = (content.kyc ?? []).some(
    ({ code, result, consentId }) =>
      code === 'PERSONS_BUREAU' && result === 'UNKNOWN' && consentId === null,
  );
  return unasked ? 'missing' : 'given';
}

/** What an officer has to know of the patents; nothing where they secure nothing. */
export function notesOf(product: Product, { score }: Application): readonly BundleNote[] {
  return isPledged(product) ? score.bundle.notes : [];
}

export function shortLived(
  product: Product,
  { pledge, score, businessDate, content }: Application,
): string[] {
  const rule = product.security;
  if (rule.kind !== 'pledge' && rule.kind !== 'mixed') return [];
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
  if (score.guarantee === null || !isEstablished(score.guarantee.result)) return 'unknown';
  if (score.guarantee.result === 'ADVERSE') return 'refused';
  const enough = confirmedSharePpm(score) >= ppmOf(product.security.shareAtLeast);
  return enough ? 'confirmed' : 'short';
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

/** The factor that is drawn from who works for the firm, by name. */
const PERSONS_FACTOR = 'TALENT_GRADE';

/** The factors that cost the score most, as many as are told as reasons. */
export function weakestOf({ rules }: Policy, factors: readonly Factor[]): Factor[] {
  return factors
    .filter(({ missing, points, maxPoints }) => !missing && points < maxPoints)
    .sort((a, b) => b.maxPoints - b.points - (a.maxPoints - a.points))
    .slice(0, Math.max(rules.reasonsMax - 1, 1));
}

/**
 * Whether data of natural persons stand against it (PIPL art. 24): an adverse finding about them,
 * no talent who opens the gate, or a grade that their factor alone keeps below what is asked, or is
 * a reason for.
 */
export function personsAgainst(
  policy: Policy,
  { product, facts }: Figures,
  application: Application,
): boolean {
  if (kycAdverse(application).some(({ naturalPersons }) => naturalPersons)) return true;
  if (facts.talentGate === 'unmet') return true;
  const { grades } = policy.rules;
  const wanted =
    facts.gradeGate === 'far-below'
      ? grades[grades.indexOf(product.declineFromGrade ?? '') - 1]
      : facts.gradeGate === 'below'
        ? product.gradeAtLeast
        : null;
  if (wanted == null) return false;
  return personsTip(application.score, wanted) || personsAreReason(policy, application);
}

/** Whether the persons whom it names are told as a reason. */
function personsAreReason(policy: Policy, { score, content }: Application): boolean {
  if ((content.enterprise.talents ?? []).length === 0) return false;
  return weakestOf(policy, score.factors).some(({ code }) => code === PERSONS_FACTOR);
}

/** Whether the score would have the grade if the persons' factor had lost nothing. */
function personsTip(
  { factors, points, maxPoints, gradeFloors }: Application['score'],
  grade: string,
): boolean {
  const factor = factors.find(({ code, missing }) => code === PERSONS_FACTOR && !missing);
  if (factor === undefined || factor.points >= factor.maxPoints) return false;
  const floor = gradeFloors.find((one) => one.grade === grade);
  // Where the floors are not told it cannot be ruled out.
  if (floor === undefined) return true;
  const without = points + factor.maxPoints - factor.points;
  return without * 1_000_000 >= floor.fromPpm * maxPoints;
}
