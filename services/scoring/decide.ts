// Scoring's decision: the champion of the business date over what was verified, as EnterpriseScored.
import type {
  CollateralChange,
  EnterpriseChecked,
  EnterpriseScored,
  PatentsVerified,
} from '@saidao/schemas';
import { toJson } from '@saidao/values';
import type { Decision, DecideInput } from '@saidao/worker';
import { changesTogether, withChanges } from './card/collateral.ts';
import type { Card } from './card/card.ts';
import {
  inputsOf,
  nothingChecked,
  regionCodeOf,
  type Checked,
  type Inputs,
} from './card/inputs.ts';
import { scoreOf, type Digest, type ReadyCard } from './card/score.ts';

/** Which card scores an application, and how inputs are hashed. */
export interface Scorer {
  readonly digest: Digest;
  champion(businessDate: string): { readonly ready: ReadyCard };
}

export interface ScoringState {
  readonly revision: number;
  /** Scores of this revision so far. */
  readonly round: number;
  /** What was said of the enterprise; it comes just before the patents, in each round. */
  readonly checked: Checked | null;
  /** Kept where a pledge was asked for: of these alone the collateral can change. */
  readonly verified: PatentsVerified | null;
  /** What changed since they were verified. */
  readonly changes: readonly CollateralChange[];
}

export const initialState: ScoringState = {
  revision: 0,
  round: 0,
  checked: null,
  verified: null,
  changes: [],
};

/** One score, kept when there is a newer one: for watching models and for reports. */
export interface ScoreRow {
  readonly applicationId: string;
  readonly revision: number;
  readonly round: number;
  readonly lenderId: string;
  readonly productId: string;
  readonly businessDate: string;
  readonly cause: string;
  readonly modelId: string;
  readonly modelVersion: number;
  readonly modelDigest: string;
  readonly inputHash: string;
  /** Canonical JSON of what was scored. */
  readonly inputs: string;
  /** Hundredths of a point, as on the event. */
  readonly points: number;
  readonly maxPoints: number;
  readonly coveragePpm: number;
  readonly grade: string;
  readonly stars: number;
  readonly stage: string;
  /** Six digits of GB/T 2260. */
  readonly regionCode: string;
  readonly sizeClass: string;
  readonly foundedYear: number | null;
  /** By the factor's code: the share of its points it got, in per cent; null: missing. */
  readonly factorShares: Readonly<Record<string, number | null>>;
  readonly scoredAtMs: number;
}

export type ScoringInput = DecideInput<
  'EnterpriseChecked' | 'PatentsVerified' | 'CollateralChanged' | 'TimerDue',
  ScoringState,
  undefined
>;

type Decided = Decision<'EnterpriseScored', ScoringState, ScoreRow>;
type Cause = 'VERIFIED' | 'COLLATERAL_CHANGED';

/** What the line decides with these models. */
export function createDecide(scorer: Scorer) {
  return (input: ScoringInput): Decided => {
    const { event, state } = input;
    switch (event.type) {
      case 'EnterpriseChecked':
        return { state: { ...state, checked: keptOf(event.data) } };
      case 'PatentsVerified':
        return decided(scorer, input, {
          ...state,
          round: state.round + 1,
          verified: event.data,
          changes: [],
        });
      case 'CollateralChanged': {
        if (state.verified === null) return { ignored: 'nothing-verified' };
        const changes = changesTogether(state.changes, event.data.changes);
        return decided(scorer, input, { ...state, round: state.round + 1, changes });
      }
      case 'TimerDue':
        return { ignored: 'no-timers-here' };
    }
  };
}

function keptOf({ guarantee, checks, registry, bureau, validUntil }: EnterpriseChecked): Checked {
  return { guarantee, checks, registry, bureau, validUntil };
}

