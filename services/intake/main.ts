// The process of intake: its line and its door.
import { runWorker } from '@saidao/worker';
import { claimsIn, takenKeysIn } from './adapters/claims-postgres.ts';
import { readingIn } from './adapters/reading-log.ts';
import { statusesIn, writeStatuses } from './adapters/statuses-postgres.ts';
import { intakeSettings } from './config.ts';
import { intakeDoor } from './door.ts';
import { intake } from './worker.ts';

await runWorker({
  service: 'intake',
  env: process.env,
  settings: intakeSettings,
  migrations: new URL('./migrations/', import.meta.url),
  build({ settings, log, database, clock }) {
    const claims = claimsIn(database, () => clock.nowMs());
    const { businessDate, partitions } = settings;
    const reading = readingIn({ log, group: 'saidao.intake', partitions });
    return {
      lines: [intake({ claims, record: writeStatuses, reading, businessDate })],
      doors: [
        intakeDoor({
          log,
          partitions,
          claims,
          takenKeys: takenKeysIn(database),
          statuses: statusesIn(database),
          businessDate,
          clock: () => clock.nowMs(),
        }),
      ],
    };
  },
});
