// Made-up firms to train on: nobody's data, drawn by a seed from what the factors of a card can be.
import { chanceOf } from './chance.ts';

export interface TrainingFirm {
  /** For each factor its share of points and a 1 where it is missing, as the model takes them. */
  readonly inputs: readonly number[];
  /** 1: the firm did as it had planned; 0: it did not. */
  readonly fared: 0 | 1;
}

export interface TrainedFactor {
  readonly code: string;
  readonly family: string;
}

/** As in soft-power@2, which the model was trained beside; a later card may have others. */
export const trainedFactors: readonly TrainedFactor[] = [
  { code: 'QUALIFICATIONS_VALID', family: 'QUALIFICATIONS' },
  { code: 'SUBSIDY_LEVEL', family: 'SUBSIDIES' },
  { code: 'SCIENCE_STAFF_SHARE', family: 'TALENT' },
  { code: 'TALENT_GRADE', family: 'TALENT' },
  { code: 'INVENTION_PATENTS', family: 'PATENTS' },
  { code: 'OTHER_PATENTS', family: 'PATENTS' },
  { code: 'PATENT_LIFE', family: 'PATENTS' },
  { code: 'PATENT_QUALITY', family: 'PATENTS' },
  { code: 'RESEARCH_INTENSITY', family: 'OPERATIONS' },
  { code: 'REVENUE_GROWTH', family: 'OPERATIONS' },
  { code: 'EXPORT_SHARE', family: 'OPERATIONS' },
  { code: 'EQUITY_RAISED', family: 'OPERATIONS' },
  { code: 'INDUSTRY_TRACK', family: 'TRACK' },
  { code: 'PATENT_TRACK', family: 'TRACK' },
  { code: 'MARKET_GROWTH', family: 'TRACK' },
];

const MISSING_SHARE = 0.1;
const STEPS = 4;

/**
 * Each firm has a strength of its own that all its factors show with noise. How it fares follows
 * from their mean, and more than that where both its patents and its talents are strong: this is
 * what a sum of points cannot say, and a network can learn.
 */
export function firmsOf(
  factors: readonly TrainedFactor[],
  { count, seed }: { readonly count: number; readonly seed: number },
): TrainingFirm[] {
  const chance = chanceOf(seed);
  return Array.from({ length: count }, () => {
    const strength = chance();
    const shares = factors.map(() => {
      const noise = chance() + chance() - 1;
      const share = Math.min(1, Math.max(0, strength + noise * 0.6));
      return chance() < MISSING_SHARE ? null : Math.round(share * STEPS) / STEPS;
    });
    const meanOf = (family?: string): number => {
      const known = shares.filter(
        (share, at) => share !== null && (family === undefined || factors[at]?.family === family),
      ) as number[];
      return known.length === 0 ? 0.5 : known.reduce((sum, share) => sum + share, 0) / known.length;
    };
    const together = meanOf('PATENTS') * meanOf('TALENT');
    const odds = 5 * (meanOf() - 0.5) + 3 * (together - 0.3);
    return {
      inputs: shares.flatMap((share) => (share === null ? [0, 1] : [share, 0])),
      fared: chance() < 1 / (1 + Math.exp(-odds)) ? 1 : 0,
    };
  });
}
