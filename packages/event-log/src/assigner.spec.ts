// The lane assigner without a broker: whole lanes, even numbers, members of two releases.
import { describe, expect, it } from 'vitest';
import { assignLanes, partitionsFault } from './assigner.ts';
import { spreadLanes } from './spread.ts';

const memberIds = (count: number): string[] =>
  Array.from({ length: count }, (_, at) => `saidao-${(at * 7919) % 101}`);

describe('spreadLanes (trap 14)', () => {
  it.each([1, 2, 3, 4, 5, 6, 7, 8, 11, 12, 13])('spreads 12 lanes over %i members', (count) => {
    const spread = spreadLanes(memberIds(count), 12);
    const lanes = [...spread.values()].flat();
    expect([...lanes].sort((a, b) => a - b)).toEqual(Array.from({ length: 12 }, (_, at) => at));
    const counts = [...spread.values()].map((each) => each.length);
    expect(Math.max(...counts) - Math.min(...counts)).toBeLessThanOrEqual(1);
  });

  it('does not depend on the order in which members are named', () => {
    const ids = memberIds(5);
    expect(spreadLanes([...ids].reverse(), 12)).toEqual(spreadLanes(ids, 12));
  });
});

describe('assignLanes (trap 14)', () => {
  it('gives lane n of every topic to one member, with 2 to 8 members', () => {
    for (let count = 2; count <= 8; count += 1) {
      const topics = ['a', 'b', 'c'];
      const subscribers = memberIds(count).map((memberId) => ({ memberId, topics }));
      for (const partitions of assignLanes(subscribers, 12).values()) {
        expect(partitions['b']).toEqual(partitions['a']);
        expect(partitions['c']).toEqual(partitions['a']);
      }
    }
  });

  it('gives a member no topic that it does not read, and moves no lane for it', () => {
    const assignment = assignLanes(
      [
        { memberId: 'new', topics: ['a', 'b', 'fresh'] },
        { memberId: 'old', topics: ['a', 'b'] },
      ],
      4,
    );
    expect(assignment.get('new')).toEqual({ a: [0, 2], b: [0, 2], fresh: [0, 2] });
    expect(assignment.get('old')).toEqual({ a: [1, 3], b: [1, 3] });
  });
});

describe('partitionsFault', () => {
  it('names the topics whose number of partitions is another', () => {
    expect(partitionsFault(new Map([['a', 6]]), 6)).toBeNull();
    const fault = partitionsFault(
      new Map([
        ['a', 6],
        ['b', 7],
      ]),
      6,
    );
    expect(fault).toMatchObject({ code: 'SAIDAO_TOPIC_PARTITIONS' });
    expect(fault!.message).toContain('b has 7');
    expect(fault!.message).not.toContain('a has');
  });
});
