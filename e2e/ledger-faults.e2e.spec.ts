// The ledger is killed at every step between authorisation and settlement, by a rail that misbehaves.
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { steps, tryFaults, type Tried } from './ledger-faults.ts';
import {
  authorisation,
  ledgerFindings,
  startLedgerSystem,
  type LedgerSystem,
} from './ledger-system.ts';
import { watchCommits, type Commits } from './moments.ts';

/** Of each step, and of each fault of the rail; ledger-faults/main.ts does more. */
const RUNS = 1;

vi.setConfig({ testTimeout: 600_000 });

let system: LedgerSystem;
let commits: Commits;
let tried: Tried;

beforeAll(async () => {
  system = await startLedgerSystem({ ...process.env });
  commits = await watchCommits(system.engines.databaseUrl, ['book', 'payout']);
}, 240_000);

afterAll(async () => {
  await commits?.[Symbol.asyncDispose]();
  await system?.[Symbol.asyncDispose]();
}, 60_000);

test('whatever step it dies at, each authorisation moves its money once', async () => {
  tried = await tryFaults(system, commits, RUNS);
  const { all, died, ended } = tried;
  expect(died).toHaveLength(RUNS * steps.length);
  // On a machine that is busy with other things a turn may outlive its session: then it ends by
  // itself, which is one more death. For no other reason may it.
  for (const reasons of ended) expect(reasons).toContain('SAIDAO_CONSUMER_ENDED');
  expect(await ledgerFindings(system, all)).toEqual([]);
});

test('the audit sees what the rail moved besides', async () => {
  const [first] = tried.all;
  if (first === undefined) throw new Error('Nothing was authorised.');
  const findings = await ledgerFindings(system, [...tried.all, { authorised: authorisation() }]);
  expect(findings.join('\n')).toContain('LoanBooked 0, not 1');
  const others = await ledgerFindings({ ...system, railBook: () => Promise.resolve([]) }, [first]);
  expect(others.join('\n')).toContain(`${first.authorised.applicationId}: the rail moved`);
});
