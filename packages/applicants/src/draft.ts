// What applicants are built of: amounts, years, patents, enterprises and requests that fit together.
import { addDays, addMonths, formatYuan, monthsBetween, shareFen, type Fen } from '@saidao/values';
import type { Chance } from './chance.ts';
import type { Identity, Patent } from './identity.ts';
import type { Sample, Step, Submission } from './samples.ts';

/** The day on which generated applications are judged, as the samples are. */
export const BUSINESS_DATE = '2026-11-20';
const LAST_YEAR = 2025;

export type Enterprise = Submission['enterprise'];
export type Request = Submission['request'];
export type Registered = Sample['world']['register'][number];
type Qualification = NonNullable<Enterprise['qualifications']>[number];

/** What a builder has to go by: who it is, and chance. */
export interface Draft {
  readonly identity: Identity;
  readonly chance: Chance;
}

export const yuan = formatYuan;
export const percent = (fen: Fen, share: number): Fen => shareFen(fen, share * 10_000);

/** Amounts of the last three years, growing by these percentages. */
export function yearly(lastFen: Fen, growth: readonly [number, number]) {
  const before = (lastFen * 100n) / BigInt(100 + growth[1]);
  const first = (before * 100n) / BigInt(100 + growth[0]);
  return [first, before, lastFen].map((fen, at) => ({
    year: LAST_YEAR - 2 + at,
    amount: yuan(fen),
  }));
}

/** What every enterprise has; the rest says how good it is. */
export function enterpriseOf(
  { identity, chance }: Draft,
  size: { readonly staff: number; readonly scienceShare: number },
): Enterprise {
  return {
    name: identity.name,
    uscc: identity.uscc,
    sector: identity.trade.sector,
    industry: identity.trade.industry,
    staff: size.staff,
    scienceStaff: Math.ceil((size.staff * size.scienceShare) / 100),
    founded: dayIn(chance.int(2006, 2019), chance),
  };
}

/** Qualifications that are in force on the business date. */
export function inForce({ chance }: Draft, kinds: readonly string[]): Qualification[] {
  return kinds.map((kind) => {
    const validFrom = addDays(BUSINESS_DATE, -chance.int(30, 900));
    return { kind, validFrom, validTo: addDays(validFrom, 3 * 365) };
  });
}

/** Qualifications that ended up to ten months ago: nobody renewed them. */
export function expired({ chance }: Draft, kinds: readonly string[]): Qualification[] {
  return kinds.map((kind) => {
    const validTo = addDays(BUSINESS_DATE, -chance.int(1, 300));
    return { kind, validFrom: addDays(validTo, -3 * 365), validTo };
  });
}

export function subsidy({ chance }: Draft, level: string): NonNullable<Enterprise['subsidies']> {
  return [{ year: LAST_YEAR, amount: yuan(chance.wan(10, 250)), level }];
}

/** Working capital whose need lies above what is asked for by a fifth or more. */
export function workingCapital(
  { chance }: Draft,
  own: { readonly ownFunds: Fen; readonly existingLoans: Fen },
): NonNullable<Enterprise['workingCapital']> {
  return {
    margin: '0.10',
    inventoryDays: chance.int(85, 100),
    receivableDays: chance.int(70, 85),
    payableDays: chance.int(50, 60),
    prepaymentDays: chance.int(15, 25),
    advanceDays: chance.int(10, 15),
    ownFunds: yuan(own.ownFunds),
    existingLoans: yuan(own.existingLoans),
  };
}

/** A granted, paid, free patent of the applicant. */
export function registered({ identity, chance }: Draft, patent: Patent): Registered {
  const filed = dayIn(patent.year, chance);
  return {
    number: patent.number,
    kind: patent.kind,
    filed,
    granted: addMonths(filed, monthsToGrant(patent)),
    status: 'granted',
    owners: [{ name: identity.name, uscc: identity.uscc }],
    // A year ahead, so that none has lapsed where it is played on a later day.
    annuityPaidThroughYear: patentYearOf(filed) + 1,
    pledged: false,
    preserved: false,
    coOwnersConsent: null,
  };
}

/** Inventions of late were examined with priority, or would not be granted yet. */
function monthsToGrant({ kind, year }: Patent): number {
  return kind === 'invention' && year < 2024 ? 26 : 8;
}

/** Nobody paid for a year, and the months of grace are over. */
export function lapsed({ filed }: Registered): Partial<Registered> {
  return { annuityPaidThroughYear: Math.max(0, patentYearOf(filed) - 2) };
}

/** The patent year that runs on the business date; the first begins with the filing. */
const patentYearOf = (filed: string): number =>
  Math.floor(monthsBetween(filed, BUSINESS_DATE) / 12) + 1;

/** What else the register says of a patent: what it is about, and how widely it reaches. */
export function described({ identity, chance }: Draft, patent: Registered): Registered {
  return {
    ...patent,
    ipc: identity.trade.ipc,
    claims: chance.int(6, 16),
    citations: chance.int(0, 9),
    familyCountries: chance.pick([1, 1, 1, 2, 4]),
  };
}

const SURNAMES = ['王', '李', '张', '陈', '沈', '周', '吴', '徐', '俞', '钱'];

export function contactOf({ chance }: Draft): NonNullable<Submission['contact']> {
  const name = `${chance.pick(SURNAMES)}${chance.pick(['先生', '女士'])}`;
  return { name, phone: `0571-8${chance.int(1_000_000, 9_999_999)}` };
}

const SUPPLIES = ['电子', '芯片贸易', '精密部件', '化工原料', '电机', '模具'];

/** Suppliers that are paid instead of the applicant; the parts add up to the whole. */
export function suppliers(
  { identity, chance }: Draft,
  wholeFen: Fen,
): NonNullable<Request['payees']> {
  const first = percent(wholeFen, chance.int(40, 70));
  const [one, other] = [chance.int(0, 2), chance.int(3, 5)];
  // A supplier serves many; its name begins as the applicant's does, so that it has only this one.
  const stem = identity.name.slice(0, 5);
  return [
    { name: `${stem}${SUPPLIES[one]}有限公司`, amount: yuan(first) },
    { name: `${stem}${SUPPLIES[other]}有限公司`, amount: yuan(wholeFen - first) },
  ];
}

export const accept: Step = { actor: 'applicant', does: 'accept' };
export const approvals: readonly Step[] = [
  { actor: 'officer-a', does: 'approve', reason: 'Facts checked on site; orders are in hand.' },
  { actor: 'officer-b', does: 'approve', reason: 'The need is shown and the terms fit it.' },
];
export const declineBy = (actor: 'officer-a' | 'officer-b', reason: string): Step => ({
  actor,
  does: 'decline',
  reason,
});

/** A day that every month has. */
function dayIn(year: number, chance: Chance): string {
  return `${year}-${twoDigits(chance.int(1, 12))}-${twoDigits(chance.int(1, 28))}`;
}

const twoDigits = (number: number): string => String(number).padStart(2, '0');
