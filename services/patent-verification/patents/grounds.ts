// The twelve grounds on which a pledge can be refused, each judged from what is known of a patent.
import type {
  Declaration,
  Evidence,
  Finding,
  GroundFinding,
  PledgeContract,
} from '@saidao/schemas';
import { addMonths, type BusinessDate } from '@saidao/values';
import type { AnnuitySays, RegisterEntry, RegisterSays } from '../facts.ts';
import { annuityStanding, type AnnuityStanding } from './annuity.ts';
import { expiryOf } from './life.ts';

export type { RegisterEntry, RegisterSays, RegisterStatus } from '../facts.ts';

/** What the patents are to secure. */
export interface Purpose {
  readonly applicantUscc: string;
  readonly businessDate: BusinessDate;
  readonly termMonths: number;
}

/** An answer, or why there is none; with whom it came from. */
export type Known<Says> =
  | { readonly kind: 'answered'; readonly value: Says; readonly evidence: Evidence }
  | { readonly kind: 'unknown'; readonly reason: string; readonly evidence: Evidence | null };

/** All that is known of one patent of an application. */
export interface PatentKnown {
  readonly register: Known<RegisterSays>;
  readonly annuity: Known<AnnuitySays>;
  /** Signed statements about this patent. */
  readonly declarations: readonly Declaration[];
  /** Null: it is drawn from the lender's template. */
  readonly contract: PledgeContract | null;
  /** The items that the lender's template has; null: the lender keeps none. */
  readonly template: readonly string[] | null;
}

interface Judged {
  readonly result: Finding;
  readonly reason: string;
  readonly declarations?: readonly string[];
}
const clear = (reason: string): Judged => ({ result: 'CLEAR', reason });
const adverse = (reason: string): Judged => ({ result: 'ADVERSE', reason });
const unknown = (reason: string): Judged => ({ result: 'UNKNOWN', reason });
const waived = (reason: string, declarations: readonly string[]): Judged => ({
  result: 'WAIVED',
  reason,
  declarations,
});

type Statements = readonly Declaration[];
type RegisterGround = (entry: RegisterEntry, purpose: Purpose, signed: Statements) => Judged;

/**
 * The grounds that the register alone answers. Source of all twelve: 专利权质押登记办法 (Measures for
 * Registration of Patent Pledges, CNIPA notice 461, in force 2021-11-15); their list is found.
 */
const registerGrounds: readonly (readonly [code: string, ground: RegisterGround])[] = [
  ['PL01', pledgorIsPatentee],
  ['PL02', rightStands],
  ['PL03', isGranted],
  ['PL05', isNotRestrained],
  ['PL06', outlivesDebt],
  ['PL08', coOwnersConsent],
  ['PL09', isNotPledged],
  ['PL10', noSameDayInvention],
  ['PL11', noInvalidation],
  ['PL12', noOtherBar],
];

export const groundCodes: readonly string[] = Array.from(
  { length: 12 },
  (_, index) => `PL${String(index + 1).padStart(2, '0')}`,
);

/** Every ground, in order, for one patent. */
export function judge(known: PatentKnown, purpose: Purpose): GroundFinding[] {
  const { register, annuity } = known;
  const found = new Map<string, GroundFinding>();
  const registerNames = namesOf(register);
  for (const [code, ground] of registerGrounds) {
    const judged =
      register.kind === 'unknown'
        ? unknown(register.reason)
        : byRegister(code, ground, register.value, purpose, known.declarations);
    found.set(code, findingOf(code, judged, registerNames));
  }
  const standing = standingOf(known, purpose);
  const right = found.get('PL02');
  if (right?.result === 'CLEAR' && wasGranted(register)) {
    const names = [...registerNames, ...namesOf(annuity)];
    if (standing === undefined) {
      // A right that nobody says to be paid for may have ended months ago.
      const reason = `it stands by the register, but ${unpaidReason(known)}`;
      found.set('PL02', findingOf('PL02', unknown(reason), names));
    } else if (standing.kind === 'lapsed') {
      found.set('PL02', findingOf('PL02', adverse(lapseReason(standing)), names));
    }
  }
  found.set('PL04', byAnnuity(known, standing));
  found.set('PL07', findingOf('PL07', contractIsWhole(known), []));
  return groundCodes.flatMap((code) => found.get(code) ?? []);
}

/**
 * What the register says now of a patent that was judged before: the grounds it alone answers.
 * `accepted` are those that were waived then; the declarations stand until the pledge ends.
 */
