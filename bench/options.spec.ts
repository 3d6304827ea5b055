// The command line: what is left out, what is chosen, and what is refused.
import { expect, test } from 'vitest';
import { readOptions } from './options.ts';

test('without options everything is measured as the papers say', () => {
  expect(readOptions([])).toEqual({
    parts: [
      'throughput',
      'latency',
      'catch-up',
      'evidence',
      'decisions',
      'simulation',
      'ledger',
      'day',
      'hledger',
      'traces',
    ],
    forms: ['naive', 'saidao'],
    applications: 20_000,
    pairs: 2,
    seed: 1,
    catchUpApplications: 100_000,
    evidenceApplications: 6_000,
    simulationApplications: 100_000,
    decisionsApplications: 20_000,
    ledgerLoans: 10_000,
    ledgerEntries: 1_000_000,
    dayLoans: 100_000,
    hledgerLoans: 20_000,
    ratePerSecond: 100,
    seconds: 60,
    profile: false,
    json: null,
    help: false,
  });
});

test('parts and forms come in their own order', () => {
  const { parts, forms } = readOptions([
    ...['--only', 'catch-up', '--only', 'throughput', '--form', 'saidao'],
  ]);
  expect(parts).toEqual(['throughput', 'catch-up']);
  expect(forms).toEqual(['saidao']);
});

test.each([
  [['--only', 'speed'], 'has to be one of throughput, latency, catch-up'],
  [['--form', 'fast'], 'has to be one of naive, saidao'],
  [['--applications', '0'], 'has to be a whole number'],
  [['--pairs', '1.5'], 'has to be a whole number'],
  [['--fast'], '--fast'],
  [['more'], 'more'],
])('%j is refused', (args, words) => {
  expect(() => readOptions(args)).toThrow(words);
});
