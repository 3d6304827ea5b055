// State from latest-decisions, and the stream that goes on from it without gap or doubling.
import { MemoryBroker, type EventLog, type OutgoingRecord } from '@saidao/event-log';
import { topics } from '@saidao/schemas';
import { eventually } from '@saidao/testkit';
import fc from 'fast-check';
import { expect, it } from 'vitest';
import {
  DECISIONS,
  decision,
  decisionTopics,
  LENDER,
  latestDecision,
  newApplication,
} from './decisions.fixture.ts';
import type { HeadStore } from './heads.ts';
import { memoryHeads } from './memory-heads.ts';
import { rebuild } from './rebuild.ts';
import { subscribe } from './subscribe.ts';
import type { Trouble } from './take.ts';

async function logWith(records: readonly OutgoingRecord[]): Promise<EventLog> {
  const log = new MemoryBroker().connect();
  await log.createTopics(decisionTopics);
  await log.send(records);
  return log;
}

/** What a team knows of each application: the number its state is of, and how it came there. */
function team(log: EventLog, heads: HeadStore<undefined> = memoryHeads()) {
  const steps = new Map<string, string[]>();
  const troubles: Trouble[] = [];
  const note = (applicationId: string, step: string): void => {
    steps.set(applicationId, [...(steps.get(applicationId) ?? []), step]);
  };
  const common = {
    ...{ log, heads, lenders: [LENDER] },
    onTrouble: (trouble: Trouble) => void troubles.push(trouble),
  };
  return {
    ...{ steps, troubles, heads },
    rebuild: () =>
      rebuild({
        ...common,
        handle: ({ applicationId, sequence }) => note(applicationId, `state ${sequence}`),
      }),
    follow: () =>
      subscribe({
        ...{ ...common, group: 'team', topics: [topics.decisions] },
        handle: ({ applicationId, number }) => note(applicationId, `event ${number}`),
      }),
  };
}

const [A, B] = [newApplication(), newApplication()];

it('takes the highest number of each application, though a lower one stands behind it', async () => {
  const log = await logWith([
    ...[1, 3, 2].map((number) => latestDecision(A, number)),
    ...[latestDecision(B, 1), latestDecision(B, 1)],
  ]);
  const { steps, heads, ...one } = team(log);
  expect(await one.rebuild()).toEqual({ rebuilt: 2, upToDate: 0 });
  expect(steps).toEqual(new Map([[A, ['state 3']], [B, ['state 1']]])); // prettier-ignore
  expect(await heads.read(DECISIONS, [A, B])).toEqual(new Map([[A, 3], [B, 1]])); // prettier-ignore
});

it('changes nothing of what is as new or newer, and brings up what is behind', async () => {
  const log = await logWith([latestDecision(A, 2), latestDecision(B, 2)]);
  const { steps, heads, ...one } = team(log);
  await heads.hold({ topic: DECISIONS, applicationId: A }, (held) => held.moveTo(3));
  await heads.hold({ topic: DECISIONS, applicationId: B }, (held) => held.moveTo(1));
  expect(await one.rebuild()).toEqual({ rebuilt: 1, upToDate: 1 });
  expect(steps).toEqual(new Map([[B, ['state 2']]]));
  expect(await one.rebuild()).toEqual({ rebuilt: 0, upToDate: 2 });
});

it('leaves to its decisions what cannot be decoded, and says so', async () => {
  const odd = { ...latestDecision(A, 2), value: Buffer.from([0, 1, 1, 1, 1]) };
  const nobodys = { ...latestDecision(B, 1), key: Buffer.from('nobody') };
  const log = await logWith([odd, nobodys, decision(A, 1), decision(A, 2)]);
  const { steps, troubles, ...one } = team(log);
  expect(await one.rebuild()).toEqual({ rebuilt: 0, upToDate: 0 });
  expect(troubles.map(({ kind }) => kind).toSorted()).toEqual(['undecodable', 'unreadable']);
  const subscription = await one.follow();
  await eventually('its decisions are taken', () => steps.get(A)?.length === 2);
  await subscription.stop();
  expect(steps.get(A)).toEqual(['event 1', 'event 2']);
});

it('beside a subscription lets go of what is parked behind it, though nothing more comes', async () => {
  const log = await logWith([decision(A, 1), decision(A, 3), latestDecision(A, 2)]);
  const { steps, troubles, ...one } = team(log);
  const subscription = await one.follow();
  await eventually('the third is parked', () => troubles.length === 1);
  expect(await one.rebuild()).toEqual({ rebuilt: 1, upToDate: 0 });
  await eventually('the third is taken', () => steps.get(A)?.length === 3);
  await subscription.stop();
  expect(steps.get(A)).toEqual(['event 1', 'state 2', 'event 3']);
  expect(troubles.map(({ kind }) => kind)).toEqual(['gap']);
});

it('is gone on from without gap or doubling, wherever the two topics are', async () => {
  // How many decisions there are, and of which the latest was told: it may lag behind, or lack.
  const application = fc
    .tuple(fc.integer({ min: 1, max: 6 }), fc.nat(6))
    .map(([count, told]) => ({ count, told: Math.min(count, told) }));
  await fc.assert(
    fc.asyncProperty(fc.array(application, { minLength: 1, maxLength: 5 }), async (given) => {
      const all = given.map((one) => ({ ...one, id: newApplication() }));
      const upTo = (count: number) => Array.from({ length: count }, (_none, at) => at + 1);
      const log = await logWith(
        all.flatMap(({ id, count, told }) => [
          ...upTo(count).map((number) => decision(id, number)),
          ...upTo(told).map((number) => latestDecision(id, number)),
        ]),
      );
      const { steps, ...one } = team(log);
      await one.rebuild();
      const subscription = await one.follow();
      const expected = all.map(({ count, told }) => [
        ...(told > 0 ? [`state ${told}`] : []),
        ...upTo(count).slice(told).map((number) => `event ${number}`), // prettier-ignore
      ]);
      const seen = () => all.map(({ id }) => steps.get(id) ?? []);
      const lag = async () => (await log.lag('team', [DECISIONS])).every((at) => at.lag === 0n);
      await eventually('all is read', lag, { everyMs: 2 });
      await subscription.stop();
      expect(seen()).toEqual(expected);
    }),
    { numRuns: 40 },
  );
});
