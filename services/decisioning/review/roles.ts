// Officers' roles and the tiers of authority that they reach.
import type { Tier } from '../assessment/assess.ts';

const rankOfRole: Readonly<Record<string, number>> = {
  officer: 1,
  'senior-officer': 2,
  committee: 3,
};

const tiersByRank: readonly Tier[] = ['officer', 'senior-officer', 'committee'];

/** Not stated, it is the least; 0: it may judge nothing. */
export function rankOf(role: string | null): number {
  const name = role ?? 'officer';
  return Object.hasOwn(rankOfRole, name) ? (rankOfRole[name] ?? 0) : 0;
}

export function mayReview(role: string | null): boolean {
  return rankOf(role) > 0;
}

/** Seniors and the committee; an operator does nothing else. */
export function mayReassign(role: string | null): boolean {
  return rankOf(role) > 1 || role === 'operator';
}

export function mayUndo(role: string | null): boolean {
  return rankOf(role) > 1;
}

export function reaches(role: string | null, tier: Tier): boolean {
  return rankOf(role) > 0 && rankOf(role) >= rankOfTier(tier);
}

function rankOfTier(tier: Tier): number {
  return tiersByRank.indexOf(tier) + 1;
}

export function higherOf(a: Tier, b: Tier): Tier {
  return rankOfTier(a) >= rankOfTier(b) ? a : b;
}

/** The next one; above the committee there is nobody. */
export function tierAbove(tier: Tier): Tier {
  return tiersByRank[Math.min(rankOfTier(tier), tiersByRank.length - 1)] ?? 'committee';
}

/** Who checks what policy leaves to officers: an officer at least. */
export function tierOfReferral(tier: Tier): Tier {
  return higherOf(tier, 'officer');
}
