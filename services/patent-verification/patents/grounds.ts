// The grounds on which a pledge can be refused, judged from what the register says of a patent.
import type { Finding, GroundFinding } from '@saidao/schemas';
import { addMonths, type BusinessDate, type PatentKind } from '@saidao/values';
import { expiryOf } from './life.ts';

export type RegisterStatus =
  | 'published'
  | 'in-examination'
  | 'granted'
  | 'in-invalidation'
  | 'invalidated'
  | 'terminated'
  | 'withdrawn'
  | 'deemed-withdrawn'
  | 'rejected';

/** What the register holds of a patent. */
export interface RegisterEntry {
  readonly number: string;
  readonly kind: PatentKind;
  readonly filed: BusinessDate;
  readonly status: RegisterStatus;
  readonly owners: readonly { readonly name: string; readonly uscc: string }[];
  readonly annuity: 'paid' | 'grace' | 'unpaid';
  readonly pledged: boolean;
  readonly preserved: boolean;
  /** Null: the register says nothing of it. */
  readonly coOwnersConsent: boolean | null;
}

/** The register's answer; that it knows no such patent is an answer too. */
export type RegisterSays =
  { readonly known: true; readonly entry: RegisterEntry } | { readonly known: false };

/** What the patents are to secure. */
export interface Purpose {
  readonly applicantUscc: string;
  readonly businessDate: BusinessDate;
  readonly termMonths: number;
}

interface Judged {
  readonly result: Finding;
  readonly reason: string;
}
const clear = (reason: string): Judged => ({ result: 'CLEAR', reason });
const adverse = (reason: string): Judged => ({ result: 'ADVERSE', reason });
const unknown = (reason: string): Judged => ({ result: 'UNKNOWN', reason });

type Ground = (entry: RegisterEntry, purpose: Purpose) => Judged;

/**
 * Source of the grounds: 专利权质押登记办法 (Measures for Registration of Patent Pledges, CNIPA
 * notice 461, in force 2021-11-15); their list is found. PL07 (the contract) and PL10 to PL12 are
 * not the register's to say and are judged elsewhere.
 */
const grounds: readonly (readonly [code: string, ground: Ground])[] = [
  ['PL01', pledgorIsPatentee],
  ['PL02', rightStands],
  ['PL03', isGranted],
  ['PL04', annuityIsPaid],
  ['PL05', isNotPreserved],
  ['PL06', outlivesDebt],
  ['PL08', coOwnersConsent],
  ['PL09', isNotPledged],
];

export const groundCodes: readonly string[] = grounds.map(([code]) => code);

/** Every ground, in order, for a patent that the register has answered about. */
export function judge(says: RegisterSays, purpose: Purpose): GroundFinding[] {
  return grounds.map(([code, ground]) => ({
    code,
    ...(says.known ? ground(says.entry, purpose) : ofUnregistered(code)),
  }));
}

/** Every ground unknown for one reason: nobody answered, or nobody could be asked. */
export function allUnknown(reason: string): GroundFinding[] {
  return groundCodes.map((code) => ({ code, ...unknown(reason) }));
}

/** Only clear passes. */
export function isUsable(findings: readonly GroundFinding[]): boolean {
  return findings.length > 0 && findings.every(({ result }) => result === 'CLEAR');
}

/** The first ground that is not clear; adverse before unknown. */
export function worstOf(findings: readonly GroundFinding[]): GroundFinding | undefined {
  return (
    findings.find(({ result }) => result === 'ADVERSE') ??
    findings.find(({ result }) => result === 'UNKNOWN')
  );
}

/**
 * Our policy: a patent that the register does not know is adverse on the two grounds that ask for
 * an entry (its patentee, its grant); the others cannot be judged without one.
 */
function ofUnregistered(code: string): Judged {
  const reason = 'the register knows no such patent';
  return code === 'PL01' || code === 'PL03' ? adverse(reason) : unknown(reason);
}

/** PL01, found: the pledgor is not the registered patentee. Compared by USCC; names are typed. */
function pledgorIsPatentee(entry: RegisterEntry, { applicantUscc }: Purpose): Judged {
  return entry.owners.some(({ uscc }) => uscc === applicantUscc)
    ? clear('the applicant is a registered patentee')
    : adverse('the applicant is not a registered patentee');
}

/**
 * PL02, found: the right has been terminated or invalidated. Our policy: a right whose term is over
 * has ended whatever the register still says, and one under a request for invalidation is unknown,
 * because invalidated means void from the start (Patent Law, article 47) and the declaration that
 * would let such a pledge be registered (PL11) is an officer's matter.
 */
function rightStands(entry: RegisterEntry, { businessDate }: Purpose): Judged {
  if (entry.status === 'terminated' || entry.status === 'invalidated') {
    return adverse(`the right was ${entry.status}`);
  }
  const expires = expiryOf(entry.kind, entry.filed);
  if (expires <= businessDate) return adverse(`its term ended on ${expires}`);
  if (entry.status === 'in-invalidation') {
    return unknown('a request for its invalidation is pending (PL11)');
  }
  return clear('the right stands');
}

/** PL03, found: the patent right has not been granted yet. */
function isGranted({ status }: RegisterEntry): Judged {
  switch (status) {
    case 'granted':
    case 'in-invalidation':
    case 'invalidated':
    case 'terminated':
      return clear('the patent was granted');
    case 'published':
    case 'in-examination':
    case 'withdrawn':
    case 'deemed-withdrawn':
    case 'rejected':
      return adverse(`not granted: the application is ${status}`);
  }
}

/**
 * PL04, found: the annuity has not been paid as required. Our policy, after the 2009 list of
 * refusals, which named it: a patent in the grace period is adverse too, as its right ends
 * retroactively if the fee stays unpaid.
 */
function annuityIsPaid({ annuity }: RegisterEntry): Judged {
  if (annuity === 'paid') return clear('the annuity is paid');
  return adverse(annuity === 'grace' ? 'in annuity grace period' : 'the annuity is not paid');
}

/** PL05, found: suspended over a dispute of ownership, or preserved by a court. */
function isNotPreserved({ preserved }: RegisterEntry): Judged {
  return preserved
    ? adverse('the right is suspended or preserved')
    : clear('neither suspended nor preserved');
}

/**
 * PL06, found: the debt performance period exceeds the validity of the patent. Our policy: the
 * period runs from the business date of the application, and a debt due on the first day on which
 * the patent is no longer in force exceeds it.
 */
function outlivesDebt(entry: RegisterEntry, { businessDate, termMonths }: Purpose): Judged {
  const expires = expiryOf(entry.kind, entry.filed);
  const dueOn = addMonths(businessDate, termMonths);
  return dueOn < expires
    ? clear(`in force until ${expires}, the debt is due on ${dueOn}`)
    : adverse(`ends on ${expires}, the debt is due on ${dueOn}`);
}

/**
 * PL08, found: co-owned, and not all co-owners consent, unless they agreed otherwise. Our policy:
 * where the register shows no consent there is none, as the pledge office judges by it.
 */
function coOwnersConsent({ owners, coOwnersConsent: consent }: RegisterEntry): Judged {
  if (owners.length <= 1) return clear('not co-owned');
  if (consent === true) return clear('all co-owners consent');
  return adverse(
    consent === false ? 'not all co-owners consent' : 'no consent of the co-owners is registered',
  );
}

/** PL09, found: already pledged, and the pledge is in force. */
function isNotPledged({ pledged }: RegisterEntry): Judged {
  return pledged ? adverse('already pledged') : clear('not pledged');
}
