// Puts the watcher together: models that have a reference, the database, the topic and the metrics.
import { Gauge } from '@prometheus-io/client';
import type { SettingsOf } from '@saidao/config';
import { ppmOf } from '@saidao/values';
import type { WorkerContext, workerSettings } from '@saidao/worker';
import type { Model } from '../register.ts';
import { driftTopic } from './adapters/drift-topic.ts';
import { readReference } from './adapters/reference-file.ts';
import { watchStore } from './adapters/watch-postgres.ts';
import type { WatchedModel } from './ports.ts';
import type { watchSettings } from './settings.ts';
import { startWatch, type Watch } from './watcher.ts';

type Settings = SettingsOf<typeof watchSettings> & SettingsOf<typeof workerSettings>;
export type WatchContext = Pick<
  WorkerContext<Settings>,
  'settings' | 'log' | 'database' | 'metrics' | 'logger' | 'onStop'
>;

/** Active scorecards with a reference are watched; of the others nothing is written down. */
export function composeWatch(context: WatchContext, models: readonly Model[]): Watch {
  const { settings, log, database, metrics, logger } = context;
  const index = new Gauge({
    name: 'saidao_model_psi',
    help: "Population stability index of a lender's last scores against the model's reference.",
    labelNames: ['model', 'subject', 'lender'],
    registers: [metrics.registry],
  });
  const watch = startWatch({
    models: models.flatMap(watched),
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

function watched(model: Model) {
  const { id, version, digest, card, status } = model;
  const reference = readReference(model);
  if (card === null || status !== 'active' || reference === undefined) return [];
  const boundPpm = ppmOf(card.watch.psiBound);
  return [{ model: { id, version, digest, boundPpm } satisfies WatchedModel, reference }];
}
