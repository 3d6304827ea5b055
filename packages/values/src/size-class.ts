// Size class of an enterprise, and the definitions of inclusive lending that a credit line meets.
import type { Fen } from './money.ts';

export interface SizeBound {
  readonly staff?: number;
  readonly revenueFen?: Fen;
  readonly assetsFen?: Fen;
}

export interface SizeRules {
  readonly source: string;
  readonly sectors: Readonly<
    Record<
      string,
      { readonly large: SizeBound; readonly medium: SizeBound; readonly small: SizeBound }
    >
  >;
  readonly inclusive: {
    readonly source: string;
    readonly sizes: readonly string[];
    readonly flags: readonly { readonly name: string; readonly creditMostFen: Fen }[];
  };
}

export interface SizeFigures {
  readonly sector: string;
  readonly staff: number | null;
  readonly revenueFen: Fen | null;
  /** Null: not supplied; sectors that need them come out unknown. */
  readonly assetsFen: Fen | null;
}

export type SizeClass = 'micro' | 'small' | 'medium' | 'large' | 'unknown';

const wan = (tenThousandYuan: number): Fen => BigInt(tenThousandYuan) * 1_000_000n;

/**
 * The bounds of the main sectors. Certainty: found in reposts; that a figure equal to the upper
 * bound is large already follows from 以下 not including the number and is not confirmed.
 */
export const sizeRules: SizeRules = {
  source: '工信部联企业〔2011〕300号, main sectors, read from reposts.',
  sectors: {
    industry: {
      large: { staff: 1000, revenueFen: wan(40_000) },
      medium: { staff: 300, revenueFen: wan(2_000) },
      small: { staff: 20, revenueFen: wan(300) },
    },
    construction: {
      large: { revenueFen: wan(80_000), assetsFen: wan(80_000) },
      medium: { revenueFen: wan(6_000), assetsFen: wan(5_000) },
      small: { revenueFen: wan(300), assetsFen: wan(300) },
    },
    wholesale: {
      large: { staff: 200, revenueFen: wan(40_000) },
      medium: { staff: 20, revenueFen: wan(5_000) },
      small: { staff: 5, revenueFen: wan(1_000) },
    },
    retail: {
      large: { staff: 300, revenueFen: wan(20_000) },
      medium: { staff: 50, revenueFen: wan(500) },
      small: { staff: 10, revenueFen: wan(100) },
    },
    transport: {
      large: { staff: 1000, revenueFen: wan(30_000) },
      medium: { staff: 300, revenueFen: wan(3_000) },
      small: { staff: 20, revenueFen: wan(200) },
    },
    warehousing: {
      large: { staff: 200, revenueFen: wan(30_000) },
      medium: { staff: 100, revenueFen: wan(1_000) },
      small: { staff: 20, revenueFen: wan(100) },
    },
    'information-transmission': {
      large: { staff: 2000, revenueFen: wan(100_000) },
      medium: { staff: 100, revenueFen: wan(1_000) },
      small: { staff: 10, revenueFen: wan(100) },
    },
    software: {
      large: { staff: 300, revenueFen: wan(10_000) },
      medium: { staff: 100, revenueFen: wan(1_000) },
      small: { staff: 10, revenueFen: wan(50) },
    },
    leasing: {
      large: { staff: 300, assetsFen: wan(120_000) },
      medium: { staff: 100, assetsFen: wan(8_000) },
      small: { staff: 10, assetsFen: wan(100) },
    },
    other: { large: { staff: 300 }, medium: { staff: 100 }, small: { staff: 10 } },
  },
  inclusive: {
    source:
      'nfra: single-household credit of small and micro enterprises at most 10 million (found). ' +
      'pbc: at most 20 million since 2024 (not confirmed). s71: the supervisory return counts up ' +
      'to 30 million (found). On total credit, not on one loan.',
    sizes: ['micro', 'small'],
    flags: [
      { name: 'nfra_1000w', creditMostFen: wan(1_000) },
      { name: 'pbc_2000w', creditMostFen: wan(2_000) },
      { name: 's71_3000w', creditMostFen: wan(3_000) },
    ],
  },
};

