// Scoring's decision: the factors of a card over what is known, as one EnterpriseScored.
import { ppmOf } from '@saidao/values';
import type { EnterpriseScored, Factor, GuaranteeFinding, PatentsVerified } from '@saidao/schemas';
import type { Decision, DecideInput } from '@saidao/worker';
import type { BandFactor, Card, CardFactor, NamedFactor } from './card.ts';
import { measure, type Measured } from './measure.ts';

/** A card with the hash of the file it was read from. */
export interface LoadedCard extends Card {
  readonly digest: string;
}

export interface ScoringState {
  readonly revision: number;
  /** What the guarantor said of this revision; it comes just before the patents. */
  readonly guarantee: GuaranteeFinding | null;
}

export const initialState: ScoringState = { revision: 0, guarantee: null };

export type ScoringInput = DecideInput<
  'EnterpriseChecked' | 'PatentsVerified' | 'TimerDue',
  ScoringState,
  undefined
>;

/** What the line decides with this card. */
export function createDecide(card: LoadedCard) {
  return ({ event, state }: ScoringInput): Decision<'EnterpriseScored', ScoringState, never> => {
    switch (event.type) {
      case 'EnterpriseChecked':
        return { state: { ...state, guarantee: event.data.guarantee } };
      case 'PatentsVerified':
        return {
          events: [{ type: 'EnterpriseScored', data: scored(card, event.data, state.guarantee) }],
        };
      case 'TimerDue':
        return { ignored: 'no-timers-here' };
    }
  };
}

/** The score of one application; the same event and card always give the same. */
export function scored(
  card: LoadedCard,
  event: PatentsVerified,
  guarantee: GuaranteeFinding | null,
): EnterpriseScored {
  const measured = measure(event, card);
  const factors = card.factors.map((factor) => judge(factor, measured[factor.measure]));
  const known = factors.filter(({ missing }) => !missing);
  const points = sum(known.map((factor) => factor.points));
  const maxPoints = sum(known.map((factor) => factor.maxPoints));
  return {
    applicationId: event.applicationId,
    revision: event.revision,
    lenderId: event.lenderId,
    productId: event.productId,
    businessDate: event.businessDate,
    cardId: card.id,
    cardVersion: card.version,
    cardDigest: card.digest,
    points,
    maxPoints,
    coveragePpm: Math.floor((maxPoints * 1_000_000) / (card.pointsTotal * 100)),
    grade: gradeOf(card, points, maxPoints),
    factors,
    bundle: event.bundle,
    guarantee,
    pledgeRequested: event.pledgeRequested,
  };
}

/** The grade of points over the maximum of what is known; with nothing known, the lowest. */
export function gradeOf(card: Pick<Card, 'grades'>, points: number, maxPoints: number): string {
  const reached = card.grades.find(({ from }) => maxPoints > 0 && points * 100 >= from * maxPoints);
  return (reached ?? card.grades.at(-1))?.grade ?? '';
}

function judge(factor: CardFactor, measured: Measured | null): Factor {
  const base = {
    code: factor.code,
    family: factor.family,
    value: measured?.value ?? null,
    maxPoints: factor.pointsMax * 100,
  };
  const judged = measured === null ? undefined : pointsOf(factor, measured);
  if (judged === undefined) {
    return { ...base, points: 0, missing: true, reason: factor.reasonMissing };
  }
  return { ...base, points: judged.points * 100, missing: false, reason: judged.reason };
}

interface Judged {
  readonly points: number;
  readonly reason: string;
}

function pointsOf(factor: CardFactor, measured: Measured): Judged | undefined {
  if (factor.kind === 'bands') {
    if (measured.kind !== 'figure') return undefined;
    const low = bandOf(factor, measured.lowPpm);
    const high = bandOf(factor, measured.highPpm);
    // What the register left open counts as missing only where it could change the points.
    return low.points === high.points ? low : undefined;
  }
  return measured.kind === 'names' ? namedPoints(factor, measured.names) : undefined;
}

function bandOf(factor: BandFactor, ppm: number): Judged {
  const band = factor.bands.find(({ from }) => ppm >= ppmOf(from));
  return band ?? { points: 0, reason: factor.reasonNone };
}

function namedPoints(factor: NamedFactor, names: readonly string[]): Judged {
  const each = names.map(
    (name) => (Object.hasOwn(factor.points, name) ? factor.points[name] : 0) ?? 0,
  );
  const points =
    factor.kind === 'sum' ? Math.min(sum(each), factor.pointsMax) : Math.max(0, ...each);
  return { points, reason: points === 0 ? factor.reasonNone : factor.reason };
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, number) => total + number, 0);
}
