// Size class of an enterprise, and the definitions of inclusive lending that a credit line meets.
import { fenOfYuan } from '@saidao/values';
import type { SizeBound, SizeRules } from './policy.ts';

export interface SizeFigures {
  readonly sector: string;
  readonly staff: number | null;
  readonly revenueFen: bigint | null;
  /** No channel supplies assets as yet: sectors that need them come out unknown. */
  readonly assetsFen: bigint | null;
}

export type SizeClass = 'micro' | 'small' | 'medium' | 'large' | 'unknown';

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
  const checks: (boolean | undefined)[] = [];
  if (bound.staff !== undefined) {
    checks.push(figures.staff === null ? undefined : figures.staff >= bound.staff);
  }
  if (bound.revenueYuan !== undefined) checks.push(atLeast(figures.revenueFen, bound.revenueYuan));
  if (bound.assetsYuan !== undefined) checks.push(atLeast(figures.assetsFen, bound.assetsYuan));
  if (checks.includes(false)) return false;
  return checks.includes(undefined) ? undefined : true;
}

function atLeast(fen: bigint | null, boundYuan: string): boolean | undefined {
  return fen === null ? undefined : fen >= fenOfYuan(boundYuan);
}

/** The flags that a total credit line bears; none while the line or the size is not known. */
export function inclusiveFlags(
  rules: SizeRules,
  size: SizeClass,
  creditFen: bigint | null,
): string[] {
  if (creditFen === null || !rules.inclusive.sizes.includes(size)) return [];
  return rules.inclusive.flags
    .filter(({ creditMostYuan }) => creditFen <= fenOfYuan(creditMostYuan))
    .map(({ name }) => name);
}