export function judgeRegister(
  says: RegisterSays,
  purpose: Purpose,
  accepted: ReadonlySet<string>,
): GroundFinding[] {
  return registerGrounds.map(([code, ground]) => {
    const judged = byRegister(code, ground, says, purpose, []);
    const stands = judged.result === 'ADVERSE' && accepted.has(code) && isWaivable(code);
    return findingOf(code, stands ? { ...judged, result: 'WAIVED' } : judged, []);
  });
}

/** PL04 from the fees alone; `entry` says from which date they are counted. */
export function annuityGround(
  says: AnnuitySays,
  entry: RegisterEntry,
  { businessDate }: Purpose,
): GroundFinding {
  if (!isGrantedStatus(entry.status)) return findingOf('PL04', noFeeYet, []);
  if (!says.known) return findingOf('PL04', unknown('no fees are kept for such a patent'), []);
  const standing = annuityStanding(feesOf(entry, says.paidThroughYear), businessDate);
  return findingOf('PL04', annuityIsPaid(standing, entry), []);
}

/** PL02 from the fees alone: adverse where the right ended because one stayed unpaid. */
export function lapsedGround(
  says: AnnuitySays,
  entry: RegisterEntry,
  { businessDate }: Purpose,
): GroundFinding | undefined {
  if (!says.known || !isGrantedStatus(entry.status)) return undefined;
  const standing = annuityStanding(feesOf(entry, says.paidThroughYear), businessDate);
  if (standing.kind !== 'lapsed') return undefined;
  return findingOf('PL02', adverse(lapseReason(standing)), []);
}

const feesOf = ({ kind, filed }: RegisterEntry, paidThroughYear: number) => ({
  kind,
  filed,
  paidThroughYear,
});

/** How the fees stand on the business date; undefined where register or fees are not known. */
export function standingOf(
  { register, annuity }: Pick<PatentKnown, 'register' | 'annuity'>,
  { businessDate }: Purpose,
): AnnuityStanding | undefined {
  if (!wasGranted(register)) return undefined;
  if (annuity.kind === 'unknown' || !annuity.value.known) return undefined;
  return annuityStanding(feesOf(register.value.entry, annuity.value.paidThroughYear), businessDate);
}

type Granted = Known<RegisterSays> & {
  readonly kind: 'answered';
  readonly value: { readonly known: true };
};

/** Before the grant there is no right to stand and no fee to pay. */
function wasGranted(register: Known<RegisterSays>): register is Granted {
  if (register.kind === 'unknown' || !register.value.known) return false;
  return isGrantedStatus(register.value.entry.status);
}

/** Clear passes, and what a recorded declaration waives. */
export function passes({ result }: Pick<GroundFinding, 'result'>): boolean {
  return result === 'CLEAR' || result === 'WAIVED';
}

export function isUsable(findings: readonly GroundFinding[]): boolean {
  return findings.length > 0 && findings.every(passes);
}

/** The first ground that does not pass; adverse before unknown. */
export function worstOf(findings: readonly GroundFinding[]): GroundFinding | undefined {
  return (
    findings.find(({ result }) => result === 'ADVERSE') ??
    findings.find(({ result }) => result === 'UNKNOWN')
  );
}

/** PL10 and PL11 by the pledgor's declaration, PL08 by the co-owners' consents; found. */
function isWaivable(code: string): boolean {
  return code === 'PL08' || code === 'PL10' || code === 'PL11';
}

const namesOf = ({ evidence }: Known<unknown>): string[] =>
  evidence === null ? [] : [evidence.provider];

function findingOf(code: string, judged: Judged, evidence: readonly string[]): GroundFinding {
  const { result, reason, declarations = [] } = judged;
  return { code, result, reason, evidence: [...evidence], declarations: [...declarations] };
}

/**
 * Our policy: a patent that the register does not know is adverse on the two grounds that ask for
 * an entry (its patentee, its grant); the others cannot be judged without one.
 */
function byRegister(
  code: string,
  ground: RegisterGround,
  says: RegisterSays,
  purpose: Purpose,
  signed: Statements,
): Judged {
  if (says.known) return ground(says.entry, purpose, signed);
  const reason = 'the register knows no such patent';
  return code === 'PL01' || code === 'PL03' ? adverse(reason) : unknown(reason);
}

/** The statements for a ground that were signed by the business date, and by whom. */
function signedFor(code: string, signed: Statements, { businessDate }: Purpose): Statements {
  return signed.filter(({ ground, signedOn }) => ground === code && signedOn <= businessDate);
}

