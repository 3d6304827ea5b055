// Issue 8: a turn whose commit was not answered told nobody of its timers: they came up to 30 s late.
import type { OutgoingRecord } from '@saidao/event-log';
import { workerTopics } from '@saidao/schemas';
import { eventually } from '@saidao/testkit';
import { afterEach, expect, it } from 'vitest';
import type { Database } from './database.ts';
import { startLine, type RunningLine } from './line-runner.ts';
import { MemoryDatabase } from './memory-database.ts';
import { LANE, toyBroker } from './toy-ground.fixture.ts';
import { applicationIds, LENDER, PARTITIONS, toyLine, withdrawn } from './turn.fixture.ts';

const [ONE] = applicationIds(1, LANE) as [string];
const { timers } = workerTopics('toy');

let running: RunningLine | undefined;

afterEach(async () => {
  await running?.stop();
});

it('publishes the timer of a turn whose commit was never answered', async () => {
  const line = toyLine();
  const broker = toyBroker();
  const server = new MemoryDatabase();
  const database = losingAnswers(server.connect(), () => server.table('toy.timers').all().length);
  running = await startLine({
    ...{ line, database, log: broker.connect(), lenders: [LENDER], partitions: PARTITIONS },
  });
  await eventually('the lanes were looked at', () => database.looks > 0);
  const record = withdrawn(ONE, 1, 'timer:200');
  await broker.connect().send([{ ...record, partition: LANE } as OutgoingRecord]);
  // The look at all timers that comes anyway is 30 s away.
  await eventually('the timer is due', () => broker.partition(timers, LANE).records.length > 0, {
    deadlineMs: 10_000,
  });
  expect(database.lost).toBe(1);
});

/** The first commit that leaves a timer is carried out, and its answer lost. */
function losingAnswers(database: Database, timersThere: () => number) {
  let lost = 0;
  let looks = 0;
  return {
    ...database,
    get lost() {
      return lost;
    },
    get looks() {
      return looks;
    },
    async prepared<Row>(name: string, ...rest: [string, unknown[]]) {
      const answer = await database.prepared<Row & Record<string, unknown>>(name, ...rest);
      if (name === 'toy.next-timer') looks += 1;
      return answer;
    },
    async transaction<T>(work: Parameters<Database['transaction']>[0]): Promise<T> {
      const answer = await database.transaction(work);
      if (lost > 0 || timersThere() === 0) return answer as T;
      lost += 1;
      throw new Error('Connection terminated unexpectedly');
    },
  };
}
