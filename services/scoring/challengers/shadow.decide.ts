// What the shadow line decides: for each challenger one ShadowScored, whatever it said.
import type { EnterpriseScored } from '@saidao/schemas';
import type { Decision, DecideInput, LineState, Outgoing } from '@saidao/worker';

/** Points are hundredths of a point, of 100 points. */
export const POINTS_MAX = 10_000;

export type ChallengerKind = 'onnx' | 'http';

/** A model by its name in the register, with the digest of what it is. */
export interface ChallengerModel {
  readonly id: string;
  readonly version: number;
  readonly kind: ChallengerKind;
  readonly digest: string;
}

/** What came of asking a challenger; of an answer nothing is known until it is looked at. */
export type ChallengerSays =
  | { readonly kind: 'answered'; readonly points: unknown }
  | { readonly kind: 'failed' | 'timed-out' | 'nonsense'; readonly detail: string };

export interface Challenged {
  readonly model: ChallengerModel;
  readonly says: ChallengerSays;
}

/** The grade that the champion's model gives to so many points; null: it is not known here. */
export type GradeOf = (scored: EnterpriseScored, points: number) => string | null;

export type ShadowInput = DecideInput<
  'EnterpriseScored' | 'TimerDue',
  LineState,
  readonly Challenged[]
>;

export function createShadowDecide(gradeOf: GradeOf) {
  return ({ event, gathered }: ShadowInput): Decision<'ShadowScored', LineState, never> => {
    if (event.type === 'TimerDue') return { ignored: 'no-timers-here' };
    return { events: gathered.map((one) => shadowScored(event.data, one, gradeOf)) };
  };
}

function shadowScored(
  scored: EnterpriseScored,
  { model, says }: Challenged,
  gradeOf: GradeOf,
): Outgoing<'ShadowScored'> {
  const found = outcomeOf(says);
  return {
    type: 'ShadowScored',
    data: {
      applicationId: scored.applicationId,
      revision: scored.revision,
      lenderId: scored.lenderId,
      round: scored.round,
      modelId: model.id,
      modelVersion: model.version,
      modelDigest: model.digest,
      kind: model.kind,
      ...found,
      grade: found.points === null ? null : gradeOf(scored, found.points),
      championPoints: shareOf(scored),
      championGrade: scored.grade,
    },
  };
}

function outcomeOf(says: ChallengerSays) {
  if (says.kind !== 'answered') return { outcome: says.kind, points: null, detail: says.detail };
  const { points } = says;
  if (typeof points === 'number' && Number.isInteger(points) && isWithin(points)) {
    return { outcome: 'scored', points, detail: null };
  }
  const detail = `${shown(points)} is no whole number of points from 0 to ${POINTS_MAX}`;
  return { outcome: 'nonsense', points: null, detail };
}

function isWithin(points: number): boolean {
  return points >= 0 && points <= POINTS_MAX;
}

/** Of the points known, as the grade is; with nothing known there are none. */
function shareOf({ points, maxPoints }: EnterpriseScored): number {
  return maxPoints <= 0 ? 0 : Math.floor((points * POINTS_MAX) / maxPoints);
}

const SHOWN_CHARS_MAX = 80;

/** Strange answers are told shortly: they go to a topic that is kept. */
function shown(value: unknown): string {
  const text = typeof value === 'number' ? String(value) : (JSON.stringify(value) ?? 'nothing');
  return text.length > SHOWN_CHARS_MAX ? `${text.slice(0, SHOWN_CHARS_MAX)}…` : text;
}
