// The crew of lanes against a host by hand: back-pressure, doubt about membership, commits that fail.
import { afterEach, describe, expect, it, vi } from 'vitest';
import { LaneCrew } from './lanes.ts';
import type { LaneHost, NextOffset } from './lanes.ts';
import type { IncomingRecord, LaneOptions, LaneTurn } from './port.ts';

class Host implements LaneHost {
  readonly flow: string[] = [];
  readonly commits: (readonly NextOffset[])[] = [];
  readonly hangs: string[] = [];
  member = true;
  failures = 0;

  async commit(offsets: readonly NextOffset[]): Promise<void> {
    if (this.failures > 0) {
      this.failures -= 1;
      throw new Error('the coordinator is moving');
    }
    this.commits.push(offsets);
  }
  isMember(): boolean {
    return this.member;
  }
  holdBack(lane: number): void {
    this.flow.push(`hold ${lane}`);
  }
  letFlow(lane: number): void {
    this.flow.push(`flow ${lane}`);
  }
  onHang({ message }: Error): void {
    this.hangs.push(message);
  }
}

const recordsOf = (count: number, bytes = 10, from = 0, partition = 0): IncomingRecord[] =>
  Array.from({ length: count }, (_, at) => ({
    topic: 'things',
    partition,
    offset: BigInt(from + at),
    timestampMs: 0,
    key: null,
    value: Buffer.alloc(bytes),
    headers: {},
  }));

const oneOf = (lane: number): IncomingRecord[] => recordsOf(1, 10, 0, lane);

