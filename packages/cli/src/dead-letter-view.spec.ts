// Dead letters and their replays: one entry for each original, requests that are harmless twice.
import { describe, expect, it } from 'vitest';
import { decode, workerTopics } from '@saidao/schemas';
import type { ReplayRequested } from '@saidao/schemas';
import { deadLetterOf } from '@saidao/worker';
import { APPLICATION, asRead, incoming } from './case-events.fixture.ts';
import { deadLettersOf, inOrder, replayRecordOf } from './dead-letter-view.ts';
import type { DeadLetter } from './dead-letter-view.ts';
import { redeliveryOf } from './replay-request.ts';

const IDENTITY = `${APPLICATION}/saidao.patent-findings.v1/1`;
const original = incoming('PatentsVerified', {}, { atMs: 50 });
const request = {
  action: 'REPLAY',
  actor: 'sre',
  reason: 'mended',
  lenders: ['exim-zj'],
  nowMs: 0,
} as const;

function dead(atMs: number, change: { code?: string; blocks?: boolean; strange?: true } = {}) {
  const { code = 'SAIDAO_TRUNCATED', blocks = true, strange } = change;
  const reason = {
    code,
    reason: 'It ends early.',
    identity: strange ? 'saidao.patent-findings.v1/0/7' : IDENTITY,
    applicationId: strange ? undefined : APPLICATION,
    blocks,
  };
  const met = strange
    ? { ...original, key: null, headers: { ce_lenderid: Buffer.from('nobody') } }
    : original;
  return asRead(deadLetterOf('scoring', 2, met, reason), atMs);
}

function only(letters: readonly DeadLetter[]): DeadLetter {
  expect(letters).toHaveLength(1);
  return letters[0]!;
}

function askedOf(letter: DeadLetter, change: Partial<Parameters<typeof replayRecordOf>[1]> = {}) {
  const record = replayRecordOf(letter, { ...request, ...change });
  const { type, data } = decode(record.value, record.topic);
  if (type !== 'ReplayRequested') throw new Error(`a ${type}`);
  return { record, data: data satisfies ReplayRequested };
}

describe('the list', () => {
  it('says where it was met, why, and who waits for it', () => {
    const record = dead(100);
    expect(only(deadLettersOf([record]))).toMatchObject({
      id: `scoring/2/${record.offset}`,
      line: 'scoring',
      code: 'SAIDAO_TRUNCATED',
      reason: 'It ends early.',
      applicationId: APPLICATION,
      type: 'PatentsVerified',
      state: 'open',
      blocks: true,
      times: 1,
      original: { topic: 'saidao.patent-findings.v1', offset: original.offset, atMs: 50 },
    });
  });

  it('has one entry for an original, however often it was dead-lettered', () => {
    const letters = deadLettersOf([dead(100), dead(200, { code: 'SAIDAO_DECIDE_FAILED' })]);
    expect(only(letters)).toMatchObject({ times: 2, code: 'SAIDAO_DECIDE_FAILED' });
  });

  it('takes it as asked for after a replay, and as open when it failed again', () => {
    const first = dead(100);
    const { record } = askedOf(only(deadLettersOf([first])));
    const asked = asRead(record, 150);
    expect(only(deadLettersOf([asked, first]))).toMatchObject({
      state: 'asked',
      blocks: false,
      asked: { action: 'REPLAY', actor: 'sre', reason: 'mended', atMs: 150 },
    });
    const twice = only(deadLettersOf([first, asked, dead(200)]));
    expect(twice).toMatchObject({ state: 'open', blocks: true, times: 2 });
    const again = askedOf(twice, { action: 'DISCARD', reason: 'given up' });
    const { requests } = only(deadLettersOf([first, asked, dead(200), asRead(again.record, 250)]));
    expect(requests.map(({ action, reason }) => [action, reason])).toEqual([
      ['REPLAY', 'mended'],
      ['DISCARD', 'given up'],
    ]);
  });
});

it('stays open when its record is only given again', () => {
  const letter = dead(100);
  const asking = { actor: 'sre', reason: 'to be sure', lenders: ['exim-zj'], nowMs: 0, run: 'r' };
  const again = redeliveryOf('scoring', original, asking);
  expect(only(deadLettersOf([letter, asRead(again, 150)]))).toMatchObject({ state: 'open' });
});

describe('a request', () => {
  const letter = only(deadLettersOf([dead(100)]));

  it('goes to the lane that met the original, and carries it whole', () => {
    const { record, data } = askedOf(letter);
    expect(record).toMatchObject({ topic: workerTopics('scoring').replay, partition: 2 });
    expect(String(record.key)).toBe(APPLICATION);
    expect(data).toMatchObject({
      action: 'REPLAY',
      topic: 'saidao.patent-findings.v1',
      partition: original.partition,
      offset: original.offset,
      number: 1n,
      messageId: null,
      timestamp: 50n,
    });
    expect(data.key).toEqual(original.key);
    expect(data.value).toEqual(original.value);
    const headers = data.headers.map(({ name, value }) => [name, value] as const);
    expect(Object.fromEntries(headers)).toEqual({ ...original.headers });
  });

  it('has the same message id pressed twice, another for another wish', () => {
    const idOf = (change = {}) => askedOf(letter, change).record.headers['ce_id'];
    expect(idOf()).toBe(idOf({ nowMs: 99 }));
    const others = [idOf({ action: 'DISCARD' }), idOf({ actor: 'x' }), idOf({ reason: 'y' })];
    expect(new Set([idOf(), ...others]).size).toBe(4);
  });

  it('asked again is another message, and pressed twice the same', () => {
    const { record } = askedOf(letter);
    const asked = only(deadLettersOf([letter.record, asRead(record, 150)]));
    const again = askedOf(asked).record.headers['ce_id'];
    expect(again).not.toBe(record.headers['ce_id']);
    expect(askedOf(asked, { nowMs: 99 }).record.headers['ce_id']).toBe(again);
  });

  it('copies no bytes to be given up', () => {
    expect(askedOf(letter, { action: 'DISCARD' }).data.value).toBeNull();
  });

  it('can be made of what has no key and a stranger’s lender', () => {
    const strange = only(deadLettersOf([dead(100, { strange: true, blocks: false })]));
    const { record, data } = askedOf(strange, { action: 'DISCARD' });
    expect(data.key).toBeNull();
    expect(record.headers['ce_lenderid']).toBe('exim-zj');
    expect(String(record.key)).toMatch(/^saidao\.patent-findings\.v1\/\d+\/\d+$/);
  });
});

it('replays go in the order in which the originals came', () => {
  const later = incoming('PatentsVerified', {}, { atMs: 60, number: 2 });
  const reason = { code: 'X', reason: '', applicationId: APPLICATION, blocks: true };
  const second = deadLetterOf('scoring', 2, later, { ...reason, identity: 'b' });
  const letters = deadLettersOf([asRead(second, 90), dead(100)]);
  expect(inOrder(letters).map(({ original: { atMs } }) => atMs)).toEqual([50, 60]);
});
