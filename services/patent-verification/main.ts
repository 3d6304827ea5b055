// The process of patent-verification: the verify and the pledge line.
import { runWorker } from '@saidao/worker';
import { composePatentVerification } from './compose.ts';
import { contradictionsOf, patentVerificationSettings } from './config.ts';

await runWorker({
  service: 'patent-verification',
  env: process.env,
  settings: patentVerificationSettings,
  check: contradictionsOf,
  migrations: new URL('./migrations/', import.meta.url),
  build: composePatentVerification,
});
