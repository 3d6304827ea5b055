// A challenger beside the champion: two samples by stable hash, their figures, and what they tell.
import { differenceOf, rateOf, type DifferencePpm, type Rate } from './simulation/bounds.ts';
import {
  amountsAndPricesOf,
  apartPpm,
  meanFen,
  type BoundedPpm,
  type Moments,
} from './simulation/moments.ts';

/** All that was judged by one policy in the days that are looked at, each application once. */
export interface Sample {
  readonly policy: string;
  readonly role: string;
  readonly approved: number;
  readonly referred: number;
  readonly declined: number;
  /** Of what was proposed; the candidate's figures are nothing. */
  readonly moments: Moments;
  /** Last verdicts of officers, and those that were otherwise than policy would. */
  readonly verdicts: number;
  readonly overridden: number;
}

export interface SampleFigures {
  readonly policy: string;
  readonly role: string;
  readonly applications: number;
  readonly approved: Rate | null;
  readonly referred: Rate | null;
  readonly declined: Rate | null;
  readonly proposedFen: string;
  /** In the mean, for each application. */
  readonly mean: { readonly fen: string; readonly lowFen: string; readonly highFen: string } | null;
  readonly price: BoundedPpm | null;
  /** Of the last verdicts of officers. */
  readonly overridden: Rate | null;
}

export interface Trial {
  readonly champion: SampleFigures;
  readonly challenger: SampleFigures;
  /** Challenger less champion. */
  readonly approvedDifference: DifferencePpm | null;
  readonly declinedDifference: DifferencePpm | null;
  readonly priceDifference: BoundedPpm | null;
  readonly overriddenDifference: DifferencePpm | null;
  /** What can be told of it. */
  readonly says: string;
}

/** Below it bounds are wide enough to hold anything. */
export const CASES_MIN = 30;

export function sampleFigures(sample: Sample): SampleFigures {
  const { policy, role, moments, verdicts } = sample;
  const { count } = moments;
  const mean = meanFen(moments);
  return {
    policy,
    role,
    applications: count,
    approved: rateOf(sample.approved, count),
    referred: rateOf(sample.referred, count),
    declined: rateOf(sample.declined, count),
    proposedFen: moments.sums[0]!.toString(),
    mean: mean && {
      fen: mean.fen.toString(),
      lowFen: mean.lowFen.toString(),
      highFen: mean.highFen.toString(),
    },
    price: amountsAndPricesOf(moments).priceBefore,
    overridden: rateOf(sample.overridden, verdicts),
  };
}

export function trialOf(championSample: Sample, challengerSample: Sample): Trial {
  const champion = sampleFigures(championSample);
  const challenger = sampleFigures(challengerSample);
  const approvedDifference = differenceOf(champion.approved, challenger.approved);
  return {
    champion,
    challenger,
    approvedDifference,
    declinedDifference: differenceOf(champion.declined, challenger.declined),
    priceDifference: apartPpm(champion.price, challenger.price),
    overriddenDifference: differenceOf(champion.overridden, challenger.overridden),
    says: saidOf(champion, challenger, approvedDifference),
  };
}

function saidOf(
  { applications, policy }: SampleFigures,
  challenger: SampleFigures,
  difference: DifferencePpm | null,
): string {
  const fewest = Math.min(applications, challenger.applications);
  if (difference === null || fewest < CASES_MIN) {
    return `Nothing can be told yet: ${fewest} of at least ${CASES_MIN} applications on one side.`;
  }
  const { lowPpm, highPpm } = difference;
  if (lowPpm <= 0 && highPpm >= 0) {
    return (
      'No difference in approvals can be told yet: ' +
      `between ${points(lowPpm)} and ${points(highPpm)} of a hundred all is possible.`
    );
  }
  const [most, least] = lowPpm > 0 ? [highPpm, lowPpm] : [-lowPpm, -highPpm];
  return (
    `${challenger.policy} approves ${lowPpm > 0 ? 'more' : 'fewer'} than ${policy}: ` +
    `by ${points(least)} to ${points(most)} of a hundred. ` +
    'Who looks again and again is misled once in twenty looks.'
  );
}

function points(ppm: number): string {
  return (ppm / 10_000).toFixed(1);
}
