// Issue 8: a successor's outputs overtook those that a dead member had committed and not published.
import { describe, expect, it } from 'vitest';
import { MemoryDatabase } from './memory-database.ts';
import { LANE, reviewed as reviewedAs, toyBroker, toyMember } from './toy-ground.fixture.ts';
import { applicationIds, PLEDGES, turnOf, withdrawn } from './turn.fixture.ts';

const [ONE, TWO] = applicationIds(2, LANE) as [string, string];

/** One log and one database, and as many members after one another as are asked for. */
function ground() {
  const broker = toyBroker();
  const server = new MemoryDatabase();
  return {
    member: () => toyMember(broker, server),
    /** The numbers on the topic, as a subscriber reads them. */
    numbersOf: (applicationId: string) =>
      broker
        .partition(PLEDGES, LANE)
        .records.filter(({ key }) => key?.toString() === applicationId)
        .map(({ headers }) => Number(headers['ce_sequence'])),
  };
}

/** Committed, and dead before it has published: nobody owns the lane by then. */
const dying = (...records: Parameters<typeof turnOf>[1]) => turnOf(LANE, records, () => false);

const reviewed = (applicationId: string, id: string) => reviewedAs(applicationId, id, id);

describe('what a dead member has committed and not published', () => {
  it('comes before what its successor makes of another topic’s record', async () => {
    const { member, numbersOf } = ground();
    await member().run(dying(withdrawn(ONE, 1, 'first')));
    expect(numbersOf(ONE)).toEqual([]);
    // The lane is read anew: records of its topics come in any order beside each other.
    const successor = member();
    await successor.run(turnOf(LANE, [reviewed(ONE, 'second')]));
    expect(numbersOf(ONE)).toEqual([1, 2]);
    await successor.run(turnOf(LANE, [withdrawn(ONE, 1, 'first'), withdrawn(ONE, 2, 'third')]));
    expect(numbersOf(ONE)).toEqual([1, 2, 1, 3]);
  });

  it('comes first when members die one after another', async () => {
    const { member, numbersOf } = ground();
    const second = reviewed(ONE, 'second');
    await member().run(dying(withdrawn(ONE, 1, 'first')));
    await member().run(dying(second));
    await member().run(turnOf(LANE, [reviewed(ONE, 'third')]));
    expect(numbersOf(ONE)).toEqual([1, 2, 3]);
  });

  it('comes first where the successor is given the later record again', async () => {
    const { member, numbersOf } = ground();
    const second = reviewed(ONE, 'second');
    await member().run(dying(withdrawn(ONE, 1, 'first')));
    await member().run(dying(second));
    await member().run(turnOf(LANE, [second]));
    expect(numbersOf(ONE)[0]).toBe(1);
    expect(numbersOf(ONE)).toContain(2);
  });

  it('is not said again by a member that has said it, nor of other applications', async () => {
    const { member, numbersOf } = ground();
    const first = member();
    await first.run(turnOf(LANE, [withdrawn(ONE, 1, 'a'), withdrawn(TWO, 1, 'a')]));
    await first.run(turnOf(LANE, [withdrawn(ONE, 2, 'b')]));
    await first.run(turnOf(LANE, [reviewed(ONE, 'c')]));
    expect(numbersOf(ONE)).toEqual([1, 2, 3]);
    expect(numbersOf(TWO)).toEqual([1]);
  });
});
