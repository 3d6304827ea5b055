// A line that stops while the broker is away: its consumer does not wait for the look at timers.
import type { EventLog, LaneConsumer } from '@saidao/event-log';
import { eventually } from '@saidao/testkit';
import { expect, it } from 'vitest';
import { startLine } from './line-runner.ts';
import { MemoryDatabase } from './memory-database.ts';
import { LANE, toyBroker, toyMember } from './toy-ground.fixture.ts';
import { applicationIds, LENDER, PARTITIONS, toyLine, turnOf, withdrawn } from './turn.fixture.ts';

const [ONE] = applicationIds(1, LANE) as [string];
/** What a process has from SIGTERM to its end; see run.ts. */
const DRAIN_MS_MAX = 10_000;

it('stops its consumer while a timer is being published, and publishes for less than it has', async () => {
  const line = toyLine();
  const broker = toyBroker();
  const server = new MemoryDatabase();
  await toyMember(broker, server).run(turnOf(LANE, [withdrawn(ONE, 1, 'timer:0')]));
  const away = Promise.withResolvers<void>();
  const sends: number[] = [];
  let hasStopped = false;
  const log = broker.connect();
  const consumer = {
    ...{ joined: () => true, lanes: () => [], oldestTurnMs: () => 0 },
    stop: async () => void (hasStopped = true),
  } as unknown as LaneConsumer;
  const running = await startLine({
    ...{ line, database: server.connect(), lenders: [LENDER], partitions: PARTITIONS },
    log: {
      ranges: (topic: string) => log.ranges(topic),
      async consumeLanes({ onLanes }: Parameters<EventLog['consumeLanes']>[0]) {
        onLanes?.([LANE]);
        return consumer;
      },
      async send(_records: unknown, { timeoutMs = Infinity } = {}) {
        sends.push(timeoutMs);
        await away.promise;
      },
    } as unknown as EventLog,
  });
  await eventually('a timer is published', () => sends.length > 0);
  const stopped = running.stop();
  await eventually('the consumer has stopped', () => hasStopped);
  away.resolve();
  await stopped;
  expect(sends[0]).toBeLessThan(DRAIN_MS_MAX);
});