/** PL01, found: the pledgor is not the registered patentee. Compared by USCC; names are typed. */
function pledgorIsPatentee(entry: RegisterEntry, { applicantUscc }: Purpose): Judged {
  return entry.owners.some(({ uscc }) => uscc === applicantUscc)
    ? clear('the applicant is a registered patentee')
    : adverse('the applicant is not a registered patentee');
}

/**
 * PL02, found: the right has been terminated or invalidated. Our policy: a right whose term is over
 * has ended whatever the register still says; one invalidated in part stands for the rest, which an
 * officer has to know.
 */
function rightStands(entry: RegisterEntry, { businessDate }: Purpose): Judged {
  switch (entry.status) {
    case 'terminated-fee':
      return adverse('the right was terminated: its fee was not paid');
    case 'terminated-expiry':
      return adverse('the right was terminated: its term is over');
    case 'terminated-waiver':
      return adverse('the right was terminated: its holder gave it up');
    case 'invalidated':
      // Patent Law, article 47: void from the start.
      return adverse('the right was invalidated');
    default: {
      if (!isGrantedStatus(entry.status)) return clear('there is no right yet, see PL03');
      const expires = lastDayAfter(entry);
      return expires <= businessDate
        ? adverse(`its term ended on ${expires}`)
        : clear('the right stands');
    }
  }
}

const lapseReason = ({ patentYear, endedOn }: AnnuityStanding & { kind: 'lapsed' }): string =>
  `the right ended on ${endedOn}: the fee of year ${patentYear} stayed unpaid past its grace`;

const lastDayAfter = ({ kind, filed, compensationDays }: RegisterEntry): BusinessDate =>
  expiryOf(kind, filed, compensationDays);

/** PL03, found: the patent right has not been granted yet. */
function isGranted({ status }: RegisterEntry): Judged {
  return isGrantedStatus(status)
    ? clear('the patent was granted')
    : adverse(`not granted: the application is ${status}`);
}

function isGrantedStatus(status: RegisterEntry['status']): boolean {
  switch (status) {
    case 'published':
    case 'in-examination':
    case 'withdrawn':
    case 'deemed-withdrawn':
    case 'rejected':
      return false;
    default:
      return true;
  }
}

/**
 * PL04, found: the annuity has not been paid as required. Our policy, after the 2009 list of
 * refusals, which named it: a patent in the grace period is adverse too, as its right ends
 * retroactively if the fee stays unpaid.
 */
function annuityIsPaid(standing: AnnuityStanding, { status }: RegisterEntry): Judged {
  switch (standing.kind) {
    case 'lapsed':
      return adverse(lapseReason(standing));
    case 'grace':
      return adverse(
        `in annuity grace period until ${standing.endsOn}: the fee of year ` +
          `${standing.patentYear} was due on ${standing.dueOn}`,
      );
    case 'paid':
      return status === 'in-grace'
        ? adverse('the register has it in its annuity grace period')
        : clear(
            standing.nextDueOn === null
              ? 'all annuities are paid'
              : `the annuity is paid, the next is due on ${standing.nextDueOn}`,
          );
  }
}

const noFeeYet = clear('no fee is due before the grant');

function byAnnuity(known: PatentKnown, standing: AnnuityStanding | undefined): GroundFinding {
  const { register, annuity } = known;
  const names = [...namesOf(annuity), ...namesOf(register)];
  if (register.kind === 'answered' && register.value.known) {
    const { entry } = register.value;
    if (!isGrantedStatus(entry.status)) return findingOf('PL04', noFeeYet, namesOf(register));
    if (standing !== undefined) return findingOf('PL04', annuityIsPaid(standing, entry), names);
  }
  return findingOf('PL04', unknown(unpaidReason(known)), names);
}

/** Why nobody knows whether the fees are paid. */
function unpaidReason({ annuity }: PatentKnown): string {
  if (annuity.kind === 'unknown') return annuity.reason;
  return annuity.value.known
    ? 'without the register nobody can say which fees are due'
    : 'no fees are kept for such a patent';
}

/** PL05, found: suspended over a dispute of ownership, or preserved by a court. */
function isNotRestrained({ preserved, suspended }: RegisterEntry): Judged {
  if (preserved) return adverse('preserved by a court');
  if (suspended) return adverse('suspended over a dispute of ownership');
  return clear('neither suspended nor preserved');
}

/**
 * PL06, found: the debt performance period exceeds the validity of the patent. Our policy: the
 * period runs from the business date of the application, and a debt due on the first day on which
 * the patent is no longer in force exceeds it.
 */
