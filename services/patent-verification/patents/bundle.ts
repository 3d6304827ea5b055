// The patents of an application judged together: findings, the usable subset, values and notes.
import type {
  AnnuityFinding,
  ApplicationContent,
  Bundle,
  BundleNote,
  Evidence,
  Money,
  PatentClaim,
  PatentFinding,
} from '@saidao/schemas';
import { cny, fenOfMoney, minFen, ppmOf, type BusinessDate } from '@saidao/values';
import type { AnnuitySays, AppraisalSays, RegisterEntry, RegisterSays } from '../facts.ts';
import type { AnnuityStanding } from './annuity.ts';
import {
  isUsable,
  judge,
  ownerKey,
  standingOf,
  type Known,
  type PatentKnown,
  type Purpose,
} from './grounds.ts';
import { expiryOf, remainingMonths } from './life.ts';
import type { LoadedPolicy } from './policy.ts';
import { scoresOf, type Measured } from './stars.ts';
import { valueBundle, type ValuedPatent } from './valuation.ts';

/** What is known of one patent that is offered. */
export interface OfferedPatent {
  readonly claim: PatentClaim;
  readonly register: Known<RegisterSays>;
  readonly annuity: Known<AnnuitySays>;
  /** Null: nobody was asked, as no pledge is wanted. */
  readonly appraisal: Known<AppraisalSays> | null;
}

export interface Offer {
  readonly lenderId: string;
  readonly content: ApplicationContent;
  readonly businessDate: BusinessDate;
  /** Of each patent once. */
  readonly patents: readonly OfferedPatent[];
}

export function bundleOf(offer: Offer, policy: LoadedPolicy): Bundle {
  const { content, businessDate, patents, lenderId } = offer;
  const purpose: Purpose = {
    applicantUscc: content.enterprise.uscc,
    businessDate,
    termMonths: content.request.termMonths,
  };
  const judged = patents.map((offered) => judgedOf(offered, content, lenderId, purpose, policy));
  const alone = judged.map(({ finding }) => finding);
  const findings = alone.map((finding) => ({
    ...finding,
    valued: !isBorneByPair(finding, alone),
  }));
  const usable = findings.filter((finding) => finding.usable).map(({ number }) => number);
  const valued = findings.map((finding): ValuedPatent => {
    const months = finding.remainingMonths;
    return {
      number: finding.number,
      usable: finding.usable,
      counts: finding.valued,
      appraised: finding.appraised,
      remainingYears: months === null ? undefined : Math.floor(months / 12),
      pledgeRatePpm: finding.pledgeRatePpm ?? 0,
    };
  });
  const inputs = { relief: content.valuation, supporting: content.supportingValuation };
  const value = valueBundle(valued, inputs, policy);
  const lives = findings.filter((finding) => finding.usable).map((one) => one.remainingMonths ?? 0);
  return {
    findings,
    usable,
    ...value,
    notes: notesOf(content, businessDate, judged, value.valueBasis),
    shortestRemainingMonths: lives.length === 0 ? null : Math.min(...lives),
    policy: `${policy.id}@${policy.version} ${policy.digest}`,
  };
}

function templateOf({ contractTemplates: templates }: LoadedPolicy, lenderId: string) {
  return Object.hasOwn(templates, lenderId) ? templates[lenderId] : templates[''];
}

interface JudgedPatent {
  readonly finding: PatentFinding;
  readonly entry: RegisterEntry | null;
  readonly appraisal: Appraisal;
}

function judgedOf(
  offered: OfferedPatent,
  content: ApplicationContent,
  lenderId: string,
  purpose: Purpose,
  policy: LoadedPolicy,
): JudgedPatent {
  const { claim, register, annuity } = offered;
  const { number } = claim;
  const known: PatentKnown = {
    register,
    annuity,
    declarations: content.declarations.filter((one) => one.patentNumber === number),
    contract: content.contract,
    template: templateOf(policy, lenderId)?.items ?? null,
  };
  const grounds = judge(known, purpose);
  const appraisal = appraisalOf(offered, purpose.businessDate);
  const entry = register.kind === 'answered' && register.value.known ? register.value.entry : null;
  const standing = standingOf(known, purpose);
  const finding: PatentFinding = {
    number,
    grounds,
    usable: isUsable(grounds),
    appraised: appraisal.value,
    annuity: standing === undefined ? null : annuityFindingOf(standing),
    owners: (entry?.owners ?? []).map(ownerKey),
    valued: true,
    evidence: evidenceOf(offered),
    ...registered(entry, content, purpose.businessDate, policy),
  };
  return { finding, entry, appraisal };
}

