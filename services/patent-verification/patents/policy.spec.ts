// The valuation policy of this release is one, and one that contradicts itself is refused whole.
import { expect, it } from 'vitest';
import { readPolicy } from '../adapters/policy-file.ts';
import { faultsOfPolicy, type ValuationPolicy } from './policy.ts';

const policy = readPolicy();

it('is read with the hash of what it says, and does not call itself official', () => {
  expect(policy.digest).toMatch(/^[0-9a-f]{64}$/);
  expect(policy.official).toBe(false);
  expect(policy.scores.official).toBe(false);
});

it.each<[string, Partial<ValuationPolicy>, RegExp]>([
  ['a rate above the cap', { pledgeRates: { invention: '0.51' } }, /invention, 0.51/],
  ['a haircut above all', { appraisalHaircut: '1.1' }, /appraisalHaircut/],
  ['no source', { source: ' ' }, /source says nothing/],
  ['a method that nobody knows', { methods: ['GUESS' as 'COST'] }, /unknown method GUESS/],
  [
    'levels that do not sum',
    { scores: { ...policy.scores, levels: { legal: '0.4', technical: '0.3', economic: '0.2' } } },
    /900000 ppm/,
  ],
  [
    'weights that do not sum',
    { scores: { ...policy.scores, indicators: policy.scores.indicators.slice(1) } },
    /weights of legal sum to 65/,
  ],
  ['three bounds of stars', { scores: { ...policy.scores, stars: [80, 65, 50] } }, /four bounds/],
])('refuses %s', (_, change, fault) => {
  const faults = faultsOfPolicy({ ...policy, ...change });
  expect(faults).toHaveLength(1);
  expect(faults[0]).toMatch(fault);
});