describe('the crew of lanes', () => {
  const turns: LaneTurn[] = [];
  let crew: LaneCrew | null = null;
  const hangsInLane0: LaneOptions['onTurn'] = async (turn) => {
    turns.push(turn);
    if (turn.lanes.includes(0)) await new Promise(() => undefined);
    return { taken: turn.records.length };
  };

  afterEach(() => {
    crew?.end();
    turns.length = 0;
  });

  function crewOf(host: Host, options: Partial<LaneOptions> = {}, backoffMsMin = 1): LaneCrew {
    crew = new LaneCrew(
      {
        group: 'readers',
        topics: ['things'],
        onTurn: async (turn) => {
          turns.push(turn);
          return { taken: turn.records.length };
        },
        onCrash: () => {},
        ...options,
      },
      host,
      { backoffMsMin, backoffMsMax: 2 * backoffMsMin },
    );
    crew.assign([0]);
    return crew;
  }

  it.each([
    ['100 records', recordsOf(100), recordsOf(1, 10, 100)],
    ['256 KiB', recordsOf(5, 50_000), recordsOf(1, 50_000, 5)],
  ])('holds a lane back at %s, and lets it flow again when half is done', async (_, full, more) => {
    const host = new Host();
    const held = crewOf(host);
    held.pause();
    held.push(0, full);
    expect(host.flow).toEqual([]);
    held.push(0, more);
    expect(host.flow).toEqual(['hold 0']);
    held.resume();
    await vi.waitUntil(() => host.flow.length === 2);
    expect(host.flow).toEqual(['hold 0', 'flow 0']);
    await vi.waitUntil(() => host.commits.at(-1)?.[0]!.next === BigInt(full.length + more.length));
  });

  const lanesOf = (): (readonly number[])[] => turns.map(({ lanes }) => lanes);

  it('lets the lanes that are ready take a turn together, one turn after another', async () => {
    const ended: (() => void)[] = [];
    const orderly = crewOf(new Host(), {
      onTurn: async (turn) => {
        turns.push(turn);
        await new Promise<void>((resolve) => ended.push(resolve));
        return { taken: turn.records.length };
      },
    });
    orderly.assign([0, 1, 2]);
    orderly.push(1, oneOf(1));
    for (const [count, more] of [
      [1, [2, 0, 2]],
      [2, [1, 0]],
      [3, []],
    ] as const) {
      await vi.waitUntil(() => turns.length === count);
      for (const lane of more) orderly.push(lane, oneOf(lane));
      await new Promise((resolve) => setImmediate(resolve));
      expect(turns).toHaveLength(count);
      ended.shift()!();
    }
    expect(turns.map(({ lanes }) => lanes.length)).toEqual([1, 2, 2]);
    expect(lanesOf()[1]).toEqual([2, 0]);
    expect(turns[1]!.records.map(({ partition }) => partition)).toEqual([2, 2, 0]);
    expect(new Set(lanesOf()[2])).toEqual(new Set([0, 1]));
  });

  it('gives a turn of several lanes no more records and bytes than one of a single lane', async () => {
    const bounded = crewOf(new Host(), { turnRecordsMax: 10, turnBytesMax: 1000 });
    bounded.assign([0, 1, 2, 3]);
    bounded.pause();
    bounded.push(0, recordsOf(4, 10, 0, 0));
    bounded.push(1, recordsOf(1, 2000, 0, 1));
    bounded.push(2, recordsOf(5, 10, 0, 2));
    bounded.push(3, recordsOf(8, 10, 0, 3));
    bounded.resume();
    await vi.waitUntil(() => turns.length === 3);
    expect(lanesOf()).toEqual([[0, 2, 3], [1], [3]]);
    expect(turns.map(({ records }) => records.length)).toEqual([10, 1, 7]);
  });

  it('commits of each lane what was taken, and begins the next turn of each after it', async () => {
    const host = new Host();
    const partly = crewOf(host, {
      onTurn: async (turn) => {
        turns.push(turn);
        return { taken: turns.length === 1 ? 3 : turn.records.length };
      },
    });
    partly.assign([0, 1, 2]);
    for (const lane of [0, 1, 2]) partly.push(lane, recordsOf(2, 10, 0, lane));
    await vi.waitUntil(() => host.commits.length === 3);
    expect(host.commits[0]).toEqual([
      { topic: 'things', partition: 0, next: 2n },
      { topic: 'things', partition: 1, next: 1n },
    ]);
    // What held the turn up, lane 1, holds up no other lane in its next turn.
    expect(lanesOf()).toEqual([[0, 1, 2], [1], [2]]);
    expect(turns.slice(1).map(({ records }) => records.map(({ offset }) => offset))).toEqual([
      [1n],
      [0n, 1n],
    ]);
  });

  it('gives each lane its records again by itself when a turn of several fails', async () => {
    const host = new Host();
    const alarms: string[] = [];
    let isBroken = true;
    const failing = crewOf(host, {
      onAlarm: ({ message }) => alarms.push(message),
      onTurn: async (turn) => {
        turns.push(turn);
        if (turn.lanes.includes(1) && isBroken) throw new Error('lane 1 is broken');
        return { taken: turn.records.length };
      },
    });
    failing.assign([0, 1, 2]);
    for (const lane of [0, 1, 2]) failing.push(lane, recordsOf(2, 10, 0, lane));
    await vi.waitUntil(() => host.commits.length === 2);
    isBroken = false;
    await vi.waitUntil(() => host.commits.length === 3);
    expect(alarms[0]).toBe('a turn of lanes 0, 1, 2 failed: Error: lane 1 is broken');
    expect(lanesOf()[0]).toEqual([0, 1, 2]);
    expect(
      lanesOf()
        .slice(1)
        .every((lanes) => lanes.length === 1),
    ).toBe(true);
    expect(turns.every(({ records, lanes }) => records.length === 2 * lanes.length)).toBe(true);
    // All is well again: so they take turns together.
    turns.length = 0;
    for (const lane of [0, 1, 2]) failing.push(lane, recordsOf(1, 10, 2, lane));
    await vi.waitUntil(() => host.commits.length === 4);
    expect(lanesOf()).toEqual([[0, 1, 2]]);
  });

  it('gives a lane no second turn while one runs, though its epoch is over', async () => {
    const again = crewOf(new Host(), { onTurn: hangsInLane0 });
    again.assign([0, 1]);
    again.push(0, recordsOf(1));
    await vi.waitUntil(() => turns.length === 1);
    again.assign([0, 1]);
    // Lane 0 is ready first: what it may not begin now, lane 1 shows by beginning.
    for (const lane of [0, 1]) {
      again.push(lane, oneOf(lane));
    }
    await vi.waitUntil(() => turns.some(({ lanes }) => lanes.includes(1)));
    expect(turns.filter(({ lanes }) => lanes.includes(0))).toHaveLength(1);
  });

  it('lets another lane start while a turn waits for long', async () => {
    const waiting = crewOf(new Host(), { onTurn: hangsInLane0 });
    waiting.assign([0, 1]);
    for (const lane of [0, 1, 1]) {
      waiting.push(lane, oneOf(lane));
      await vi.waitUntil(() => turns.some(({ lanes }) => lanes.includes(lane)));
    }
    await vi.waitUntil(() => turns.filter(({ lanes }) => lanes.includes(1)).length === 2);
  });

  /** Whether the next fetch may go at once. */
  async function mayReadOn(of: LaneCrew): Promise<boolean> {
    let begun = false;
    void of.begun().then(() => (begun = true));
    await new Promise((resolve) => setImmediate(resolve));
    return begun;
  }

  it('lets read on once all that was read is in turns', async () => {
    let end = (): void => {};
    const reading = crewOf(new Host(), {
      onTurn: async (turn) => {
        turns.push(turn);
        await new Promise<void>((resolve) => (end = resolve));
        return { taken: turn.records.length };
      },
    });
    reading.assign([0, 1]);
    expect(await mayReadOn(reading)).toBe(true);
    reading.push(0, oneOf(0));
    await vi.waitUntil(() => turns.length === 1);
    expect(await mayReadOn(reading)).toBe(true);
    reading.push(1, oneOf(1));
    expect(await mayReadOn(reading)).toBe(false);
    const begun = reading.begun();
    end();
    await begun;
    expect(lanesOf()).toEqual([[0], [1]]);
  });

  it('lets read on for others though a lane waits for the world, or may not start', async () => {
    const waiting = crewOf(new Host(), { onTurn: hangsInLane0 });
    waiting.assign([0, 1]);
    waiting.push(0, oneOf(0));
    await vi.waitUntil(() => turns.length === 1);
    waiting.push(0, recordsOf(1, 10, 1));
    expect(await mayReadOn(waiting)).toBe(false);
    // It has had its time alone once another lane begins.
    waiting.push(1, oneOf(1));
    await vi.waitUntil(() => turns.length === 2);
    expect(await mayReadOn(waiting)).toBe(true);
    waiting.pause();
    waiting.push(1, recordsOf(1, 10, 1, 1));
    expect(await mayReadOn(waiting)).toBe(true);
  });

  it('starts no turn while membership is in doubt', async () => {
    const host = new Host();
    host.member = false;
    const doubtful = crewOf(host);
    doubtful.push(0, recordsOf(1));
    await new Promise((resolve) => setImmediate(resolve));
    await new Promise((resolve) => setImmediate(resolve));
    expect(turns).toHaveLength(0);
    host.member = true;
    doubtful.kickAll();
    await vi.waitUntil(() => host.commits.length === 1);
    host.member = false;
    expect(turns[0]!.isOwned()).toBe(false);
  });

  it('starts what doubt had passed over once a commit has proved membership', async () => {
    const host = new Host();
    const commit = host.commit.bind(host);
    host.commit = async (offsets) => {
      await commit(offsets);
      host.member = true;
    };
    let end = (): void => {};
    const doubtful = crewOf(host, {
      onTurn: async (turn) => {
        turns.push(turn);
        if (turn.lanes.includes(0)) await new Promise<void>((resolve) => (end = resolve));
        return { taken: turn.records.length };
      },
    });
    doubtful.assign([0, 1]);
    doubtful.push(0, recordsOf(1));
    await vi.waitUntil(() => turns.length === 1);
    host.member = false;
    doubtful.push(1, oneOf(1));
    end();
    await vi.waitUntil(() => turns.some(({ lanes }) => lanes.includes(1)));
  });

  it('tries a commit again as long as its epoch lasts, and starts no turn before it', async () => {
    const host = new Host();
    host.failures = 3;
    const patient = crewOf(host);
    patient.push(0, recordsOf(2));
    await vi.waitUntil(() => host.failures < 3);
    patient.push(0, recordsOf(1, 10, 2));
    await vi.waitUntil(() => host.commits.length === 2);
    expect(turns.map((turn) => turn.records.length)).toEqual([2, 1]);
    expect(host.commits.map(([offset]) => offset!.next)).toEqual([2n, 3n]);
  });

  it('gives up a commit with its epoch, and takes what is read in the next one', async () => {
    const host = new Host();
    host.failures = Infinity;
    const moved = crewOf(host);
    moved.push(0, recordsOf(2));
    await vi.waitUntil(() => turns.length === 1);
    moved.suspend();
    expect(moved.joined).toBe(false);
    moved.push(0, recordsOf(5));
    host.failures = 0;
    moved.assign([0]);
    moved.push(0, recordsOf(1, 10, 9));
    await vi.waitUntil(() => host.commits.length === 1);
    expect(turns[1]!.records.map(({ offset }) => offset)).toEqual([9n]);
    expect(host.commits[0]![0]!.next).toBe(10n);
  });

  it('tells of a commit that neither fails nor succeeds, as of a turn that never ends', async () => {
    const host = new Host();
    host.commit = () => new Promise(() => undefined);
    const alarms: string[] = [];
    const endless = crewOf(host, {
      sessionTimeoutMs: 20,
      onAlarm: ({ kind }) => alarms.push(kind),
    });
    endless.push(0, oneOf(0));
    await vi.waitUntil(() => turns.length === 1);
    // A new epoch does not free the lane: its older commit may still be on its way.
    endless.assign([0]);
    await vi.waitUntil(() => host.hangs.length > 0);
    expect(host.hangs[0]).toContain('a turn of lane 0 of group readers has not ended its commit');
    expect(alarms).toEqual(['turn-hangs']);
  });

  it('takes a commit that fails again and again for no hang', async () => {
    const host = new Host();
    let isAway = true;
    let tries = 0;
    host.commit = async () => {
      tries += 1;
      if (isAway) throw new Error('the log is out of reach');
    };
    const patient = crewOf(host, { sessionTimeoutMs: 20 });
    const startedMs = performance.now();
    patient.push(0, oneOf(0));
    await vi.waitUntil(() => performance.now() - startedMs > 300);
    isAway = false;
    const before = tries;
    await vi.waitUntil(() => tries > before);
    expect(host.hangs).toEqual([]);
  });

  it('says of each topic of a lane how far it is, and whether it is meant to stand still', async () => {
    const host = new Host();
    let end = (): void => {};
    const onTurn: LaneOptions['onTurn'] = async (turn) => {
      turns.push(turn);
      await new Promise<void>((resolve) => (end = resolve));
      return { taken: 0 };
    };
    const watched = crewOf(host, { onTurn }, 60_000);
    const of = (topic = 'things') => watched.progressOf(topic, 0);
    const still = { read: undefined, isWaiting: false, isExcused: false };
    expect(of()).toEqual(still);
    expect(watched.progressOf('things', 7)).toEqual(still);
    watched.push(0, oneOf(0));
    watched.hasRead('things', 0, 1n);
    watched.hasRead('things', 7, 1n);
    expect(of()).toEqual({ read: 1n, isWaiting: true, isExcused: false });
    // In a turn; but what nothing came of is not in it.
    await vi.waitUntil(() => turns.length === 1);
    expect(of()).toEqual({ read: 1n, isWaiting: true, isExcused: true });
    expect(of('others')).toEqual(still);
    end();
    // About to be tried again, the whole lane.
    await vi.waitUntil(() => of('others').isExcused);
    watched.suspend();
    watched.assign([0]);
    watched.pause();
    watched.push(0, recordsOf(100));
    expect(of('others')).toEqual(still);
    // Held back: nothing of the lane is fetched.
    watched.push(0, recordsOf(1, 10, 100));
    expect(of('others').isExcused).toBe(true);
    watched.resume();
    watched.suspend();
    expect(of()).toMatchObject({ read: undefined, isWaiting: false });
    expect(watched.isResting).toBe(false);
    watched.pause();
    expect(watched.isResting).toBe(true);
  });

  it('begins with small turns, grows while they are quick, and shrinks when one is slow', async () => {
    vi.useFakeTimers({ toFake: ['performance'] });
    try {
      let turnMs = 0;
      const crew = crewOf(new Host(), {
        onTurn: async (turn) => {
          turns.push(turn);
          vi.advanceTimersByTime(turnMs);
          return { taken: turn.records.length };
        },
      });
      crew.push(0, recordsOf(350));
      await vi.waitFor(() => expect(turns.map(({ records }) => records.length)).toHaveLength(6));
      expect(turns.map(({ records }) => records.length)).toEqual([16, 32, 64, 100, 100, 38]);
      turns.length = 0;
      turnMs = 4_500;
      crew.push(0, recordsOf(180, 10, 350));
      await vi.waitFor(() => expect(turns.map(({ records }) => records.length)).toHaveLength(4));
      expect(turns.map(({ records }) => records.length)).toEqual([100, 50, 25, 5]);
    } finally {
      vi.useRealTimers();
    }
  });
});
