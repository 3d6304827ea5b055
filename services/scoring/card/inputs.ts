// All that is scored, in one order: the same facts in any order make the same inputs and hash.
import { fenOfMoney, sectorOfIndustry, type BusinessDate, type Fen } from '@saidao/values';
import type {
  Enterprise,
  EnterpriseChecked,
  PatentFinding,
  PatentScores,
  PatentsVerified,
  YearAmount,
} from '@saidao/schemas';
import { industryCodeIn, ipcSymbolOf } from '../codes/codes.ts';

/** What is kept of EnterpriseChecked. */
export type Checked = Pick<
  EnterpriseChecked,
  'guarantee' | 'checks' | 'registry' | 'bureau' | 'validUntil'
>;

export const nothingChecked: Checked = {
  guarantee: null,
  checks: [],
  registry: null,
  bureau: null,
  validUntil: null,
};

/** Where a value came from. */
export type Source = 'application' | 'register' | 'enterprise-registry' | 'patent-verification';

export interface YearFen {
  readonly year: number;
  readonly fen: Fen;
}

export interface PatentInput {
  readonly number: string;
  /** Whether the right stands and is the applicant's; a pledge takes nothing from it. */
  readonly standing: 'stands' | 'falls' | 'unknown';
  readonly kind: string | null;
  readonly expires: BusinessDate | null;
  readonly ipc: readonly string[];
  readonly scores: Pick<PatentScores, 'total' | 'coveragePpm'> | null;
}

export interface Inputs {
  readonly businessDate: BusinessDate;
  /** Of the size table: by the registry's class of industry, else as declared. */
  readonly sector: string;
  readonly founded: BusinessDate | null;
  readonly industry: { readonly code: string; readonly source: Source } | null;
  readonly staff: number | null;
  /** For bounds of size: as declared, or as many as are insured where these are more. */
  readonly staffCounted: number | null;
  readonly scienceStaff: number | null;
  readonly revenue: readonly YearFen[] | null;
  readonly research: readonly YearFen[] | null;
  readonly exports: readonly YearFen[] | null;
  readonly costs: readonly YearFen[] | null;
  readonly assetsFen: Fen | null;
  readonly equityFen: Fen | null;
  readonly qualifications: Enterprise['qualifications'];
  readonly subsidies: readonly { year: number; level: string; fen: Fen }[] | null;
  readonly talents: readonly { grade: string; recognised: boolean }[] | null;
  readonly patents: readonly PatentInput[];
  readonly market: PatentsVerified['market'];
  readonly capital: Enterprise['workingCapital'];
  readonly askedFen: Fen;
  /** Loans at all institutions by the bureau; null: it did not say. */
  readonly bureauCreditFen: Fen | null;
  /** Whether the enterprise is listed for abnormal operation or serious violations. */
  readonly listed: boolean | null;
  /** By the registry; null: it names none, or was not asked. */
  readonly groupHead: string | null;
  /** Six digits of GB/T 2260; null: neither the registry nor the credit code has them. */
  readonly regionCode: string | null;
}

/**
 * What a score is made of. Evidence, reasons of findings, validity, guarantee and values of the
 * patents are not among it: they travel on beside the score and change nothing of it.
 */
export function inputsOf(verified: PatentsVerified, checked: Checked): Inputs {
  const { enterprise, businessDate, bundle, request, market } = verified;
  const { registry, bureau } = checked;
  const industry = industryOf(enterprise, registry);
  return {
    businessDate,
    sector: sectorOf(enterprise, industry),
    founded: registry?.established ?? enterprise.founded,
    industry,
    staff: enterprise.staff,
    staffCounted: larger(enterprise.staff, registry?.insuredStaff ?? null),
    scienceStaff: enterprise.scienceStaff,
    revenue: yearsOf(enterprise.revenue),
    research: yearsOf(enterprise.rd),
    exports: yearsOf(enterprise.exports),
    costs: yearsOf(enterprise.costs),
    assetsFen: enterprise.assets && fenOfMoney(enterprise.assets),
    equityFen: enterprise.equityRaised && fenOfMoney(enterprise.equityRaised),
    qualifications: sortedBy(
      enterprise.qualifications,
      ({ kind, validFrom, validTo }) => `${kind} ${validFrom} ${validTo}`,
    ),
    subsidies: sortedBy(
      enterprise.subsidies?.map(({ year, level, amount }) => ({
        year,
        level,
        fen: fenOfMoney(amount),
      })) ?? null,
      ({ year, level, fen }) => `${year} ${level} ${fen}`,
    ),
    talents: sortedBy(
      enterprise.talents?.map(({ grade, recognised }) => ({ grade, recognised })) ?? null,
      ({ grade, recognised }) => `${grade} ${recognised}`,
    ),
    patents: sortedBy(bundle.findings.map(patentOf), placeOf) ?? [],
    market,
    capital: enterprise.workingCapital,
    askedFen: fenOfMoney(request.amount),
    bureauCreditFen: bureau && fenOfMoney(bureau.creditBalance),
    listed: listedOf(checked),
    groupHead: registry?.groupHead ?? null,
    regionCode: sixDigitsIn(regionCodeOf(enterprise, registry)),
  };
}

