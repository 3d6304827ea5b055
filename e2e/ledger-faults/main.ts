// The ledger's faults on real processes so many times each: `node e2e/ledger-faults/main.ts 5`.
import { steps, tryFaults } from '../ledger-faults.ts';
import { ledgerFindings, startLedgerSystem } from '../ledger-system.ts';
import { watchCommits } from '../moments.ts';

const runs = Number(process.argv[2] ?? '5');
if (!Number.isSafeInteger(runs) || runs < 1) {
  throw new Error('How often each fault is tried has to be a number from 1 on.');
}
const startedMs = performance.now();
await using system = await startLedgerSystem({ ...process.env });
await using commits = await watchCommits(system.engines.databaseUrl, ['book', 'payout']);
const { all, died, ended } = await tryFaults(system, commits, runs);
const findings = [
  ...(await ledgerFindings(system, all)),
  // A turn that outlived its session is one more death; for no other reason may it end by itself.
  ...ended
    .filter((reasons) => !reasons.includes('SAIDAO_CONSUMER_ENDED'))
    .map((reasons) => `the ledger ended by itself: ${reasons.join(', ')}`),
];
const seconds = ((performance.now() - startedMs) / 1_000).toFixed(0);
const verdict = findings.length === 0 ? 'as it must be' : `${findings.length} findings`;
process.stdout.write(
  `${runs} × ${steps.length} steps, ${died.length} deaths, ${all.length} authorisations: ` +
    `${verdict} (${seconds} s)\n`,
);
for (const finding of findings) process.stdout.write(`  ${finding}\n`);
process.exitCode = findings.length === 0 ? 0 : 1;
