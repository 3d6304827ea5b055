// Two officers give the last approval at the same moment, a thousand times: one of them each time.
import { randomBytes } from 'node:crypto';
import { MemoryBroker } from '@saidao/event-log';
import {
  allTopicNames,
  decode,
  topicName,
  topics,
  type EventMap,
  type EventName,
  type LoanApproved,
} from '@saidao/schemas';
import { eventually, recordOf, startMember, testDatabase } from '@saidao/testkit';
import { uuidV7 } from '@saidao/values';
import { migrateService } from '@saidao/worker';
import { expect, inject, it, onTestFinished } from 'vitest';
import { decisionStore } from '../adapters/decisions-postgres.ts';
import { reviewsIn } from '../adapters/reviews-postgres.ts';
import { caseNamed, claim, policies, received, scoredOf, verdict } from '../cases.fixture.ts';
import type { Action } from './answers.ts';
import { decisioning } from '../worker.ts';

const ROUNDS = 1_000;
/** Rounds that go on at once. */
const TOGETHER = 20;
const LANES = 2;
const LENDER = 'boc-zj';
const TOPIC = topicName(topics.decisions, LENDER);
/** Referred for its credit code alone: an officer may check it. */
const sample = caseNamed('uscc-check-fails');
const line = decisioning(policies, decisionStore);

interface Heard {
  readonly type: EventName;
  readonly data: unknown;
}

async function open() {
  const tables = await testDatabase({
    adminUrl: inject('databaseUrl'),
    template: 'decisioning line',
    prepare: async (databaseUrl) => {
      const folder = new URL('../migrations/', import.meta.url);
      await migrateService({ databaseUrl, service: 'decisioning', lines: ['decisioning'], folder });
    },
  });
  onTestFinished(() => tables.close());
  const broker = new MemoryBroker();
  const log = broker.connect();
  await log.createTopics(allTopicNames([LENDER]).map((name) => ({ name, partitions: LANES })));
  const heard = new Map<string, Heard[]>();
  let waiting: (() => void)[] = [];
  const follower = await log.follow({
    topics: [TOPIC],
    from: 'next',
    onRecords(records) {
      for (const { key, value } of records) {
        if (key === null || value === null) continue;
        const id = key.toString();
        heard.set(id, [...(heard.get(id) ?? []), decode(value, TOPIC)]);
      }
      const woken = waiting;
      waiting = [];
      for (const wake of woken) wake();
    },
    onCrash: (error) => expect.fail(error.message),
  });
  onTestFinished(async () => {
    await follower.stop();
    await log.close();
  });
  // Each with one of the two lanes.
  const own = { broker, databaseUrl: tables.url, lenders: [LENDER], partitions: LANES };
  const members = await Promise.all([1, 2].map(() => startMember({ line, ...own })));
  onTestFinished(async () => {
    await Promise.all(members.map((member) => member.stop()));
  });
  await eventually('each member has one lane', () =>
    members.every((member) => member.status().lanes.length === 1),
  );

  /** All that has been said of the application, once there is as much as this. */
  async function saidOf(applicationId: string, count: number): Promise<readonly Heard[]> {
    for (;;) {
      const said = heard.get(applicationId) ?? [];
      if (said.length >= count) return said;
      await new Promise<void>((resolve) => waiting.push(resolve));
    }
  }

  // Each officer has a door of another process.
  const doors = [broker.connect(), broker.connect(), log] as const;
  return { doors, tables, saidOf };
}

const newId = () => uuidV7(Date.now(), randomBytes(10));

/** A record of an application: of a door, or numbered by what it says. */
function written<N extends EventName>(
  applicationId: string,
  type: N,
  data: EventMap[N],
  place: { readonly id: string } | { readonly number: number },
) {
  const uscc = `9133${applicationId.replaceAll('-', '').slice(-14).toUpperCase()}`;
  const content = 'content' in data ? (data as EventMap['ApplicationReceived']).content : undefined;
  const entered = content && {
    content: { ...content, enterprise: { ...content.enterprise, uscc } },
  };
  const own = { ...data, applicationId, lenderId: LENDER, ...entered };
  return recordOf(type, own, { partitions: LANES, ...place });
}

const first = { number: 1 };

function entering(applicationId: string) {
  return [
    written(applicationId, 'ApplicationReceived', received(sample), first),
    written(applicationId, 'EnterpriseScored', scoredOf(sample), first),
  ];
}

/** An officer's action under an id of its own, as a door publishes it. */
function acting(applicationId: string, action: Action) {
  const id = newId();
  const data = action.data as EventMap[typeof action.type];
  return { id, record: written<EventName>(applicationId, action.type, data, { id }) };
}

it('lets one of two officers give the last approval, and tells the other, a thousand times', async () => {
  const { doors, tables, saidOf } = await open();
  const [log] = doors;
  const reviews = reviewsIn(tables.database);
  const won = { 'officer-b': 0, 'officer-c': 0 };

  async function round(index: number): Promise<void> {
    const applicationId = newId();
    await log.send(entering(applicationId));
    await saidOf(applicationId, 1);
    await log.send([
      acting(applicationId, claim(sample, 'officer-a')).record,
      acting(applicationId, verdict(sample, 'officer-a')).record,
    ]);
    await saidOf(applicationId, 3);
    const rivals = (['officer-b', 'officer-c'] as const).map((officer) => ({
      officer,
      acted: acting(applicationId, verdict(sample, officer)),
    }));
    // The maker tries it too: whatever comes first, that one never is the second of four eyes.
    const maker = acting(applicationId, verdict(sample, 'officer-a'));
    const sent = index % 2 === 0 ? rivals : [...rivals].reverse();
    const records = [maker, ...sent.map(({ acted }) => acted)].map(({ record }) => record);
    await Promise.all(
      records.map(async (record, door) => {
        await doors[door % doors.length]?.send([record]);
      }),
    );

    const said = await saidOf(applicationId, 7);
    const approvals = said.filter(({ type }) => type === 'LoanApproved').map(({ data }) => data);
    const winner = rivals.find(({ officer }) =>
      (approvals as LoanApproved[]).some(({ approvers }) => approvers.includes(officer)),
    );
    if (winner === undefined) return expect.fail(`Nobody has approved ${applicationId}.`);
    expect(approvals).toMatchObject([{ approvers: ['officer-a', winner.officer] }]);
    won[winner.officer] += 1;
    for (const { officer, acted } of rivals) {
      const told = officer === winner.officer ? { cause: null } : { cause: 'ALREADY_DECIDED' };
      const outcome = await reviews.outcomeOf(acted.id);
      expect(outcome).toMatchObject({ officer, status: 'APPROVED', ...told });
    }
    expect(await reviews.outcomeOf(maker.id)).toMatchObject({ outcome: 'REFUSED' });
    expect(said.filter(({ type }) => type === 'ReviewRefused')).toHaveLength(2);
  }

  for (let begun = 0; begun < ROUNDS; begun += TOGETHER) {
    await Promise.all(Array.from({ length: TOGETHER }, (_, place) => round(begun + place)));
  }
  const { rows } = await tables.database.query<{ live: bigint; queued: bigint }>(
    `select (select count(*) from decisioning.approvals where live) as live,
       (select count(*) from decisioning.review_queue) as queued`,
  );
  expect(rows).toEqual([{ live: BigInt(ROUNDS), queued: 0n }]);
  // A race, not a queue: either has won.
  expect(Math.min(...Object.values(won))).toBeGreaterThan(0);
});
