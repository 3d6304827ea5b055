// The process of scoring: its line with the card of this release.
import { runWorker } from '@saidao/worker';
import { cardsFolder, readCard } from './adapters/card-file.ts';
import { scoringSettings } from './config.ts';
import { scoring } from './worker.ts';

await runWorker({
  service: 'scoring',
  env: process.env,
  settings: scoringSettings,
  build: () => ({ lines: [scoring(readCard(`${cardsFolder}soft-power.v1.json`))] }),
});
