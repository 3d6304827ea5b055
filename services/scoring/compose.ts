// Puts scoring together: the models of this release, its lines, its scores and their watch.
import type { EnterpriseScored } from '@saidao/schemas';
import type { BuiltWorker, WorkerContext } from '@saidao/worker';
import { readModels, sha256, type Models } from './adapters/model-files.ts';
import { scoreStore } from './adapters/scores-postgres.ts';
import { POINTS_TOTAL, reached } from './card/score.ts';
import { composeShadow } from './challengers/compose.ts';
import type { ScoringSettings } from './config.ts';
import { composeWatch } from './watch/compose.ts';
import { scoring } from './worker.ts';

export function composeScoring(context: WorkerContext<ScoringSettings>): BuiltWorker {
  const models = readModels();
  composeWatch(context, models.all);
  const line = scoring({ digest: sha256, champion: models.champion }, scoreStore);
  return { lines: [line, ...composeShadow(context, models.all, gradeOf(models))] };
}

/** By the card that scored it, so that a challenger, which says points only, is measured alike. */
function gradeOf({ all }: Models) {
  return ({ cardId, cardVersion }: EnterpriseScored, points: number): string | null => {
    const card = all.find(({ id, version }) => id === cardId && version === cardVersion)?.card;
    return card == null ? null : (reached(card.grades, points, POINTS_TOTAL)?.grade ?? null);
  };
}
