// The ways to Kafka and PostgreSQL are slow, and break for some seconds, while applications flow.
import { freePort } from '@saidao/local';
import { eventually, startTcpProxy } from '@saidao/testkit';
import type { Case } from '../torture/case.ts';
import { underFire } from './under-fire.ts';

const COUNT = 100;
const RATE = 2;
/** Each way: so a question and its answer take twice as long. */
const DELAY_MS = 25;
const SLOW_AT = 10;
/** Cut each time so many more are submitted. */
const BETWEEN = 15;
/** One is cut, then the other, then both. */
const CUTS = 3;
const CUT_MS = 5_000;

export function networkCases(environment: NodeJS.ProcessEnv): Case[] {
  return [
    {
      group: 'real-faults',
      name: 'the network is slow, and breaks',
      async run() {
        const port = await freePort();
        let database = '';
        await using toKafka = await startTcpProxy({ target: () => `127.0.0.1:${port}` });
        await using toDatabase = await startTcpProxy({ target: () => database });
        const ways = [toKafka, toDatabase];
        return await underFire(
          {
            ...{ environment, count: COUNT, rate: RATE },
            // A client asks where it was told, and is then sent to where the broker says it is.
            kafkaPorts: { port, advertisedPort: toKafka.port },
            extrasOf(_, { databaseUrl }) {
              const url = new URL(databaseUrl);
              database = url.host;
              url.host = `${toDatabase.host}:${toDatabase.port}`;
              return {
                DATABASE_URL: url.href,
                KAFKA_BROKERS: `${toKafka.host}:${toKafka.port}`,
              };
            },
          },
          async (fire) => {
            await fire.untilSubmitted(SLOW_AT);
            for (const way of ways) way.slow(DELAY_MS);
            for (let cut = 1; cut <= CUTS; cut += 1) {
              await fire.untilSubmitted(SLOW_AT + cut * BETWEEN);
              const chosen = ways.filter((_, at) => (cut & (at + 1)) !== 0);
              const sinceMs = performance.now();
              for (const way of chosen) way.cut();
              await eventually('it was cut for long', () => performance.now() - sinceMs > CUT_MS, {
                everyMs: 100,
              });
              for (const way of chosen) way.mend();
            }
            // What comes to rest may do so quickly.
            await fire.untilSubmitted(COUNT);
            const notes = [
              `${ways.map(({ open }) => open).join(' and ')} connections went through`,
            ];
            const findings = ways.some(({ open }) => open === 0) ? ['a way was not used'] : [];
            for (const way of ways) way.slow(0);
            return { runs: CUTS + 1, findings, notes };
          },
        );
      },
    },
  ];
}
