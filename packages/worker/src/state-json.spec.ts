// State as text: bigints exactly, and what was only read is written as it was.
import { expect, it } from 'vitest';
import { stateFromText, stateToText } from './state-json.ts';

it('keeps a bigint of any size, wherever it stands', () => {
  const state = { revision: 1, list: [{ fen: 2n ** 80n }], text: '"$bigint"' };
  expect(stateFromText(stateToText(state))).toEqual(state);
});

it('writes what was only read as it was, and a changed one anew', () => {
  const text = '{ "revision": 1,  "fen": {"$bigint":"7"} }';
  const state = stateFromText(text) as { revision: number; fen: bigint };
  expect(stateToText(state)).toBe(text);
  expect(stateToText({ ...state, revision: 2 })).toBe('{"fen":{"$bigint":"7"},"revision":2}');
});

it('refuses what JSON cannot hold', () => {
  const endless: { self?: unknown } = {};
  endless.self = endless;
  expect(() => stateToText(endless)).toThrow(TypeError);
});
