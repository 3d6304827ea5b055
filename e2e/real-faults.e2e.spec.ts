// The cheapest real faults: the broker goes, the ledger is a zombie, a dead letter has no place.
import { expect, test, vi } from 'vitest';
import { brokerCases } from './real-faults/broker.ts';
import { deadLettersAwayCases } from './real-faults/dead-letters-away.ts';
import { zombieCases } from './real-faults/zombies.ts';

/** `npm run torture` tries the others too. */
const short = [
  ...brokerCases({ ...process.env }),
  ...zombieCases({ ...process.env }, ['disbursement-ledger']),
  ...deadLettersAwayCases({ ...process.env }),
];

vi.setConfig({ testTimeout: 600_000 });

test.each(short)('nothing is lost and nothing done twice when $name', async ({ run }) => {
  const { findings, runs } = await run();
  expect(findings).toEqual([]);
  expect(runs).toBeGreaterThan(0);
});
