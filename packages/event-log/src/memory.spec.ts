// The memory adapter: the conformance suite, its clock and its outages.
import { describe, expect, it, vi } from 'vitest';
import { conformEventLog } from './conformance.ts';
import { MemoryBroker } from './memory.ts';
import type { IncomingRecord, OutgoingRecord } from './port.ts';

const record: OutgoingRecord = {
  topic: 'things',
  partition: 0,
  key: Buffer.from('key'),
  value: Buffer.from('value'),
  headers: {},
};

describe('the memory adapter', () => {
  conformEventLog(async () => {
    const broker = new MemoryBroker();
    return {
      sessionTimeoutMs: 300,
      connect: () => {
        const log = broker.connect();
        return { log, kill: () => broker.kill(log) };
      },
      truncate: async (topic, partition, before) => broker.truncate(topic, partition, before),
      appendForeign: async (foreign) => broker.appendForeign(foreign),
      close: async () => {},
    };
  });
});

describe('the memory broker', () => {
  it('stamps records with the injected clock', async () => {
    let nowMs = 1000;
    const log = new MemoryBroker({ now: () => nowMs }).connect();
    await log.createTopics([{ name: 'things', partitions: 1 }]);
    await log.send([record]);
    nowMs = 5000;
    await log.send([record]);
    const read: IncomingRecord[] = [];
    await log.scan(['things'], (one) => read.push(one));
    expect(read.map((one) => one.timestampMs)).toEqual([1000, 5000]);
  });

  it('keeps its own copy of what was sent', async () => {
    const log = new MemoryBroker().connect();
    await log.createTopics([{ name: 'things', partitions: 1 }]);
    const value = Buffer.from('value');
    await log.send([{ ...record, value }]);
    value.fill(0);
    const read: IncomingRecord[] = [];
    await log.scan(['things'], (one) => read.push(one));
    expect(String(read[0]!.value)).toBe('value');
  });

  it('lets appends wait while it is unavailable, at most until their deadline', async () => {
    const broker = new MemoryBroker();
    const log = broker.connect();
    await log.createTopics([{ name: 'things', partitions: 1 }]);
    broker.setAvailable(false);
    await expect(log.send([record], { timeoutMs: 5 })).rejects.toMatchObject({
      code: 'SAIDAO_LOG_UNAVAILABLE',
    });
    const sent = log.send([record]);
    broker.setAvailable(true);
    await sent;
    await vi.waitUntil(async () => (await log.ranges('things'))[0]!.next === 1n);
  });

  it('gives a killed client nothing more, and refuses its commits', async () => {
    const broker = new MemoryBroker();
    const log = broker.connect();
    await log.createTopics([{ name: 'things', partitions: 1 }]);
    await log.send([record]);
    let turns = 0;
    let owned = true;
    const killed = broker.connect();
    await killed.consumeLanes({
      group: 'readers',
      topics: ['things'],
      onTurn: async (turn) => {
        turns += 1;
        broker.kill(killed);
        owned = turn.isOwned();
        return { taken: 1 };
      },
      onCrash: () => {},
    });
    await vi.waitUntil(() => turns === 1);
    expect(owned).toBe(false);
    await log.send([record]);
    expect(await log.lag('readers', ['things'])).toEqual([
      { topic: 'things', partition: 0, next: 2n, lag: 2n },
    ]);
    expect(turns).toBe(1);
    await killed.close();
  });
});
