// A subscription on the log in memory: members that come, go, are killed and fall behind.
import { MemoryBroker, type EventLog } from '@saidao/event-log';
import { topics } from '@saidao/schemas';
import { eventually } from '@saidao/testkit';
import fc from 'fast-check';
import { afterEach, describe, expect, it, vi } from 'vitest';
import {
  DECISIONS,
  decision,
  decisionTopics,
  fromTheFuture,
  LENDER,
  newApplication,
} from './decisions.fixture.ts';
import type { HeadStore } from './heads.ts';
import { memoryHeads } from './memory-heads.ts';
import { subscribe, type SubscribeOptions, type Subscription } from './subscribe.ts';
import type { Trouble } from './take.ts';

const nextRound = (): Promise<void> => new Promise((resolve) => void setImmediate(resolve));

type Handle = SubscribeOptions<(typeof topics.decisions.events)[number], undefined>['handle'];

const running: Subscription[] = [];

afterEach(async () => {
  for (const one of running.splice(0)) await one.stop();
});

async function newBroker(): Promise<{ readonly broker: MemoryBroker; readonly log: EventLog }> {
  const broker = new MemoryBroker();
  const log = broker.connect();
  await log.createTopics(decisionTopics);
  return { broker, log };
}

interface TeamOptions {
  readonly log: EventLog;
  readonly handle: Handle;
  readonly heads?: HeadStore<undefined>;
  readonly sessionTimeoutMs?: number;
}

async function team({ heads = memoryHeads(), ...options }: TeamOptions) {
  const troubles: Trouble[] = [];
  const subscription = await subscribe({
    ...{ ...options, heads, group: 'team', lenders: [LENDER], topics: [topics.decisions] },
    onTrouble: (trouble) => void troubles.push(trouble),
  });
  running.push(subscription);
  const kinds = () => troubles.map(({ kind }) => kind);
  return { subscription, troubles, kinds };
}

const A = newApplication();

describe('a subscription', () => {
  it('gives what there is and what comes, with data and envelope', async () => {
    const { log } = await newBroker();
    const seen: string[] = [];
    await log.send([decision(A, 1)]);
    await team({
      log,
      handle: (event) => {
        if (event.type !== 'ApplicationClosed') throw new Error(event.type);
        seen.push(`${event.number} ${event.data.cause} ${event.lenderId} ${event.correlationId}`);
      },
    });
    await log.send([decision(A, 1), decision(A, 2)]);
    const expected = [1, 2].map((number) => `${number} WITHDRAWN czb-hz ${A}`);
    await eventually('both are seen', () => seen.length >= 2);
    expect(seen).toEqual(expected);
  });

  it('goes on where it stopped', async () => {
    const { broker, log } = await newBroker();
    const [first, second]: [number[], number[]] = [[], []];
    await log.send([decision(A, 1), decision(A, 2)]);
    const before = await team({
      log: broker.connect(),
      handle: (one) => void first.push(one.number),
    });
    await eventually('two are seen', () => first.length === 2);
    await before.subscription.stop();
    await before.subscription.ended;
    await log.send([decision(A, 3)]);
    // Of what it took before, memory knows nothing: the group’s offsets do.
    await team({ log: broker.connect(), handle: (one) => void second.push(one.number) });
    await eventually('the third is seen', () => second.length > 0);
    expect([first, second]).toEqual([[1, 2], [3]]);
  });

  it('tells of a failure, and brings the event again before any other of its application', async () => {
    const { log } = await newBroker();
    const handled: number[] = [];
    let tries = 0;
    await log.send([1, 2, 3].map((number) => decision(A, number)));
    const { troubles } = await team({
      log,
      handle: ({ number }) => {
        if (number === 2 && (tries += 1) < 3) throw new Error('no luck');
        handled.push(number);
      },
    });
    await eventually('all are taken', () => handled.length === 3);
    expect(handled).toEqual([1, 2, 3]);
    const told = troubles.filter(({ kind }) => kind === 'failed');
    expect(told.map(({ message }) => message)).toEqual(
      Array(2).fill(`${A}/${DECISIONS}/2 was not taken (no luck); it comes again.`),
    );
  });

  it('passes over what is no event, and says so', async () => {
    const { log } = await newBroker();
    const handled: number[] = [];
    const good = decision(A, 1);
    const { ce_sequence: _sequence, ...unnumbered } = good.headers;
    await log.send([
      { ...good, headers: unnumbered },
      { ...good, headers: { ...good.headers, ce_sequence: '2' } },
      { ...good, key: Buffer.from('somebody') },
      good,
    ]);
    const { troubles } = await team({ log, handle: (event) => void handled.push(event.number) });
    await eventually('the good one is taken', () => handled.length > 0);
    expect(handled).toEqual([1]);
    expect(troubles.map(({ message }) => message.replace(/^.+: /, ''))).toEqual([
      'its header ce_sequence is no number.',
      'its header ce_id does not say what its key and ce_sequence say.',
      'its key is no application id.',
    ]);
  });

  it('takes what was parked once a release that can decode it starts, or is told to pass over', async () => {
    const { log } = await newBroker();
    const heads = memoryHeads();
    const handled: number[] = [];
    const options = {
      log,
      heads,
      handle: (event: { number: number }) => void handled.push(event.number),
    };
    await log.send([decision(A, 1), fromTheFuture(A, 2), decision(A, 3)]);
    const { subscription, kinds } = await team(options);
    await eventually('both are parked', () => kinds().length === 2);
    expect(kinds()).toEqual(['undecodable', 'gap']);
    await subscription.stop();
    const later = await team(options);
    expect(later.kinds()).toEqual(['undecodable']);
    await later.subscription.passOver({ topic: DECISIONS, applicationId: A });
    expect(handled).toEqual([1, 3]);
  });

  it('releases what is parked although that fails at first', async () => {
    const { log } = await newBroker();
    const handled: number[] = [];
    let fails = 2;
    await log.send([1, 3, 2].map((number) => decision(A, number)));
    await team({
      log,
      handle: ({ number }) => {
        if (number === 3 && (fails -= 1) >= 0) throw new Error('no luck');
        handled.push(number);
      },
    });
    await eventually('all are taken', () => handled.length === 3);
    expect(handled).toEqual([1, 2, 3]);
  });

  it('begins although what is parked fails, and takes it although nothing comes', async () => {
    const { log } = await newBroker();
    const heads = memoryHeads();
    const handled: number[] = [];
    await log.send([decision(A, 1), decision(A, 3)]);
    const before = await team({ log, heads, handle: ({ number }) => void handled.push(number) });
    await eventually('the third is parked', () => before.kinds().includes('gap'));
    await before.subscription.stop();
    await heads.hold({ topic: DECISIONS, applicationId: A }, (held) => held.moveTo(2));
    let fails = 2;
    const { troubles } = await team({
      ...{ log, heads },
      handle: ({ number }) => {
        if ((fails -= 1) >= 0) throw new Error('no luck');
        handled.push(number);
      },
    });
    await eventually('the third is taken', () => handled.length === 2);
    expect(handled).toEqual([1, 3]);
    const told = `${A}/${DECISIONS}/3 was not taken (no luck); it comes again.`;
    expect(troubles.map(({ message }) => message)).toEqual([told, told]);
  });

  it('that dies says so: its end rejects', async () => {
    const { log } = await newBroker();
    await log.send([decision(A, 1)]);
    const { subscription, kinds } = await team({
      ...{ log, sessionTimeoutMs: 50 },
      handle: () => new Promise<void>(() => undefined),
    });
    await expect(subscription.ended).rejects.toThrow(/still runs after 50 ms/);
    expect(kinds()).toContain('alarm');
  });

  it('stops between two events of a turn', async () => {
    const { log } = await newBroker();
    const handled: number[] = [];
    const stopping = Promise.withResolvers<void>();
    await log.send([decision(A, 1), decision(A, 2)]);
    const { subscription } = await team({
      log,
      handle: async ({ number }) => {
        handled.push(number);
        await stopping.promise;
      },
    });
    await vi.waitFor(() => expect(handled).toEqual([1]));
    const stopped = subscription.stop();
    stopping.resolve();
    await stopped;
    expect(handled).toEqual([1]);
    expect(await log.lag('team', [DECISIONS])).toContainEqual(expect.objectContaining({ lag: 1n }));
  });
});

