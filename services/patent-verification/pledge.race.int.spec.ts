// Two applications want the same patent at the same moment, a thousand times: one lock each time.
import { randomBytes } from 'node:crypto';
import { MemoryBroker, partitionOf } from '@saidao/event-log';
import { allTopicNames, decode, topics, type PatentsVerified } from '@saidao/schemas';
import { eventually, recordOf, startMember, testDatabase } from '@saidao/testkit';
import { uuidV7 } from '@saidao/values';
import { migrateService } from '@saidao/worker';
import { expect, inject, it, onTestFinished } from 'vitest';
import { answered, entryOf, lenderId, verified } from './applications.fixture.ts';
import { feesSay, policy } from './pledge/answers.fixture.ts';
import { pledgeLine } from './pledge.worker.ts';

const TRIES = 1_000;
const LANES = 2;

/** Everybody answers at once: nothing but the database stands between the two. */
const line = pledgeLine({
  register: {
    ask: async (number) => answered({ known: true, entry: entryOf(number) }, Date.now()),
    control: async () => undefined,
    answeredAtMs: () => Date.now(),
  },
  annuity: {
    ask: async () => feesSay(Date.now()),
    control: async () => undefined,
    answeredAtMs: () => Date.now(),
  },
  office: {
    file: async () => ({ kind: 'not-configured', provider: 'pledge-office' }),
    registration: async () => ({ kind: 'not-configured', provider: 'pledge-office' }),
    withdraw: async () => ({ kind: 'not-configured', provider: 'pledge-office' }),
  },
  policy,
  gatherMsMax: 2_000,
});

async function open() {
  const tables = await testDatabase({
    adminUrl: inject('databaseUrl'),
    template: 'pledge line',
    prepare: async (databaseUrl) => {
      const folder = new URL('./migrations/', import.meta.url);
      const its = { service: 'patent-verification', lines: ['verify', 'pledge'] };
      await migrateService({ ...its, databaseUrl, folder });
    },
  });
  onTestFinished(() => tables.close());
  const broker = new MemoryBroker();
  const log = broker.connect();
  const names = allTopicNames([lenderId]);
  await log.createTopics(names.map((name) => ({ name, partitions: LANES })));
  const outcomes = new Map<string, string>();
  let heard: () => void = () => undefined;
  const follower = await log.follow({
    topics: [topics.pledges.name],
    from: 'next',
    onRecords(records) {
      for (const { key, value } of records) {
        if (key === null || value === null) continue;
        const { type } = decode(value, topics.pledges.name);
        outcomes.set(key.toString(), type);
      }
      heard();
    },
    onCrash: (error) => expect.fail(error.message),
  });
  onTestFinished(async () => {
    await follower.stop();
    await log.close();
  });
  // Each with one of the two lanes.
  const own = { broker, databaseUrl: tables.url, lenders: [lenderId], partitions: LANES };
  const members = await Promise.all([1, 2].map(() => startMember({ line, ...own })));
  onTestFinished(async () => {
    await Promise.all(members.map((member) => member.stop()));
  });
  await eventually('each member has one lane', () =>
    members.every((member) => member.status().lanes.length === 1),
  );

  /** What became of each, once all have been told. */
  async function outcomesOf(applicationIds: readonly string[]): Promise<string[]> {
    while (!applicationIds.every((id) => outcomes.has(id))) {
      await new Promise<void>((resolve) => (heard = resolve));
    }
    return applicationIds.map((id) => outcomes.get(id) ?? '');
  }

  return { log, tables, outcomesOf };
}

function idIn(lane: number): string {
  for (;;) {
    const id = uuidV7(Date.now(), randomBytes(10));
    if (partitionOf(Buffer.from(id), LANES) === lane) return id;
  }
}

function findingsOf(applicationId: string, patent: string) {
  const data: PatentsVerified = { ...verified({}, [patent]), applicationId };
  return recordOf('PatentsVerified', data, { partitions: LANES });
}

it('gives a patent to one of two that want it at once, each of a thousand times', async () => {
  const { log, tables, outcomesOf } = await open();
  const winners = new Map<string, string>();
  const won = [0, 0];
  for (let round = 0; round < TRIES; round += 1) {
    const patent = `2016${String(round).padStart(8, '0')}.0`;
    // Who is read first changes from round to round.
    const rivals = round % 2 === 0 ? [idIn(0), idIn(1)] : [idIn(1), idIn(0)];
    await log.send(rivals.map((id) => findingsOf(id, patent)));
    const told = await outcomesOf(rivals);
    expect([...told].sort(), patent).toEqual(['PledgeLocked', 'PledgeRefused']);
    const winner = rivals[told.indexOf('PledgeLocked')] ?? '';
    winners.set(patent, winner);
    won[partitionOf(Buffer.from(winner), LANES)]! += 1;
  }
  const { rows } = await tables.database.query<{ patent_number: string; application_id: string }>(
    'select patent_number, application_id from pledge.live_pledges order by patent_number',
  );
  expect(rows.map((row) => [row.patent_number, row.application_id])).toEqual([...winners]);
  // A race, not a queue: either lane has won.
  expect(Math.min(...won)).toBeGreaterThan(0);
});
