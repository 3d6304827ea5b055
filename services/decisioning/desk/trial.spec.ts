// What is said of a challenger beside a champion, by how many applications each has had.
import { expect, it } from 'vitest';
import { addMoments, momentsOf, noMoments } from './simulation/moments.ts';
import { sampleFigures, trialOf, type Sample } from './trial.ts';

function sample(policy: string, applications: number, approved: number): Sample {
  const moments = noMoments();
  const loan = { amountFen: 100_000_000n, ratePpm: 34_500 };
  for (let at = 0; at < applications; at += 1) {
    addMoments(moments, momentsOf(at < approved ? loan : null, null));
  }
  const referred = applications - approved;
  const verdicts = { verdicts: referred, overridden: Math.floor(referred / 10) };
  return { policy, role: 'champion', approved, referred, declined: 0, moments, ...verdicts };
}

it.each([
  ['few', 1_000, 500, 29, 20, /^Nothing can be told yet: 29 of at least 30/],
  ['no', 0, 0, 0, 0, /^Nothing can be told yet: 0 of at least 30/],
  ['alike', 1_000, 500, 100, 52, /^No difference in approvals .* between -8\.\d and 12\.\d of/],
  ['more', 1_000, 500, 1_000, 600, /^new@2 approves more than old@1: by 5\.\d to 14\.\d of/],
  ['fewer', 1_000, 500, 1_000, 400, /^new@2 approves fewer than old@1: by 5\.\d to 14\.\d of/],
])('of %s the report says what can be told', (_what, many, approved, few, others, says) => {
  const { says: said } = trialOf(sample('old@1', many, approved), sample('new@2', few, others));
  expect(said).toMatch(says);
});

it('figures are those of the sample', () => {
  expect(sampleFigures(sample('old@1', 100, 50))).toMatchObject({
    applications: 100,
    approved: { ppm: 500_000, lowPpm: 403_832 },
    proposedFen: '5000000000',
    mean: { fen: '50000000' },
    price: { ppm: 34_500, lowPpm: 34_500, highPpm: 34_500 },
    overridden: { hits: 5, of: 50 },
  });
});
