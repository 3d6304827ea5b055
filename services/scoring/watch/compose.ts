// Puts the watcher together: models that have a reference, the database, the topic and the metrics.
import type { SettingsOf } from '@saidao/config';
import { businessDateOf, ppmOf } from '@saidao/values';
import { gaugeOf, type WorkerContext, type workerSettings } from '@saidao/worker';
import type { Model } from '../register.ts';
import { driftTopic } from './adapters/drift-topic.ts';
import { readReference } from './adapters/reference-file.ts';
import { watchStore } from './adapters/watch-postgres.ts';
import type { WatchedModel } from './ports.ts';
import type { Reference } from './reference.ts';
import type { watchSettings } from './settings.ts';
import { startWatch, type Watch } from './watcher.ts';

type Settings = SettingsOf<typeof watchSettings> & SettingsOf<typeof workerSettings>;
export type WatchContext = Pick<
  WorkerContext<Settings>,
  'settings' | 'log' | 'database' | 'metrics' | 'logger' | 'onStop'
>;

/** Scorecards that score now or later are watched, if they have a reference. */
export function composeWatch(context: WatchContext, models: readonly Model[]): Watch {
  const { settings, log, database, metrics, logger } = context;
  const index = gaugeOf(metrics.registry, 'saidao_model_psi');
  const { watched, without } = watchedAmong(models, businessDateOf(Date.now()));
  for (const ref of without) {
    logger.warn({ reason: `${ref} has no reference population` }, 'a model is not watched');
  }
  const watch = startWatch({
    models: watched,
    lenders: settings.lenders,
    scoresMax: settings.watchScores,
    everyMs: settings.watchEveryMs,
    store: watchStore(database),
    shown: {
      show: (model, subject, lender, psiPpm) =>
        index.set({ model, subject, lender }, psiPpm / 1_000_000),
      forget: () => index.reset(),
    },
    publish: driftTopic(log, settings.partitions),
    logger,
  });
  context.onStop(() => watch.stop());
  return watch;
}

/**
 * Scorecards that score on this date or a later one, and those of them without a reference. One
 * whose last day has passed scores late applications only: these are no population.
 */
export function watchedAmong(models: readonly Model[], today: string) {
  const watched: { readonly model: WatchedModel; readonly reference: Reference }[] = [];
  const without: string[] = [];
  for (const { ref, id, version, digest, card, validFrom, validTo } of models) {
    if (card === null || validFrom === null || (validTo !== null && validTo < today)) continue;
    const reference = readReference({ id, version });
    const boundPpm = ppmOf(card.watch.psiBound);
    if (reference === undefined) without.push(ref);
    else watched.push({ model: { id, version, digest, boundPpm }, reference });
  }
  return { watched, without };
}