/** What the entry adds to a finding; nulls where the register gave none. */
function registered(
  entry: RegisterEntry | null,
  content: ApplicationContent,
  businessDate: BusinessDate,
  policy: LoadedPolicy,
) {
  if (entry === null) {
    const nothing = { kind: null, filed: null, expires: null, granted: null, status: null };
    const more = { sameDay: null, ipc: [], remainingMonths: null, pledgeRatePpm: null };
    return { ...nothing, ...more, scores: null };
  }
  const { kind, filed, granted, status, sameDay, ipc, compensationDays } = entry;
  const expires = expiryOf(kind, filed, compensationDays);
  const months = remainingMonths(businessDate, expires);
  const rate = policy.pledgeRates[kind];
  return {
    kind,
    filed,
    expires,
    granted,
    status,
    sameDay,
    ipc: [...ipc],
    remainingMonths: months,
    pledgeRatePpm: rate === undefined ? null : ppmOf(rate),
    scores: scoresOf(measuredOf(entry, content, businessDate, months), policy.scores),
  };
}

const KIND_RANK = { invention: 3, 'utility-model': 2, design: 1 } as const;

/** Most stable: examined in substance and never attacked. Ours, in the spirit of the 2012 index. */
function measuredOf(
  entry: RegisterEntry,
  { valuation, enterprise }: ApplicationContent,
  businessDate: BusinessDate,
  months: number,
): Measured {
  const attacked = entry.status === 'in-invalidation' || entry.status === 'invalidated-in-part';
  const subclasses = new Set(entry.ipc.map((symbol) => symbol.slice(0, 4)));
  const base = valuation?.attributableRevenueBase ?? null;
  return {
    remainingMonths: months,
    stability: attacked ? 0 : entry.kind === 'invention' ? 2 : 1,
    claims: entry.claims,
    familyCountries: entry.familyCountries,
    kind: KIND_RANK[entry.kind],
    citations: entry.citations,
    ipcSubclasses: subclasses.size === 0 ? null : subclasses.size,
    attributableRevenueWan: base === null ? null : Number(fenOfMoney(base) / 1_000_000n),
    revenueGrowthPercent: growthPercentOf(enterprise.revenue, businessDate),
    licences: licencesOn(entry, businessDate).length,
  };
}

/** Those that have not ended. */
function licencesOn({ licences }: RegisterEntry, businessDate: BusinessDate) {
  return licences.filter(({ until }) => until === null || until >= businessDate);
}

/** Of the last two whole years, rounded down; null where they were not supplied. */
function growthPercentOf(
  revenue: ApplicationContent['enterprise']['revenue'],
  businessDate: BusinessDate,
): number | null {
  const thisYear = Number(businessDate.slice(0, 4));
  const years = (revenue ?? [])
    .filter(({ year }) => year < thisYear)
    .sort((a, b) => b.year - a.year);
  const [last, before] = years;
  if (last === undefined || before?.year !== last.year - 1) return null;
  const beforeFen = fenOfMoney(before.amount);
  if (beforeFen <= 0n) return null;
  const grown = (fenOfMoney(last.amount) - beforeFen) * 100n;
  return Number(grown / beforeFen) - (grown < 0n && grown % beforeFen !== 0n ? 1 : 0);
}

function annuityFindingOf(standing: AnnuityStanding): AnnuityFinding {
  const none = { patentYear: null, dueOn: null, graceEndsOn: null, fee: null, surcharge: null };
  switch (standing.kind) {
    case 'paid':
      return { ...none, standing: 'paid', dueOn: standing.nextDueOn };
    case 'grace':
      return {
        standing: 'grace',
        patentYear: standing.patentYear,
        dueOn: standing.dueOn,
        graceEndsOn: standing.endsOn,
        fee: cny(standing.feeFen),
        surcharge: cny(standing.surchargeFen),
      };
    case 'lapsed': {
      const { patentYear, endedOn } = standing;
      return { ...none, standing: 'lapsed', patentYear, dueOn: endedOn };
    }
  }
}

interface Appraisal {
  readonly value: Money | null;
  readonly fault: 'none' | 'unconfirmed' | 'out-of-date';
}

/**
 * The appraisal that counts: the appraiser's own record, or what the applicant states where that is
 * less. Our policy: one that nobody confirms counts as stated and is noted; one out of date counts
 * for nothing.
 */
