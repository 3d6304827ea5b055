// What the card's factors are judged by, taken from an event; null where an input is missing.
import { daysBetween, formatPpm, addYears } from '@saidao/values';
import type { Enterprise, PatentFinding, PatentsVerified, YearAmount } from '@saidao/schemas';
import type { Card, MeasureName } from './card.ts';

/**
 * A figure in parts per million of its unit (a share, a count, years), or the names found.
 * A figure is known between two bounds: they differ where the register was silent on a patent.
 */
export type Measured =
  | { readonly kind: 'figure'; readonly lowPpm: number; readonly highPpm: number; value: string }
  | { readonly kind: 'names'; readonly names: readonly string[]; readonly value: string };

/** Larger than any band; a share of nothing is larger than any share. */
const boundlessPpm = Number.MAX_SAFE_INTEGER;
const ppmOne = 1_000_000;

/** The measures of one event. */
export function measure(
  event: Pick<PatentsVerified, 'enterprise' | 'bundle' | 'businessDate'>,
  card: Pick<Card, 'yearsOldMax' | 'subsidyYears'>,
): Record<MeasureName, Measured | null> {
  const { enterprise, bundle, businessDate } = event;
  const businessYear = Number(businessDate.slice(0, 4));
  const year = lastYearOf(enterprise.revenue, businessYear, card.yearsOldMax);
  const patents = patentsOf(bundle.findings, businessDate);
  return {
    qualifications: qualificationsOf(enterprise, businessDate),
    subsidies: subsidiesOf(enterprise, businessYear, card.subsidyYears),
    scienceStaffShare: shareOf(
      enterprise.scienceStaff === null ? null : BigInt(enterprise.scienceStaff),
      enterprise.staff === null ? null : BigInt(enterprise.staff),
    ),
    talents: talentsOf(enterprise),
    ...patents,
    researchIntensity: shareOf(amountOf(enterprise.rd, year), amountOf(enterprise.revenue, year)),
    revenueGrowth: growthOf(enterprise.revenue, year),
    exportShare: shareOf(exportsOf(enterprise, year), amountOf(enterprise.revenue, year)),
  };
}

function qualificationsOf(enterprise: Enterprise, businessDate: string): Measured | null {
  if (enterprise.qualifications === null) return null;
  const inForce = new Set<string>();
  const notInForce: string[] = [];
  for (const { kind, validFrom, validTo } of enterprise.qualifications) {
    if (validFrom <= businessDate && businessDate <= validTo) inForce.add(kind);
    else
      notInForce.push(
        `${kind} ${validTo < businessDate ? 'expired' : 'begins'} ${validTo < businessDate ? validTo : validFrom}`,
      );
  }
  const names = [...inForce].sort();
  return { kind: 'names', names, value: [...names, ...notInForce.sort()].join('; ') || 'none' };
}

function subsidiesOf(enterprise: Enterprise, businessYear: number, years: number): Measured | null {
  if (enterprise.subsidies === null) return null;
  // So many calendar years, the one of the business date counted as the last of them.
  const recent = enterprise.subsidies.filter(
    ({ year, amount }) => year <= businessYear && year > businessYear - years && amount.minor > 0n,
  );
  const names = [...new Set(recent.map(({ level }) => level))].sort();
  return { kind: 'names', names, value: names.join('; ') || 'none' };
}

function talentsOf(enterprise: Enterprise): Measured | null {
  if (enterprise.talents === null) return null;
  const recognised = enterprise.talents.filter((talent) => talent.recognised);
  const names = [...new Set(recognised.map(({ grade }) => grade))].sort();
  return { kind: 'names', names, value: names.join('; ') || 'none' };
}

/** The grounds that say whether a right stands and is the applicant's; a pledge takes nothing from it. */
const grounds = ['PL01', 'PL02', 'PL03'];

function patentsOf(
  findings: readonly PatentFinding[],
  businessDate: string,
): Record<'inventions' | 'otherPatents' | 'patentLifeYears', Measured> {
  let inventions = 0;
  let others = 0;
  let unknown = 0;
  let lifeYears = 0;
  for (const finding of findings) {
    const results = grounds.map(
      (code) => finding.grounds.find((ground) => ground.code === code)?.result ?? 'UNKNOWN',
    );
    if (results.includes('ADVERSE')) continue;
    if (results.includes('UNKNOWN') || finding.kind === null || finding.expires === null) {
      unknown += 1;
      continue;
    }
    if (finding.kind === 'invention') inventions += 1;
    else others += 1;
    lifeYears = Math.max(lifeYears, wholeYearsBetween(businessDate, finding.expires));
  }
  const silent = unknown === 0 ? '' : `; ${unknown} unknown`;
  const count = (known: number): Measured => ({
    kind: 'figure',
    lowPpm: known * ppmOne,
    highPpm: (known + unknown) * ppmOne,
    value: `${known}${silent}`,
  });
  return {
    inventions: count(inventions),
    otherPatents: count(others),
    patentLifeYears: {
      kind: 'figure',
      lowPpm: lifeYears * ppmOne,
      highPpm: unknown === 0 ? lifeYears * ppmOne : boundlessPpm,
      value: `${lifeYears}${silent}`,
    },
  };
}

function wholeYearsBetween(from: string, to: string): number {
  if (daysBetween(from, to) <= 0) return 0;
  const years = Number(to.slice(0, 4)) - Number(from.slice(0, 4));
  return addYears(from, years) > to ? years - 1 : years;
}

/** The last year of revenue that is neither in the future nor too old; undefined: not supplied. */
function lastYearOf(
  revenue: readonly YearAmount[] | null,
  businessYear: number,
  yearsOldMax: number,
): number | undefined {
  const years = (revenue ?? [])
    .map(({ year }) => year)
    .filter((year) => year <= businessYear && year >= businessYear - yearsOldMax);
  return years.length === 0 ? undefined : Math.max(...years);
}

function amountOf(amounts: readonly YearAmount[] | null, year: number | undefined): bigint | null {
  return amounts?.find((one) => one.year === year)?.amount.minor ?? null;
}

function exportsOf(enterprise: Enterprise, year: number | undefined): bigint | null {
  // An empty list says that there are none in any year.
  if (enterprise.exports?.length === 0) return 0n;
  return amountOf(enterprise.exports, year);
}

function growthOf(
  revenue: readonly YearAmount[] | null,
  year: number | undefined,
): Measured | null {
  const last = amountOf(revenue, year);
  const before = year === undefined ? null : amountOf(revenue, year - 1);
  if (last === null || before === null || before <= 0n) return null;
  return shareOf(last - before, before);
}

function shareOf(part: bigint | null, whole: bigint | null): Measured | null {
  if (part === null || whole === null || whole < 0n) return null;
  if (whole === 0n) {
    return part === 0n
      ? { kind: 'figure', lowPpm: 0, highPpm: 0, value: '0' }
      : { kind: 'figure', lowPpm: boundlessPpm, highPpm: boundlessPpm, value: 'above any share' };
  }
  const ppm = Number(floorDivide(part * BigInt(ppmOne), whole));
  const held = Math.min(ppm, boundlessPpm);
  return { kind: 'figure', lowPpm: held, highPpm: held, value: formatPpm(held) };
}

// Down, never up: a share just below a band's bound must not reach it by rounding.
function floorDivide(dividend: bigint, divisor: bigint): bigint {
  const quotient = dividend / divisor;
  return dividend % divisor < 0n ? quotient - 1n : quotient;
}
