// Factors of the score: points more on one, or one supplied that is missing.
import type { EnterpriseScored, Factor, GradeFloor } from '@saidao/schemas';
import type { Application } from '../figures.ts';
import { figureLever, type Lever } from './lever.ts';
import { points } from './units.ts';

/** What an enterprise does or has; persons' grades, time and the market are no levers. */
const raisable = [
  'QUALIFICATIONS_VALID',
  'SUBSIDY_LEVEL',
  'SCIENCE_STAFF_SHARE',
  'INVENTION_PATENTS',
  'OTHER_PATENTS',
  'RESEARCH_INTENSITY',
  'REVENUE_GROWTH',
  'EXPORT_SHARE',
  'EQUITY_RAISED',
];

/** What it can supply; of patents the register is asked. */
const suppliable = [
  'QUALIFICATIONS_VALID',
  'SUBSIDY_LEVEL',
  'SCIENCE_STAFF_SHARE',
  'RESEARCH_INTENSITY',
  'REVENUE_GROWTH',
  'EXPORT_SHARE',
  'EQUITY_RAISED',
  'MARKET_GROWTH',
];

/** The lever of a factor, by its subject `factor.<CODE>`. */
export function factorLever(code: string): Lever {
  const find = ({ score }: Application) => score.factors.find((factor) => factor.code === code);
  return figureLever({
    kind: 'FACTOR',
    subject: `factor.${code}`,
    unit: points,
    name: { zh: `评分项 ${code} 得分`, en: `Points of the factor ${code}` },
    at(application) {
      const factor = find(application);
      return factor === undefined || factor.missing ? null : BigInt(factor.points);
    },
    end(application) {
      const factor = find(application);
      return factor === undefined ? null : BigInt(factor.maxPoints);
    },
    set(application, to) {
      const factor = find(application);
      if (factor === undefined) return application;
      return { ...application, score: withPoints(application.score, factor, Number(to)) };
    },
  });
}

/**
 * Two are worth a search: of those known the one that lost the most points, as all others need as
 * many more; of those missing the heaviest.
 */
export function factorLevers({ score }: Application): Lever[] {
  const lost = ({ maxPoints, points }: Factor) => maxPoints - points;
  const known = score.factors.filter(({ missing, code }) => !missing && raisable.includes(code));
  const missing = score.factors.filter(({ missing, code }) => missing && suppliable.includes(code));
  return [known, missing].flatMap((factors) => {
    const [first, ...others] = factors;
    if (first === undefined) return [];
    const most = others.reduce((found, one) => (lost(one) > lost(found) ? one : found), first);
    return lost(most) > 0 ? [factorLever(most.code)] : [];
  });
}

/** As the score counts: a factor that is missing counts neither in the points nor in the most. */
function withPoints(score: EnterpriseScored, factor: Factor, to: number): EnterpriseScored {
  const supplied = factor.missing ? factor.maxPoints : 0;
  const all = score.points + to - (factor.missing ? 0 : factor.points);
  const most = score.maxPoints + supplied;
  // The weights of a card sum to 10,000 hundredths of a point.
  const coveragePpm = score.coveragePpm + supplied * 100;
  const changed = { ...factor, points: to, missing: false };
  return {
    ...score,
    points: all,
    maxPoints: most,
    coveragePpm,
    grade: gradeOf(score.gradeFloors, all, most) ?? score.grade,
    factors: score.factors.map((one) => (one === factor ? changed : one)),
    missing: score.missing.filter((code) => code !== factor.code),
  };
}

function gradeOf(floors: readonly GradeFloor[], all: number, most: number): string | undefined {
  return floors.find(({ fromPpm }) => all * 1_000_000 >= fromPpm * most)?.grade;
}
