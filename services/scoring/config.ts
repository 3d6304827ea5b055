// The settings of scoring: those of every worker, its challengers and the watch on its models.
import { settings, type SettingsOf } from '@saidao/config';
import { workerSettings } from '@saidao/worker';
import { challengerSettings } from './challengers/settings.ts';
import { watchSettings } from './watch/settings.ts';

export const scoringSettings = settings({
  ...workerSettings,
  ...challengerSettings,
  ...watchSettings,
});

export type ScoringSettings = SettingsOf<typeof scoringSettings>;