/** The registry's, else the one in the credit code, where it stands third to eighth. */
export function regionCodeOf({ uscc }: Enterprise, registry: Checked['registry']): string {
  return registry?.regionCode ?? uscc.slice(2, 8);
}

/** A code that is marked as wrong may hold letters there. */
const sixDigitsIn = (code: string) => (/^[0-9]{6}$/.test(code) ? code : null);

/** The number; whatever else differs decides between two of the same. */
const placeOf = ({ number, standing, kind, expires, ipc, scores }: PatentInput) =>
  `${number} ${standing} ${kind} ${expires} ${ipc.join()} ${scores?.total} ${scores?.coveragePpm}`;

/** The grounds that say whether a right stands and is the applicant's. */
const standingGrounds = ['PL01', 'PL02', 'PL03'];

function patentOf(finding: PatentFinding): PatentInput {
  const { number, kind, expires, ipc, scores } = finding;
  return {
    number,
    standing: standingOf(finding),
    kind,
    expires,
    ipc: ipc.map(ipcSymbolOf).sort(),
    scores: scores && { total: scores.total, coveragePpm: scores.coveragePpm },
  };
}

function standingOf({ grounds, kind, expires }: PatentFinding): PatentInput['standing'] {
  let unknown = kind === null || expires === null;
  for (const code of standingGrounds) {
    const result = grounds.find((ground) => ground.code === code)?.result ?? 'UNKNOWN';
    if (result === 'ADVERSE') return 'falls';
    if (result === 'UNKNOWN') unknown = true;
  }
  return unknown ? 'unknown' : 'stands';
}

function industryOf({ industry }: Enterprise, registry: Checked['registry']): Inputs['industry'] {
  const registered = industryCodeIn(registry?.industryCode ?? '');
  if (registered !== null) return { code: registered, source: 'enterprise-registry' };
  const declared = industryCodeIn(industry);
  return declared === null ? null : { code: declared, source: 'application' };
}

/** A sector that the size table has no bounds for. */
const UNLISTED = 'unlisted';

/**
 * The registry's class of industry before the applicant's word: where it lies in a sector that the
 * size table lacks, no declared sector puts it into another.
 */
function sectorOf({ sector }: Enterprise, industry: Inputs['industry']): string {
  if (industry?.source !== 'enterprise-registry') return sector;
  const registered = sectorOfIndustry(industry.code);
  return registered === undefined ? sector : (registered ?? UNLISTED);
}

/**
 * Our policy: the larger of two counts. Who is insured works there, whatever was declared; and of
 * those declared not everybody need be insured.
 */
function larger(one: number | null, other: number | null): number | null {
  if (one === null || other === null) return one ?? other;
  return Math.max(one, other);
}

function listedOf({ checks, registry }: Checked): boolean | null {
  const result = checks.find(({ code }) => code === 'SERIOUS_VIOLATIONS')?.result;
  if (result === 'ADVERSE' || registry?.status === 'abnormal') return true;
  return result === 'CLEAR' && registry !== null ? false : null;
}

function yearsOf(amounts: readonly YearAmount[] | null): readonly YearFen[] | null {
  if (amounts === null) return null;
  const years = amounts.map(({ year, amount }) => ({ year, fen: fenOfMoney(amount) }));
  return years.sort((a, b) => a.year - b.year || (a.fen < b.fen ? -1 : a.fen > b.fen ? 1 : 0));
}

function sortedBy<T>(items: readonly T[] | null, keyOf: (item: T) => string): T[] | null {
  if (items === null) return null;
  if (items.length < 2) return [...items];
  return items
    .map((item) => ({ key: keyOf(item), item }))
    .sort((a, b) => (a.key < b.key ? -1 : a.key > b.key ? 1 : 0))
    .map(({ item }) => item);
}
