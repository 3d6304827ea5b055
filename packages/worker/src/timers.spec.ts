// Timers go on whatever becomes of one look: an answer that never comes holds back no later one.
import { MemoryBroker } from '@saidao/event-log';
import { eventually } from '@saidao/testkit';
import { expect, test } from 'vitest';
import { MemoryDatabase } from './memory-database.ts';
import { startTimers } from './timers.ts';

test('a look that is never answered is told of, and another begins', async () => {
  const database = new MemoryDatabase().connect();
  let asked = 0;
  const told: string[] = [];
  const timers = startTimers({
    line: 'toy',
    database: {
      ...database,
      prepared(...statement) {
        asked += 1;
        // As of a server that is frozen, or whose packets are lost: no answer, and no error.
        return asked === 1 ? new Promise(() => {}) : database.prepared(...statement);
      },
    },
    log: new MemoryBroker().connect(),
    clock: Date.now,
    lookMsMax: 20,
    onError: ({ message }) => void told.push(message),
  });
  timers.own([1]);
  await eventually('it looks again', () => asked > 1);
  await timers.stop();
  expect(told).toEqual(['a look has not ended within 20 ms']);
});