function outlivesDebt(entry: RegisterEntry, { businessDate, termMonths }: Purpose): Judged {
  const expires = lastDayAfter(entry);
  const dueOn = addMonths(businessDate, termMonths);
  return dueOn < expires
    ? clear(`in force until ${expires}, the debt is due on ${dueOn}`)
    : adverse(`ends on ${expires}, the debt is due on ${dueOn}`);
}

/** The items that article 8 asks a pledge contract for; that there are such items is found. */
const CONTRACT_ITEMS = ['PARTIES', 'DEBT', 'TERM', 'PATENTS', 'SCOPE'];

/**
 * PL07, found: the contract lacks required items. A clause by which the patents fall to the
 * creditor by themselves was barred by the 2009 list; knowledge, taken as barred still.
 */
function contractIsWhole({ contract, template }: PatentKnown): Judged {
  const items = contract?.items ?? template;
  if (items === null) return unknown('no contract is given and the lender keeps no template');
  const lacking = CONTRACT_ITEMS.filter((item) => !items.includes(item));
  const name = contract === null ? 'the lender’s template' : `contract ${contract.reference}`;
  if (lacking.length > 0) return adverse(`${name} lacks ${lacking.join(', ')}`);
  if (contract === null) return clear(`drawn from ${name}, which has all items`);
  if (contract.forfeiture === null) {
    return unknown(`nobody has read ${name} for a forfeiture clause`);
  }
  return contract.forfeiture
    ? adverse(`a clause of ${name} lets the patents fall to the creditor`)
    : clear(`${name} has all required items`);
}

/**
 * PL08, found: co-owned, and not all co-owners consent, unless they agreed otherwise. A consent is
 * a statement signed by the co-owner. Our policy: where there is none, nobody has consented.
 */
function coOwnersConsent(entry: RegisterEntry, purpose: Purpose, signed: Statements): Judged {
  const { owners, coOwnersConsent: registered } = entry;
  if (owners.length <= 1) return clear('not co-owned');
  if (registered === true) return clear('all co-owners consent, by the register');
  const consents = signedFor('PL08', signed, purpose);
  const others = owners.filter(({ uscc }) => uscc !== purpose.applicantUscc);
  const statements: string[] = [];
  for (const owner of others) {
    // Each statement is one owner's: two persons of one name have to sign two.
    const consent = consents.find(
      ({ signedBy, statementId }) =>
        signedBy === ownerKey(owner) && !statements.includes(statementId),
    );
    if (consent !== undefined) statements.push(consent.statementId);
  }
  return statements.length === others.length
    ? waived('every co-owner has signed a consent', statements)
    : adverse(`${others.length - statements.length} of ${others.length} co-owners do not consent`);
}

/** By whom a statement has to be signed: the credit code, or the name of one without. */
export const ownerKey = ({ name, uscc }: RegisterEntry['owners'][number]): string =>
  uscc === '' ? name : uscc;

/** PL09, found: already pledged, and the pledge is in force. */
function isNotPledged({ pledged }: RegisterEntry): Judged {
  return pledged ? adverse('already pledged') : clear('not pledged');
}

/** PL10, found: a utility model with an invention of the same day; allowed once declared. */
function noSameDayInvention(entry: RegisterEntry, purpose: Purpose, signed: Statements): Judged {
  const { kind, sameDay } = entry;
  if (kind !== 'utility-model') return clear('no utility model');
  if (sameDay === null) return clear('no invention was applied for on the same day');
  return unlessDeclared(
    'PL10',
    `an invention was applied for on the same day: ${sameDay}`,
    purpose,
    signed,
  );
}

/** PL11, found: proceedings for its invalidation have begun; allowed once declared. */
function noInvalidation({ status }: RegisterEntry, purpose: Purpose, signed: Statements): Judged {
  if (status !== 'in-invalidation') return clear('no proceedings for its invalidation');
  return unlessDeclared('PL11', 'a request for its invalidation is pending', purpose, signed);
}

/** The pledgor's own signature counts; the lender's is the officer's review of the waiver. */
function unlessDeclared(
  code: string,
  reason: string,
  purpose: Purpose,
  signed: Statements,
): Judged {
  const statements = signedFor(code, signed, purpose)
    .filter(({ signedBy }) => signedBy === purpose.applicantUscc)
    .map(({ statementId }) => statementId);
  return statements.length > 0
    ? waived(`${reason}; the pledgor has declared to know it`, statements)
    : adverse(reason);
}

/** PL12, found: other grounds. Ours: what the register itself names as a bar. */
function noOtherBar({ bars }: RegisterEntry): Judged {
  if (bars === null) return unknown('the register does not say whether anything else bars it');
  return bars.length > 0 ? adverse(bars.join('; ')) : clear('the register names no other bar');
}
