// What the shadow line says of each challenger, and what challengers are told.
import fc from 'fast-check';
import { encode, topics } from '@saidao/schemas';
import { event, scenario } from '@saidao/testkit';
import { describe, expect, it } from 'vitest';
import { featuresOf } from './features.ts';
import { enterpriseScored, factor, tenths } from './shadow.fixture.ts';
import { shadowLine } from './shadow.worker.ts';
import type { Challenged, ChallengerSays } from './shadow.decide.ts';

const model = { id: 'net', version: 3, kind: 'onnx', digest: 'abc' } as const;
const says = (said: ChallengerSays): Challenged[] => [{ model, says: said }];

function whenScored(gathered: readonly Challenged[], scored = enterpriseScored()) {
  const { events = [] } = scenario(shadowLine([], tenths), {
    applicationId: scored.applicationId,
  }).when(event('EnterpriseScored', scored), gathered);
  return events.map(({ data }) => data);
}

describe('a challenger', () => {
  it('that answers is scored beside the champion', () => {
    expect(whenScored(says({ kind: 'answered', points: 7_250 }))).toEqual([
      {
        applicationId: '01919d2c-1a00-7000-8000-000000000001',
        revision: 1,
        lenderId: 'exim-zj',
        round: 1,
        modelId: 'net',
        modelVersion: 3,
        modelDigest: 'abc',
        kind: 'onnx',
        outcome: 'scored',
        points: 7_250,
        grade: 'G7',
        detail: null,
        championPoints: 7_500,
        championGrade: 'AA',
      },
    ]);
  });

  it.each([
    ['above all points', 10_001],
    ['below none', -1],
    ['half a hundredth', 0.5],
    ['no number', NaN],
    ['endless', Infinity],
    ['a text', '7250'],
    ['nothing', undefined],
    ['a list', [7_250]],
  ])('whose answer is %s talks nonsense', (_what, points) => {
    const [said] = whenScored(says({ kind: 'answered', points }));
    expect(said).toMatchObject({ outcome: 'nonsense', points: null, grade: null });
    expect(said?.detail).toMatch(/ is no whole number of points from 0 to 10000$/);
  });

  it.each(['failed', 'timed-out', 'nonsense'] as const)('that %s is told as such', (kind) => {
    expect(whenScored(says({ kind, detail: 'as it is' }))).toMatchObject([
      { outcome: kind, points: null, grade: null, detail: 'as it is' },
    ]);
  });

  it('has a word of its own, whatever the others say', () => {
    const other = { ...model, id: 'remote', kind: 'http' } as const;
    const said = whenScored([
      ...says({ kind: 'failed', detail: 'away' }),
      { model: other, says: { kind: 'answered', points: 0 } },
    ]);
    expect(said.map(({ modelId, outcome }) => [modelId, outcome])).toEqual([
      ['net', 'failed'],
      ['remote', 'scored'],
    ]);
  });

  it('can be told of a score of which nothing is known', () => {
    const nothing = enterpriseScored({ points: 0, maxPoints: 0, factors: [] });
    expect(whenScored(says({ kind: 'answered', points: 1 }), nothing)).toMatchObject([
      { championPoints: 0, outcome: 'scored' },
    ]);
  });

  it('never yields what cannot be written, whatever it answers', () => {
    fc.assert(
      fc.property(fc.anything(), (points) => {
        for (const data of whenScored(says({ kind: 'answered', points }))) {
          encode('ShadowScored', data, topics.shadowScores.name);
        }
      }),
    );
  });
});

describe('features', () => {
  it('are the share of points of each factor; a missing one has none', () => {
    const factors = [
      factor('RESEARCH', 333),
      factor('EXPORTS', 0, { missing: true }),
      factor('NONE', 0, { maxPoints: 0 }),
    ];
    expect(featuresOf({ factors })).toEqual({ RESEARCH: 333_000, EXPORTS: null, NONE: null });
  });

  it('are the same in whatever order the factors stand', () => {
    const factors = ['C', 'A', 'B'].map((code, at) => factor(code, at * 100));
    expect(JSON.stringify(featuresOf({ factors }))).toBe(
      JSON.stringify(featuresOf({ factors: factors.toReversed() })),
    );
  });
});