/** The score of the state, and the state without what no later event can ask for. */
function decided(scorer: Scorer, { event, nowMs }: ScoringInput, state: ScoringState): Decided {
  const { verified, round } = state;
  if (verified === null) return { ignored: 'nothing-verified' };
  const cause = event.type === 'CollateralChanged' ? 'COLLATERAL_CHANGED' : 'VERIFIED';
  const checked = state.checked ?? nothingChecked;
  const inputs = writtenInputs(withCollateral(verified, state.changes), checked);
  const data = scoredBy(scorer, inputs, { round, cause });
  const kept = verified.pledgeRequested;
  return {
    events: [{ type: 'EnterpriseScored', data }],
    rows: [rowOf(data, inputs, nowMs)],
    state: kept ? state : { ...state, checked: null, verified: null },
  };
}

function withCollateral(
  verified: PatentsVerified,
  changes: readonly CollateralChange[],
): PatentsVerified {
  if (changes.length === 0) return verified;
  return { ...verified, bundle: withChanges(verified.bundle, changes) };
}

/** What is scored, with its inputs and their text: both are needed more than once. */
interface WrittenInputs {
  readonly verified: PatentsVerified;
  readonly checked: Checked;
  readonly inputs: Inputs;
  /** Canonical JSON. */
  readonly text: string;
}

function writtenInputs(verified: PatentsVerified, checked: Checked): WrittenInputs {
  const inputs = inputsOf(verified, checked);
  return { verified, checked, inputs, text: toJson(inputs) };
}

/** The score of one application; the same facts and model always give the same. */
export function scored(
  scorer: Scorer,
  verified: PatentsVerified,
  checked: Checked = nothingChecked,
): EnterpriseScored {
  return scoredBy(scorer, writtenInputs(verified, checked), { round: 1, cause: 'VERIFIED' });
}

function scoredBy(
  scorer: Scorer,
  { verified, checked, inputs, text }: WrittenInputs,
  { round, cause }: { readonly round: number; readonly cause: Cause },
): EnterpriseScored {
  const { ready } = scorer.champion(verified.businessDate);
  const { applicationId, revision, lenderId, productId, businessDate, bundle } = verified;
  return {
    applicationId,
    revision,
    lenderId,
    productId,
    businessDate,
    ...cardOf(ready),
    ...scoreOf(ready, inputs, scorer.digest, text),
    bundle,
    guarantee: checked.guarantee,
    pledgeRequested: verified.pledgeRequested,
    round,
    cause,
    checks: checked.checks,
    validUntil: earliest(verified.validUntil, checked.validUntil),
    gradeFloors: ready.gradeFloors,
  };
}

function cardOf({ card, digest }: { readonly card: Card; readonly digest: string }) {
  return { cardId: card.id, cardVersion: card.version, cardDigest: digest };
}

function earliest(one: bigint | null, other: bigint | null): bigint | null {
  if (one === null || other === null) return one ?? other;
  return one < other ? one : other;
}

function rowOf(
  score: EnterpriseScored,
  { verified: { enterprise }, checked: { registry }, text }: WrittenInputs,
  nowMs: number,
): ScoreRow {
  const founded = registry?.established ?? enterprise.founded;
  const factorShares: Record<string, number | null> = {};
  for (const { code, points, maxPoints, missing } of score.factors) {
    factorShares[code] = missing || maxPoints === 0 ? null : (points * 100) / maxPoints;
  }
  return {
    applicationId: score.applicationId,
    revision: score.revision,
    round: score.round,
    lenderId: score.lenderId,
    productId: score.productId,
    businessDate: score.businessDate,
    cause: score.cause,
    modelId: score.cardId,
    modelVersion: score.cardVersion,
    modelDigest: score.cardDigest,
    inputHash: score.inputHash,
    inputs: text,
    points: score.points,
    maxPoints: score.maxPoints,
    coveragePpm: score.coveragePpm,
    grade: score.grade,
    stars: score.stars,
    stage: score.stage ?? '',
    regionCode: regionCodeOf(enterprise, registry),
    sizeClass: score.derived?.sizeClass ?? 'unknown',
    foundedYear: founded === null ? null : Number(founded.slice(0, 4)),
    factorShares,
    scoredAtMs: Math.floor(nowMs),
  };
}
