// The process of scoring: its line, its challengers' and the watch on its models.
import { runWorker } from '@saidao/worker';
import { composeScoring } from './compose.ts';
import { scoringSettings } from './config.ts';

await runWorker({
  service: 'scoring',
  env: process.env,
  settings: scoringSettings,
  migrations: new URL('./migrations/', import.meta.url),
  build: composeScoring,
});
