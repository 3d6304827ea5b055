// When officers decide otherwise than policy would, who has to agree, and how often it happens.
import { businessDateOf, fenOfMoney } from '@saidao/values';
import type { LoanTerms, OverrideRate } from '@saidao/schemas';
import type { Tier } from '../assessment/assess.ts';
import type { Referral } from '../state.ts';
import { higherOf, tierAbove, tierOfReferral } from './roles.ts';

/** Rules that an approval of what stands overrides; empty: it is as policy proposes, or less. */
export function overridesOf({ basis, proposed, amended }: Referral): string[] {
  const above = amended !== null && proposed !== null && isAbove(amended.terms, proposed);
  return above ? [...basis.overrides, 'terms-above-proposal'] : [...basis.overrides];
}

/** More money or more time than policy would give; the rate follows from both. */
function isAbove(terms: LoanTerms, proposed: LoanTerms): boolean {
  return (
    fenOfMoney(terms.amount) > fenOfMoney(proposed.amount) || terms.termMonths > proposed.termMonths
  );
}

/**
 * Who may give the last approval: with an override one tier higher than else. Policy has raised it
 * already for what an approval of its own terms overrides.
 */
export function tierNeeded(referral: Referral): Tier {
  const { basis, amended } = referral;
  const own = tierOfReferral(referral.tier);
  const tier = amended === null ? own : higherOf(own, amended.tier);
  const isRaised = basis.overrides.length > 0;
  return !isRaised && overridesOf(referral).length > 0 ? tierAbove(tier) : tier;
}

/** Referred for its amount alone: policy has nothing against it, so a decline is an override. */
export function isReferredForAmount({ reasons }: Referral): boolean {
  return reasons.length > 0 && reasons.every(({ code }) => code === 'M01');
}

/** The shared row in which a lender's last verdicts of a month are counted. */
export interface RateRow {
  readonly verdicts: number;
  readonly overrides: number;
}

export function monthOf(epochMs: number): string {
  return businessDateOf(epochMs).slice(0, 7);
}

export function rateName(lenderId: string, month: string): string {
  return `override-rate/${lenderId}/${month}`;
}

export function withVerdict(content: unknown, isOverride: boolean): RateRow {
  const row = (content as RateRow | null | undefined) ?? { verdicts: 0, overrides: 0 };
  return { verdicts: row.verdicts + 1, overrides: row.overrides + (isOverride ? 1 : 0) };
}

export function rateOf(month: string, { verdicts, overrides }: RateRow): OverrideRate {
  return { month, verdicts, overrides, ratePpm: Math.floor((overrides * 1_000_000) / verdicts) };
}