/** Divisions or groups of GB/T 4754-2017, from the first to the last, without the letter. */
interface SectorDivisions {
  readonly from: string;
  readonly to: string;
  /** A row of the size table; null: a sector with bounds of its own that the table here lacks. */
  readonly sector: string | null;
}

/**
 * Which sector of the size table a class of GB/T 4754-2017 belongs to.
 *
 * Source: the column of industries in 工信部联企业〔2011〕300号, read from reposts, with the codes of
 * GB/T 4754-2017. Certainty: found. Farming, railways, post, hotels, catering, property and finance
 * have bounds of their own, or none, and are not in the table here.
 */
export const sectorRules: {
  readonly source: string;
  readonly divisions: readonly SectorDivisions[];
} = {
  source: '工信部联企业〔2011〕300号 with the codes of GB/T 4754-2017, read from reposts.',
  divisions: [
    { from: '06', to: '46', sector: 'industry' },
    { from: '47', to: '50', sector: 'construction' },
    { from: '51', to: '51', sector: 'wholesale' },
    { from: '52', to: '52', sector: 'retail' },
    { from: '54', to: '58', sector: 'transport' },
    { from: '59', to: '59', sector: 'warehousing' },
    { from: '63', to: '64', sector: 'information-transmission' },
    { from: '65', to: '65', sector: 'software' },
    { from: '703', to: '703', sector: 'other' },
    { from: '709', to: '709', sector: 'other' },
    { from: '71', to: '72', sector: 'leasing' },
    // Of health and social work the latter only.
    { from: '73', to: '82', sector: 'other' },
    { from: '85', to: '85', sector: 'other' },
    { from: '86', to: '90', sector: 'other' },
    { from: '01', to: '97', sector: null },
  ],
};

/**
 * The sector that the size table has for a class of GB/T 4754, as `C3983`: null where the table has
 * none for it, undefined where the code is too coarse to say, or is none.
 */
export function sectorOfIndustry(code: string): string | null | undefined {
  const digits = /^[A-T](\d{2,4})$/.exec(code)?.[1];
  if (digits === undefined) return undefined;
  // Two digits name a division; of property the group decides.
  if (digits === '70') return undefined;
  return sectorRules.divisions.find(({ from, to }) => {
    const part = digits.slice(0, from.length);
    return part.length === from.length && part >= from && part <= to;
  })?.sector;
}

/** Large, medium and small need every bound of their row; failing one gives the class below. */
export function sizeClassOf(rules: SizeRules, figures: SizeFigures): SizeClass {
  const sector = Object.hasOwn(rules.sectors, figures.sector)
    ? rules.sectors[figures.sector]
    : undefined;
  if (sector === undefined) return 'unknown';
  for (const name of ['large', 'medium', 'small'] as const) {
    const reached = reaches(sector[name], figures);
    if (reached === undefined) return 'unknown';
    if (reached) return name;
  }
  return 'micro';
}

/** Whether every bound is reached; undefined where what is missing could decide it. */
function reaches(bound: SizeBound, figures: SizeFigures): boolean | undefined {
  const checks = [
    atLeast(figures.staff, bound.staff),
    atLeast(figures.revenueFen, bound.revenueFen),
    atLeast(figures.assetsFen, bound.assetsFen),
  ];
  if (checks.includes(false)) return false;
  return checks.includes(undefined) ? undefined : true;
}

function atLeast<T extends number | bigint>(
  figure: T | null,
  bound: T | undefined,
): boolean | undefined {
  if (bound === undefined) return true;
  return figure === null ? undefined : figure >= bound;
}

/** The flags that a total credit line bears; none while the line or the size is not known. */
export function inclusiveFlags(rules: SizeRules, size: SizeClass, creditFen: Fen | null): string[] {
  if (creditFen === null || !rules.inclusive.sizes.includes(size)) return [];
  return rules.inclusive.flags
    .filter(({ creditMostFen }) => creditFen <= creditMostFen)
    .map(({ name }) => name);
}
