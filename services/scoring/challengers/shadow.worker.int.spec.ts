// The champion and its challengers: whatever these do, the champion's topic holds the same bytes.
import type { ShadowScored } from '@saidao/schemas';
import { beforeAll, expect, it } from 'vitest';
import { startRemoteModel } from './remote-model/remote-model.fixture.ts';
import { scoreAll, type Said } from './shadow-service.fixture.ts';
import { shadowLine } from './shadow.worker.ts';

let alone: Said;
beforeAll(async () => {
  alone = await scoreAll(undefined);
}, 60_000);

const outcomesOf = (shadow: readonly ShadowScored[]) => [
  ...new Set(shadow.map(({ modelId, outcome }) => `${modelId} ${outcome}`)),
];

it('scores without challengers, and says nothing in shadow', () => {
  expect(alone.scores.length).toBeGreaterThan(0);
  expect(alone.shadow).toEqual([]);
});

it.each([
  ['answers', 'sound', 'scored'],
  ['fails', 'error', 'failed'],
  ['hangs', 'hang', 'timed-out'],
  ['answers with no JSON', 'garbage', 'nonsense'],
  ['answers without points', 'no-points', 'nonsense'],
  ['answers with a milliard of points', 'wrong-points', 'nonsense'],
])('is the same beside a remote challenger that %s', async (_what, behaviour, outcome) => {
  const url = await startRemoteModel(behaviour);
  const { scores, shadow } = await scoreAll(`http:remote@1=${url}`, {
    deadline: behaviour === 'hang' ? '200ms' : '2s',
  });
  expect(scores).toEqual(alone.scores);
  expect(outcomesOf(shadow)).toEqual([`remote ${outcome}`]);
});

it('is the same beside one that is not there', async () => {
  const { scores, shadow } = await scoreAll('http:remote@1=http://127.0.0.1:1/score');
  expect(scores).toEqual(alone.scores);
  expect(outcomesOf(shadow)).toEqual(['remote failed']);
});

it('is the same beside an ONNX model, whose points are graded as its own', async () => {
  const { scores, shadow } = await scoreAll('onnx:soft-power-net@1');
  expect(scores).toEqual(alone.scores);
  expect(outcomesOf(shadow)).toEqual(['soft-power-net scored']);
  for (const { points, grade, modelDigest, championGrade } of shadow) {
    expect(points).toBeGreaterThanOrEqual(0);
    expect([grade, championGrade]).toEqual([expect.any(String), expect.any(String)]);
    expect(modelDigest).toMatch(/^[0-9a-f]{64}$/);
  }
});

it('is the same beside one that breaks its word: it throws at once, or rejects', async () => {
  const model = { version: 1, kind: 'http', digest: 'none' } as const;
  const lines = [
    shadowLine(
      [
        {
          model: { ...model, id: 'throws' },
          score() {
            throw new Error('as it likes');
          },
        },
        {
          model: { ...model, id: 'rejects' },
          score: () => Promise.reject(new Error('as it likes')),
        },
      ],
      () => null,
    ),
  ];
  const { scores, shadow } = await scoreAll(undefined, { lines });
  expect(scores).toEqual(alone.scores);
  expect(outcomesOf(shadow)).toEqual(['throws failed', 'rejects failed']);
});

it('is the same beside several, of which each has its own word', async () => {
  const hanging = await startRemoteModel('hang');
  const challengers = `onnx:soft-power-net@1,http:remote@1=${hanging}`;
  const { scores, shadow } = await scoreAll(challengers);
  expect(scores).toEqual(alone.scores);
  expect(outcomesOf(shadow)).toEqual(['soft-power-net scored', 'remote timed-out']);
});
