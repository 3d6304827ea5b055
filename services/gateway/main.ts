// The process of the gateway: its line and its doors.
import { runWorker } from '@saidao/worker';
import { composeGateway } from './compose.ts';
import { gatewaySettings } from './config.ts';

await runWorker({
  service: 'gateway',
  env: process.env,
  settings: gatewaySettings,
  migrations: new URL('./migrations/', import.meta.url),
  build: composeGateway,
});
