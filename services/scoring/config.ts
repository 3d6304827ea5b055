// The settings of scoring: those of every worker.
import { settings } from '@saidao/config';
import { workerSettings } from '@saidao/worker';

export const scoringSettings = settings({ ...workerSettings });
