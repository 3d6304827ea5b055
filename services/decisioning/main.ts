// The process of decisioning: its line and its door.
import { runWorker } from '@saidao/worker';
import { composeDecisioning } from './compose.ts';
import { decisioningSettings } from './config.ts';

await runWorker({
  service: 'decisioning',
  env: process.env,
  settings: decisioningSettings,
  migrations: new URL('./migrations/', import.meta.url),
  build: composeDecisioning,
});
