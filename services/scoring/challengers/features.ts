// What challengers are told of an enterprise: how well each factor did, never who it is.
import type { EnterpriseScored } from '@saidao/schemas';

/** Share of its points that each factor got, in parts per million; null: its value is missing. */
export type Features = Readonly<Record<string, number | null>>;

/** By code in the order of the alphabet, so that the same score always gives the same text. */
export function featuresOf({ factors }: Pick<EnterpriseScored, 'factors'>): Features {
  const shares = factors.map(({ code, points, maxPoints, missing }) => {
    const share = missing || maxPoints <= 0 ? null : Math.floor((points * 1_000_000) / maxPoints);
    return [code, share] as const;
  });
  return Object.fromEntries(shares.toSorted(([a], [b]) => (a < b ? -1 : 1)));
}
