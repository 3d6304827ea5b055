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