function appraisalOf({ claim, appraisal }: OfferedPatent, businessDate: BusinessDate): Appraisal {
  const stated = claim.appraised;
  if (appraisal === null) return { value: stated, fault: 'none' };
  if (appraisal.kind === 'unknown' || !appraisal.value.known) {
    // That there is no appraisal is an answer; that nobody said so is none.
    const unsaid = appraisal.kind === 'unknown' || stated !== null;
    return { value: stated, fault: unsaid ? 'unconfirmed' : 'none' };
  }
  const { valueFen, appraisedOn, validUntil } = appraisal.value;
  if (appraisedOn > businessDate || validUntil < businessDate) {
    return { value: null, fault: 'out-of-date' };
  }
  const statedFen = stated === null ? valueFen : fenOfMoney(stated);
  return { value: cny(minFen(valueFen, statedFen)), fault: 'none' };
}

function evidenceOf({ register, annuity, appraisal }: OfferedPatent): Evidence[] {
  return [register.evidence, annuity.evidence, appraisal?.evidence ?? null].filter(
    (evidence) => evidence !== null,
  );
}

/**
 * Of an invention and a utility model for one creation, applied for on the same day, only one right
 * can be had in the end (Patent Law, article 9); so the utility model bears no value of its own.
 */
function isBorneByPair(finding: PatentFinding, findings: readonly PatentFinding[]): boolean {
  if (finding.kind !== 'utility-model') return false;
  return findings.some(
    ({ number, kind, sameDay, usable }) =>
      usable &&
      kind === 'invention' &&
      (number === finding.sameDay || (sameDay !== null && sameDay === finding.number)),
  );
}

const noteTexts = {
  GROUND_WAIVED: {
    zh: '有不予登记情形由当事人声明放弃，须由人工确认',
    en: 'a ground is waived by a declaration: the lender has to agree',
  },
  SAME_DAY_PAIR: {
    zh: '同日申请的发明与实用新型只计一项价值',
    en: 'an invention and a utility model of the same day: one of them is valued',
  },
  INVALIDATED_IN_PART: { zh: '专利权部分无效', en: 'the right was invalidated in part' },
  EXCLUSIVE_LICENCE: { zh: '存在独占许可', en: 'licensed exclusively to somebody' },
  APPRAISAL_MISSING: {
    zh: '无评估报告，仅有内部估值',
    en: 'no appraisal: what is lent on are the applicant’s own figures',
  },
  INTERNAL_VALUE_UNKNOWN: {
    zh: '无内部估值，按评估值折扣放贷',
    en: 'no value of our own: the appraisal counts less a haircut',
  },
  APPRAISAL_UNCONFIRMED: {
    zh: '评估值未获评估机构确认',
    en: 'no appraiser confirms the appraisal',
  },
  APPRAISAL_OUT_OF_DATE: { zh: '评估报告已过有效期', en: 'the appraisal is out of date' },
} as const;
type NoteCode = keyof typeof noteTexts;

/** What an officer has to know; in a fixed order, patents by number. */
function notesOf(
  content: ApplicationContent,
  businessDate: BusinessDate,
  judged: readonly JudgedPatent[],
  valueBasis: string | null,
): BundleNote[] {
  const findings = judged.map(({ finding }) => finding);
  const of = (holds: (one: JudgedPatent) => boolean): string[] =>
    judged.filter((one) => one.finding.usable && holds(one)).map(({ finding }) => finding.number);
  const byAppraisal = valueBasis === 'APPRAISAL_LESS_HAIRCUT';
  const noted: Record<NoteCode, string[]> = {
    GROUND_WAIVED: of(({ finding }) => finding.grounds.some(({ result }) => result === 'WAIVED')),
    SAME_DAY_PAIR: of(({ finding }) => isBorneByPair(finding, findings)),
    INVALIDATED_IN_PART: of(({ entry }) => entry?.status === 'invalidated-in-part'),
    EXCLUSIVE_LICENCE: of(
      ({ entry }) =>
        entry !== null && licencesOn(entry, businessDate).some(({ kind }) => kind === 'exclusive'),
    ),
    APPRAISAL_MISSING: valueBasis === 'INTERNAL' ? of(() => true) : [],
    INTERNAL_VALUE_UNKNOWN: byAppraisal ? of(() => true) : [],
    APPRAISAL_UNCONFIRMED: of(({ appraisal }) => appraisal.fault === 'unconfirmed'),
    APPRAISAL_OUT_OF_DATE: of(({ appraisal }) => appraisal.fault === 'out-of-date'),
  };
  if (content.patents.length === 0) return [];
  return (Object.keys(noteTexts) as NoteCode[]).flatMap((code) =>
    noted[code].length === 0 ? [] : [{ code, patents: noted[code].sort(), ...noteTexts[code] }],
  );
}
