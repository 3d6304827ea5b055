// Issue 8: once a topic had lost its beginning, the first event of any application could be missed.
import { partitionOf } from '@saidao/event-log';
import { uuidV7 } from '@saidao/values';
import { describe, expect, it } from 'vitest';
import { mayHaveLostEvents } from './beginning.ts';
import { asked, LANE, NOW_MS, toyGround } from './toy-ground.fixture.ts';
import { APPLICATIONS, PARTITIONS, withdrawn } from './turn.fixture.ts';

const DAY_MS = 86_400_000;
const RETENTION_MS = 14 * DAY_MS;

function bornAgo(days: number): string {
  for (let serial = 0; ; serial += 1) {
    const id = uuidV7(NOW_MS - days * DAY_MS, Buffer.alloc(10, serial));
    if (partitionOf(Buffer.from(id), PARTITIONS) === LANE) return id;
  }
}

type Ground = ReturnType<typeof toyGround>;

async function loseBeginning(ground: Ground): Promise<Ground> {
  const lost = { topic: APPLICATIONS, partition: LANE, key: Buffer.from('old'), value: null };
  await ground.broker.connect().send([{ ...lost, headers: {} }]);
  ground.broker.truncate(APPLICATIONS, LANE, 1n);
  return ground;
}

describe('the first number seen of an application, where the topic has lost its beginning', () => {
  it('waits if number 1 cannot be gone, and is taken once that is given again', async () => {
    const young = bornAgo(3);
    const { run, causes, alarms, parked } = await loseBeginning(toyGround());
    const first = withdrawn(young, 1, 'one');
    await run(withdrawn(young, 2, 'two'));
    expect(causes()).toEqual([]);
    expect(parked()).toBe(1);
    await run(asked('REDELIVER', first));
    expect(causes()).toEqual([`${young}/${APPLICATIONS}/1`, `${young}/${APPLICATIONS}/2`]);
    expect(alarms).toEqual([]);
  });

  it('is taken if number 1 may be gone, and somebody is told once', async () => {
    const old = bornAgo(15);
    const { run, causes, alarms } = await loseBeginning(toyGround());
    await run(withdrawn(old, 2, 'two'), withdrawn(old, 3, 'three'));
    await run(withdrawn(old, 4, 'four'));
    expect(causes()).toHaveLength(3);
    expect(alarms).toMatchObject([{ kind: 'gap', applicationId: old }]);
    expect(alarms[0]?.message).toMatch(/^Number 2 of saidao\.applications\.v1 is the first/);
  });

  it('never goes past a lower one that waits here', async () => {
    const old = bornAgo(15);
    const ground = toyGround();
    await ground.run(withdrawn(old, 2, 'two'));
    await loseBeginning(ground);
    await ground.run(withdrawn(old, 3, 'three'));
    expect(ground.causes()).toEqual([]);
    expect(ground.parked()).toBe(2);
  });
});

describe('an application', () => {
  it.each<[string, string, number | null, boolean]>([
    ['younger than the retention', bornAgo(13), RETENTION_MS, false],
    ['older than the retention', bornAgo(14), RETENTION_MS, true],
    ['as old but for what clocks differ', bornAgo(13.95), RETENTION_MS, true],
    ['of a topic that is kept for good', bornAgo(1), null, true],
    ['whose id has no time', '3f2b8c1e-1111-4222-8333-444455556666', RETENTION_MS, true],
  ])('%s', (_what, applicationId, retentionMs, may) => {
    expect(mayHaveLostEvents(applicationId, retentionMs, NOW_MS)).toBe(may);
  });
});
