// Issue 8: a dead letter could have an effect though it was given up, or though its identity was another's.
import { describe, expect, it } from 'vitest';
import { asked, LANE, reviewed, toyGround } from './toy-ground.fixture.ts';
import { applicationIds, APPLICATIONS, mendable, withdrawn } from './turn.fixture.ts';

const [ONE] = applicationIds(1, LANE) as [string];
const FIRST = `${ONE}/${APPLICATIONS}/1`;
const SECOND = `${ONE}/${APPLICATIONS}/2`;

function stumbling() {
  const { line, mend } = mendable();
  return { ...toyGround(line), mend };
}

describe('a door’s dead letter', () => {
  it('that was given up is not taken by a replay that was asked for beside it', async () => {
    const { run, mend, causes, outcomes, deadLetters } = stumbling();
    const bad = reviewed(ONE, 'm1', 'bad');
    await run(withdrawn(ONE, 1, 'a'), bad);
    mend();
    await run(asked('DISCARD', bad), asked('REPLAY', bad));
    await run(asked('REPLAY', bad), asked('DISCARD', bad));
    expect(causes()).toEqual([FIRST]);
    expect(outcomes()).toEqual(['decided', 'repeated', 'repeated', 'repeated']);
    expect(deadLetters()).toEqual(['SAIDAO_DECIDE_FAILED']);
  });

  it('of an identity that came before with other bytes is never taken', async () => {
    const { run, causes, outcomes, deadLetters } = toyGround();
    const forged = reviewed(ONE, 'm1', 'other words');
    await run(withdrawn(ONE, 1, 'a'), reviewed(ONE, 'm1', 'words'), forged);
    expect(causes()).toEqual([FIRST, 'm1']);
    await run(asked('REPLAY', forged));
    await run(asked('REPLAY', { ...forged, offset: 10_000n }));
    expect(causes()).toEqual([FIRST, 'm1']);
    expect(outcomes()).toEqual(['refused', 'refused']);
    expect(deadLetters()).toEqual(Array(3).fill('SAIDAO_OTHER_BYTES'));
  });

  it('is replayed though a stranger has sent what its mark would be called', async () => {
    const { run, mend, causes, deadLetters } = stumbling();
    const bad = reviewed(ONE, 'm1', 'bad');
    await run(withdrawn(ONE, 1, 'a'), reviewed(ONE, 'replayed:m1', 'quiet'), bad);
    mend();
    await run(asked('REPLAY', bad));
    expect(causes()).toEqual([FIRST, 'm1']);
    expect(deadLetters()).toEqual(['SAIDAO_CE_ID', 'SAIDAO_DECIDE_FAILED']);
  });

  it('can be replayed though one with other bytes under its identity was given up', async () => {
    const { run, mend, causes } = stumbling();
    const [bad, forged] = [reviewed(ONE, 'm1', 'bad'), reviewed(ONE, 'm1', 'other words')];
    await run(withdrawn(ONE, 1, 'a'), bad, forged);
    mend();
    await run(asked('DISCARD', forged), asked('REPLAY', bad));
    expect(causes()).toEqual([FIRST, 'm1']);
  });

  it('waits while its application is blocked, as a fresh one does, and is taken once', async () => {
    const { run, mend, causes, outcomes, parked } = stumbling();
    const bad = reviewed(ONE, 'm1', 'bad');
    const blocker = withdrawn(ONE, 2, 'bad');
    await run(withdrawn(ONE, 1, 'a'), bad, blocker);
    mend();
    await run(asked('REPLAY', bad), asked('REPLAY', bad), asked('DISCARD', bad));
    expect(causes()).toEqual([FIRST]);
    expect(parked()).toBe(1);
    await run(asked('REPLAY', blocker));
    expect(causes()).toEqual([FIRST, SECOND, 'm1']);
    await run(asked('REPLAY', bad), bad);
    expect(causes()).toEqual([FIRST, SECOND, 'm1']);
    expect(outcomes()).toEqual(['parked', 'parked', 'parked', 'decided', 'repeated']);
  });

  it('that fails once more after it has waited can be replayed again', async () => {
    const { run, mend, causes } = stumbling();
    const [bad, blocker] = [reviewed(ONE, 'm1', 'bad'), withdrawn(ONE, 2, 'bad')];
    await run(withdrawn(ONE, 1, 'a'), bad, blocker);
    await run(asked('REPLAY', bad), asked('DISCARD', blocker));
    expect(causes()).toEqual([FIRST]);
    mend();
    await run(asked('REPLAY', bad));
    expect(causes()).toEqual([FIRST, 'm1']);
  });
});

describe('what was taken and is no dead letter', () => {
  it('has no second effect by a replay that somebody wrote by himself', async () => {
    const { run, causes, outcomes, deadLetters } = toyGround();
    const good = reviewed(ONE, 'm1', 'words');
    await run(withdrawn(ONE, 1, 'a'), good);
    await run(asked('REPLAY', good));
    expect(causes()).toEqual([FIRST, 'm1']);
    expect(outcomes()).toEqual(['repeated']);
    expect(deadLetters()).toEqual([]);
  });
});

describe('other bytes under a number', () => {
  it('that blocks neither end the block nor are taken in its place', async () => {
    const { run, mend, causes, outcomes } = stumbling();
    const [blocker, forged] = [withdrawn(ONE, 1, 'bad'), withdrawn(ONE, 1, 'forged')];
    await run(blocker, forged, withdrawn(ONE, 2, 'b'));
    await run(asked('REPLAY', forged), asked('DISCARD', forged));
    expect(causes()).toEqual([]);
    expect(outcomes()).toEqual(['refused', 'decided']);
    mend();
    await run(asked('REPLAY', blocker));
    expect(causes()).toEqual([FIRST, SECOND]);
  });

  it('that waits do not make a stranger of the one that waits', async () => {
    const { run, causes, deadLetters } = toyGround();
    const [second, forged] = [withdrawn(ONE, 2, 'b'), withdrawn(ONE, 2, 'forged')];
    await run(second, forged);
    await run(second, withdrawn(ONE, 1, 'a'));
    await run(second);
    expect(deadLetters()).toEqual(['SAIDAO_OTHER_BYTES']);
    expect(causes()).toEqual([FIRST, SECOND]);
    await run(forged);
    expect(deadLetters()).toEqual(['SAIDAO_OTHER_BYTES', 'SAIDAO_OTHER_BYTES']);
  });
});

describe('a request', () => {
  it.each([{ actor: '' }, { reason: '' }, { actor: ' \t' }, { reason: '\u3000' }])(
    'that does not say who asks, or why, does nothing: %j',
    async (who) => {
      const { run, mend, causes, deadLetters, outcomes } = stumbling();
      const blocker = withdrawn(ONE, 1, 'bad');
      await run(blocker);
      mend();
      await run(asked('REPLAY', blocker, who), asked('DISCARD', blocker, who));
      await run(asked('REDELIVER', withdrawn(ONE, 2, 'b'), who));
      expect(causes()).toEqual([]);
      expect(outcomes()).toEqual([]);
      const unsigned = Array<string>(3).fill('SAIDAO_REPLAY_UNSIGNED');
      expect(deadLetters()).toEqual(['SAIDAO_DECIDE_FAILED', ...unsigned]);
    },
  );
});
