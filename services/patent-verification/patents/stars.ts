// Legal, technical and economic sub-scores of one patent, and its stars.
import type { PatentScores } from '@saidao/schemas';
import { ppmOf } from '@saidao/values';
import { levels, type Indicator, type IndicatorMeasure, type Level } from './policy.ts';
import type { ScoreWeights } from './policy.ts';

/** What the indicators look at; null: not known, which lowers coverage and is never 0. */
export type Measured = Readonly<Record<IndicatorMeasure, number | null>>;

/**
 * Source of the three levels: GB/T 42748-2023, Guidelines for Patent Evaluation; found. The
 * indicators and all weights are the policy's own: `official` is false. Null where nothing is known.
 */
export function scoresOf(measured: Measured, weights: ScoreWeights): PatentScores | null {
  const byLevel = levels.map((level) => ({ level, ...levelOf(level, measured, weights) }));
  const known = byLevel.filter(({ weightKnown }) => weightKnown > 0);
  if (known.length === 0) return null;
  const shareOf = (level: Level): number => ppmOf(weights.levels[level]);
  const shares = known.reduce((sum, { level }) => sum + shareOf(level), 0);
  const weighted = known.reduce(
    (sum, { level, hundredths }) => sum + hundredths * shareOf(level),
    0,
  );
  const total = Math.floor(weighted / shares);
  const pointsOf = (level: Level) => byLevel.find((one) => one.level === level)?.hundredths ?? 0;
  return {
    legal: pointsOf('legal'),
    technical: pointsOf('technical'),
    economic: pointsOf('economic'),
    total,
    stars: starsOf(total, weights),
    coveragePpm: Math.floor(
      byLevel.reduce((sum, { level, weightKnown }) => sum + shareOf(level) * weightKnown, 0) / 100,
    ),
    weightSet: `${weights.id}@${weights.version}`,
    official: weights.official,
  };
}

/** Points of a level over the weights that are known, in hundredths of a point. */
function levelOf(level: Level, measured: Measured, { indicators }: ScoreWeights) {
  let weightKnown = 0;
  let weighted = 0;
  for (const indicator of indicators) {
    const value = measured[indicator.measure];
    if (indicator.level !== level || value === null) continue;
    weightKnown += indicator.weight;
    weighted += indicator.weight * pointsIn(indicator, value);
  }
  return {
    weightKnown,
    hundredths: weightKnown === 0 ? 0 : Math.floor((weighted * 100) / weightKnown),
  };
}

function pointsIn({ bands }: Indicator, value: number): number {
  return bands.find(([from]) => value >= from)?.[1] ?? 0;
}

/** Five stars from the first bound up, one below the last. */
export function starsOf(hundredths: number, { stars }: Pick<ScoreWeights, 'stars'>): number {
  const reached = stars.findIndex((from) => hundredths >= from * 100);
  return reached < 0 ? 1 : 5 - reached;
}
