// Scores past applications anew by another card: on what was scored then, and on nothing newer.
import type { EnterpriseScored } from '@saidao/schemas';
import { fromJson } from '@saidao/values';
import type { Database } from '@saidao/worker';
import { sha256, type Models, type ReadyModel } from '../adapters/model-files.ts';
import type { Inputs } from '../card/inputs.ts';
import { scoreOf, type Score } from '../card/score.ts';
import { DeskFault } from './fault.ts';

/** One score that was given. */
export interface GivenScore {
  readonly applicationId: string;
  readonly revision: number;
  readonly round: number;
}

/** What a card puts in the place of another's on EnterpriseScored. */
export type Rescored = Score &
  Pick<EnterpriseScored, 'cardId' | 'cardVersion' | 'cardDigest' | 'gradeFloors'>;

/** A model that can score here, a draft or a retired one too. */
export function scoringModel(models: Models, ref: string): ReadyModel {
  const found = models.ready.find((model) => model.ref === ref);
  if (found !== undefined) return found;
  const refs = models.ready.map((model) => model.ref).join(', ');
  throw new DeskFault(`There is no scorecard ${ref}; there are ${refs}.`);
}

/** In the order asked; null: what was scored then was not kept. */
export async function rescored(
  database: Database,
  { ready }: ReadyModel,
  given: readonly GivenScore[],
): Promise<(Rescored | null)[]> {
  const { rows } = await database.prepared<{ place: bigint; inputs: string | null }>(
    'scoring.inputs-of',
    `select place, inputs
     from unnest($1::text[], $2::int[], $3::int[]) with ordinality
       as asked (application_id, revision, round, place)
     join scoring.scores using (application_id, revision, round)`,
    [
      given.map(({ applicationId }) => applicationId),
      given.map(({ revision }) => revision),
      given.map(({ round }) => round),
    ],
  );
  const scores: (Rescored | null)[] = given.map(() => null);
  const { card, digest: cardDigest, gradeFloors } = ready;
  for (const { place, inputs } of rows) {
    if (inputs === null) continue;
    scores[Number(place) - 1] = {
      ...scoreOf(ready, fromJson(inputs) as Inputs, sha256, inputs),
      cardId: card.id,
      cardVersion: card.version,
      cardDigest,
      gradeFloors,
    };
  }
  return scores;
}