describe('whatever happens to its members', () => {
  const applications = Array.from({ length: 4 }, newApplication);
  const step = fc.oneof(
    { weight: 6, arbitrary: fc.record({ does: fc.constant('append'), at: fc.nat(3) }) },
    { weight: 3, arbitrary: fc.record({ does: fc.constant('repeat'), at: fc.nat(30) }) },
    { weight: 2, arbitrary: fc.record({ does: fc.constant('fail'), at: fc.nat(2) }) },
    {
      weight: 3,
      arbitrary: fc.record({
        does: fc.constantFrom('join', 'kill', 'evict', 'rejoin', 'stop', 'wait'),
        at: fc.nat(4),
      }),
    },
  );

  it('gives each event once, in order for each application', { timeout: 60_000 }, async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(step, { minLength: 5, maxLength: 40 }), async (steps) => {
        const { broker, log } = await newBroker();
        const heads = memoryHeads();
        const handled = new Map<string, number[]>(applications.map((id) => [id, []]));
        const sent = new Map<string, number>(applications.map((id) => [id, 0]));
        const all: ReturnType<typeof decision>[] = [];
        const members: { readonly log: EventLog; readonly subscription: Subscription }[] = [];
        let failures = 0;
        const join = async (): Promise<void> => {
          const own = broker.connect();
          const { subscription } = await team({
            ...{ log: own, heads },
            handle: async ({ applicationId, number }) => {
              await nextRound();
              if (failures > 0 && (failures -= 1) >= 0) throw new Error('no luck');
              handled.get(applicationId)!.push(number);
            },
          });
          members.push({ log: own, subscription });
        };
        await join();
        for (const { does, at } of steps) {
          const member = members[at % members.length]!;
          if (does === 'append') {
            const applicationId = applications[at]!;
            const number = sent.get(applicationId)! + 1;
            sent.set(applicationId, number);
            all.push(decision(applicationId, number));
            await log.send([all.at(-1)!]);
          } else if (does === 'repeat') await log.send(all.slice(at, at + 5));
          else if (does === 'fail') failures = at;
          else if (does === 'join' && members.length < 4) await join();
          else if (does === 'kill') broker.kill(member.log);
          else if (does === 'evict') broker.evict(member.log);
          else if (does === 'rejoin') broker.rejoin(member.log);
          else if (does === 'stop') await member.subscription.stop();
          else await nextRound();
        }
        failures = 0;
        await join();
        const expected = applications.map((id) =>
          Array.from({ length: sent.get(id)! }, (_none, at) => at + 1),
        );
        const isAll = () => applications.every((id) => handled.get(id)!.length >= sent.get(id)!);
        await eventually('all is handled', isAll, { everyMs: 2 });
        await Promise.all(running.splice(0).map((one) => one.stop()));
        expect(applications.map((id) => handled.get(id))).toEqual(expected);
      }),
      { numRuns: 60 },
    );
  });
});
