// The settings of decisioning: those of every worker with a door.
import { settings, type SettingsOf } from '@saidao/config';
import { doorSettings, workerSettings } from '@saidao/worker';

export const decisioningSettings = settings({ ...workerSettings, ...doorSettings });

export type DecisioningSettings = SettingsOf<typeof decisioningSettings>;
