// The process of intake: its line and its door.
import { runWorker } from '@saidao/worker';
import { composeIntake } from './compose.ts';
import { contradictionsOf, intakeSettings } from './config.ts';

await runWorker({
  service: 'intake',
  env: process.env,
  settings: intakeSettings,
  check: contradictionsOf,
  migrations: new URL('./migrations/', import.meta.url),
  build: composeIntake,
});
